"""One action on many leads, in bites that a browser waits for: each answer goes on where the last one stopped."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl
from uuid import UUID

from flask import make_response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from campaigns.errors import Invalid, Malformed
from campaigns.services.lead_bulk import Action, Selection, act, count_selected
from campaigns.services.lead_search import Wanted, read_wanted
from campaigns.web.answers import done
from campaigns.web.htmx import page_or_part
from campaigns.web.lead_forms import read_action, read_selection
from campaigns.web.permissions import may, needs
from campaigns.web.requests import reading_here, writing_here

BITE_SECONDS = 2.0  # how long one answer works; a chunk that has begun is finished
_DONE = {
    "add_to_list": "put on the list", "remove_from_list": "taken off the list", "add_tag": "tagged",
    "remove_tag": "untagged", "set_status": "given the status", "assign_owner": "given the owner", "delete": "erased",
}  # fmt: skip


@needs("leads.edit")
def bulk() -> ResponseReturnValue:
    """Begin, or go on with, an action; erasing is asked about first."""
    action, selection = read_action(request.form), _selection()
    back = f"{url_for('leads.index')}?{query}" if (query := request.form.get("query", "")) else url_for("leads.index")
    if action.kind == "delete" and not may("leads.erase"):
        return done(back, "Your role does not allow erasing leads.", tone="error")
    if not selection.ids and selection.ids is not None:
        return done(back, "No lead was selected: tick those that are meant.", tone="warning")
    if action.kind == "delete" and request.form.get("sure") != "true":
        return _ask(selection, back)
    return _work(action, selection, back)


def _work(action: Action, selection: Selection, back: str) -> ResponseReturnValue:
    try:
        changed, after = _bite(action, selection)
    except Invalid as error:
        said = "; ".join(problem.message for problem in error.problems)
        return done(back, f"Nothing was changed: {said}.", tone="error")
    if after is None:
        return done(back, f"{changed:,} leads were {_DONE[action.kind]}.")
    total = request.form.get("total", type=int)
    return _going_on(changed=changed, after=after, total=total, back=back, selection=selection)


def _bite(action: Action, selection: Selection) -> tuple[int, UUID | None]:
    """Do chunks for a while; return how many leads were changed since the beginning, and where to go on."""
    changed, after = request.form.get("changed", 0, type=int), _after()
    until = time.monotonic() + BITE_SECONDS
    while True:
        with writing_here() as session:
            chunk = act(session, selection, action, after=after)
        changed, after = changed + chunk.changed, chunk.after
        if after is None or time.monotonic() > until:
            return changed, after


def _going_on(*, total: int | None, selection: Selection, **context: Any) -> ResponseReturnValue:
    if total is None:
        with reading_here() as session:
            total = count_selected(session, selection)
    return page_or_part(
        "leads/bulk.html", "leads/_bulk.html", title="Changing leads", total=total, sent=_sent(request.form), **context
    )


def _ask(selection: Selection, back: str) -> ResponseReturnValue:
    with reading_here() as session:
        total = count_selected(session, selection)
    title = f"Erase {total:,} leads?"
    return make_response(
        render_template("leads/bulk_erase.html", title=title, total=total, back=back, sent=_sent(request.form))
    )


def _sent(form: MultiDict[str, str]) -> list[tuple[str, str]]:
    """Return what has to be sent again with the next bite."""
    own = {"csrf_token", "after", "changed", "total", "sure"}
    return [(name, value) for name, value in form.items(multi=True) if name not in own]


def _selection() -> Selection:
    wanted = Wanted()
    if request.form.get("all") == "true":
        given: Mapping[str, str] = dict(parse_qsl(request.form.get("query", "")))
        with reading_here() as session:
            wanted = read_wanted(session, given)
    return read_selection(request.form, wanted)


def _after() -> UUID | None:
    try:
        return UUID(request.form["after"]) if request.form.get("after") else None
    except ValueError:
        raise Malformed("This is no place to go on from.") from None
