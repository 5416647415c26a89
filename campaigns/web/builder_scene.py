"""The builder as its templates need it: read once, for the whole page and for the part that an edit swaps in."""

from __future__ import annotations

from typing import Any

from flask import Response, make_response, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from campaigns.errors import CampaignsError, Invalid
from campaigns.services import drafts, execution_pages, workflows
from campaigns.services.traffic import load_traffic
from campaigns.services.vocabulary import load_vocabulary
from campaigns.storage.transaction import TenantSession
from campaigns.web.builder_canvas import Artist, place_problems, shape
from campaigns.web.builder_counts import figures, shares, wanted_counts
from campaigns.web.builder_warnings import place_warnings
from campaigns.web.htmx import close_modal, page_or_part, toast, trigger, wants_part
from campaigns.web.requests import current, reading_here

SHOWN = "Draft-Revision"  # which revision an answer shows: static/js/builder.js leaves out one that came too late


def scene(session: TenantSession, key: str) -> dict[str, Any]:
    """Return what `builder/_builder.html` shows of a workflow; raise NotFound."""
    row = workflows.get_workflow(session, key)
    draft = drafts.load_draft(session, row)
    kinds, vocabulary = current.runtime.kinds, load_vocabulary(session)
    problems = drafts.find_draft_problems(session, draft, kinds=kinds, vocabulary=vocabulary)
    traffic = load_traffic(session, row, wanted_counts())
    document = shape(draft.document)
    canvas = Artist(kinds, vocabulary, problems).draw(document)
    return {
        "title": row.name,
        "workflow": workflows.describe(session, row),
        "draft": draft,
        "canvas": canvas,
        "places": place_problems(canvas, problems),
        "warnings": place_warnings(canvas, document, kinds),
        "stopped_because": row.stopped_because,
        "counts": figures(document, traffic),
        "shares": shares(document, traffic),
        "traffic": traffic,
        "wanted": wanted_counts(),
        "numbers": execution_pages.list_numbers(session, row),
        "tab": "builder",
    }


def live_counts(session: TenantSession, key: str, *, seen: str, revision: int | None) -> dict[str, Any] | None:
    """Return what `builder/_live.html` puts in place; None when the counts are what was `seen` last.

    Only of the sections that the page shows, which is the draft as it was at `revision`: the live version, or a newer
    revision of somebody else, may have others.
    """
    row = workflows.get_workflow(session, key)
    traffic = load_traffic(session, row, wanted_counts())
    if traffic.mark == seen:
        return None
    shown = drafts.load_draft(session, row) if revision is None else drafts.get_revision(session, key, revision)
    document = shape(shown.document)
    return {
        "workflow": workflows.describe(session, row),
        "counts": figures(document, traffic),
        "shares": shares(document, traffic),
        "traffic": traffic,
        "wanted": wanted_counts(),
    }


def whole(key: str) -> Response:
    """Return the builder's page, or for htmx the part of it that changes."""
    with reading_here() as session:
        context = scene(session, key)
    return page_or_part("builder/show.html", "builder/_builder.html", **context)


def changed(
    key: str, message: str = "", *, section: str = "", revision: int | None = None, opens: bool = False
) -> ResponseReturnValue:
    """Answer a change: the builder anew for htmx, with the dialog closed, and its page for a plain form.

    `revision` is the one that the change made: the toast's Undo takes back that change, or says that it can't.
    `opens`: the section's dialog opens then, since it is to be set up.
    """
    anchor = f"section-{section}" if section else None
    if not wants_part():
        return redirect(url_for("builder.show", key=key, _anchor=anchor), 303)
    response = trigger(close_modal(_part(key)), sectionChanged=section, **({"openSection": section} if opens else {}))
    if message:
        undo = url_for("builder.undo", key=key, revision=revision) if revision is not None else None
        toast(response, message, undo=undo)
    return response


def unchanged(key: str, error: CampaignsError) -> ResponseReturnValue:
    """Say why a change was not made, beside the builder as it is now."""
    if wants_part():
        return toast(_part(key), _why(error), tone="error")
    with reading_here() as session:
        context = scene(session, key)
    return render_template("builder/show.html", refused=_why(error), **context), error.status


def _why(error: CampaignsError) -> str:
    """Return what keeps a change from being made: of a document that would be broken by it, the first reason."""
    if not isinstance(error, Invalid) or not error.problems:
        return error.message
    return f"This can't be done: {error.problems[0].message}."


def _part(key: str) -> Response:
    """Return the builder for htmx, wherever the request came from: a dialog's form aims at the dialog."""
    with reading_here() as session:
        context = scene(session, key)
    response = make_response(render_template("builder/_builder.html", **context))
    response.headers["HX-Retarget"], response.headers["HX-Reswap"] = "#builder", "morph:outerHTML"
    response.headers[SHOWN] = str(context["draft"].revision)
    return response
