"""One action on many leads, in bites that a browser waits for: each answer goes on where the last one stopped."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from flask import make_response, render_template, request, url_for
from flask.typing import ResponseReturnValue

from campaigns.errors import Invalid
from campaigns.services.lead_bulk import Action, Selection, act, count_selected
from campaigns.services.lead_search import Wanted, read_wanted
from campaigns.web.answers import done
from campaigns.web.bites import bite, going_on, sent
from campaigns.web.lead_forms import read_action, read_selection
from campaigns.web.permissions import may, needs
from campaigns.web.requests import reading_here

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
        changed, after = bite(lambda session, at: act(session, selection, action, after=at))
    except Invalid as error:
        said = "; ".join(problem.message for problem in error.problems)
        return done(back, f"Nothing was changed: {said}.", tone="error")
    if after is None:
        return done(back, f"{changed:,} leads were {_DONE[action.kind]}.")
    total = request.form.get("total", type=int)
    return _going_on(total, selection, changed=changed, after=after, back=back)


def _going_on(total: int | None, selection: Selection, **context: Any) -> ResponseReturnValue:
    if total is None:
        with reading_here() as session:
            total = count_selected(session, selection)
    names = {"title": "Changing leads", "action": url_for("leads.bulk"), "label": "Leads changed"}
    return going_on(total=total, **names, **context)


def _ask(selection: Selection, back: str) -> ResponseReturnValue:
    with reading_here() as session:
        total = count_selected(session, selection)
    title = f"Erase {total:,} leads?"
    return make_response(
        render_template("leads/bulk_erase.html", title=title, total=total, back=back, sent=sent(request.form))
    )


def _selection() -> Selection:
    wanted = Wanted()
    if request.form.get("all") == "true":
        given: Mapping[str, str] = dict(parse_qsl(request.form.get("query", "")))
        with reading_here() as session:
            wanted = read_wanted(session, given)
    return read_selection(request.form, wanted)
