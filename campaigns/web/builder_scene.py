"""The builder as its templates need it: read once, for the whole page and for the part that an edit swaps in."""

from __future__ import annotations

from typing import Any
from zlib import crc32

from flask import Response, make_response, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from campaigns.errors import CampaignsError
from campaigns.services import drafts, insight, workflows
from campaigns.services.vocabulary import load_vocabulary
from campaigns.storage.transaction import TenantSession
from campaigns.web.builder_canvas import Artist, place_problems, shape
from campaigns.web.htmx import close_modal, page_or_part, toast, trigger, wants_part
from campaigns.web.requests import current, reading_here


def scene(session: TenantSession, key: str) -> dict[str, Any]:
    """Return what `builder/_builder.html` shows of a workflow; raise NotFound."""
    row = workflows.get_workflow(session, key)
    draft = drafts.load_draft(session, row)
    kinds, vocabulary = current.runtime.kinds, load_vocabulary(session)
    problems = drafts.find_draft_problems(session, draft, kinds=kinds, vocabulary=vocabulary)
    counts = insight.section_counts(session, row)
    canvas = Artist(kinds, vocabulary, problems).draw(shape(draft.document))
    return {
        "title": row.name,
        "workflow": workflows.describe(session, row),
        "draft": draft,
        "canvas": canvas,
        "places": place_problems(canvas, problems),
        "counts": counts,
        "seen": fingerprint(counts),
        "tab": "builder",
    }


def fingerprint(counts: dict[str, insight.Counts]) -> str:
    """Return a word that changes when a count does."""
    figures = [(name, one.waiting, one.passed, one.failed) for name, one in sorted(counts.items())]
    return f"{crc32(repr(figures).encode()):08x}"


def whole(key: str) -> Response:
    """Return the builder's page, or for htmx the part of it that changes."""
    with reading_here() as session:
        context = scene(session, key)
    return page_or_part("builder/show.html", "builder/_builder.html", **context)


def changed(key: str, message: str = "", *, section: str = "") -> ResponseReturnValue:
    """Answer a change: the builder anew for htmx, with the dialog closed, and its page for a plain form."""
    anchor = f"section-{section}" if section else None
    if not wants_part():
        return redirect(url_for("builder.show", key=key, _anchor=anchor), 303)
    response = trigger(close_modal(_part(key)), sectionChanged=section)
    if message:
        toast(response, message, undo=url_for("builder.undo", key=key))
    return response


def unchanged(key: str, error: CampaignsError) -> ResponseReturnValue:
    """Say why a change was not made, beside the builder as it is now."""
    if wants_part():
        return toast(_part(key), error.message, tone="error")
    with reading_here() as session:
        context = scene(session, key)
    return render_template("builder/show.html", refused=error.message, **context), error.status


def _part(key: str) -> Response:
    """Return the builder for htmx, wherever the request came from: a dialog's form aims at the dialog."""
    with reading_here() as session:
        response = make_response(render_template("builder/_builder.html", **scene(session, key)))
    response.headers["HX-Retarget"], response.headers["HX-Reswap"] = "#builder", "morph:outerHTML"
    return response
