"""One workflow: its canvas with live counts and problems, its document as JSON, undo and redo."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from campaigns.engine.json_text import read_json
from campaigns.engine.merging import Clash
from campaigns.errors import CampaignsError, Conflict, Invalid, Malformed, NotFound, Problem, Stale
from campaigns.services import drafts, workflows
from campaigns.services.draft_merging import Clashing, save_merged
from campaigns.storage.transaction import TenantSession
from campaigns.web.builder_changes import make_change
from campaigns.web.builder_scene import SHOWN, changed, live_counts, unchanged, whole
from campaigns.web.permissions import needs
from campaigns.web.requests import current, reading_here, writing_here

_CLASH = "clash:"  # before the key of a clash in the form
bp = Blueprint("builder", __name__, url_prefix="/workflows")


@bp.get("/<key>")
@needs("workflows.view")
def show(key: str) -> ResponseReturnValue:
    return whole(key)


@bp.get("/<key>/counts")
@needs("workflows.view")
def counts(key: str) -> ResponseReturnValue:
    """Answer the counts of the sections shown for htmx to put in place; nothing when they are what was seen last."""
    revision = request.args.get("revision", type=int)
    with reading_here() as session:
        found = live_counts(session, key, seen=request.args.get("seen", ""), revision=revision)
    if found is None:
        return "", 204
    return render_template("builder/_live.html", out_of_band=True, **found), {SHOWN: str(revision or "")}


@bp.post("/<key>/changes")
@needs("workflows.edit")
def change(key: str) -> ResponseReturnValue:
    """Do one thing to one section or several: `do` it to `section`, and where it goes somewhere, to the place `at`."""
    try:
        with writing_here() as session:
            made = make_change(session, key, request.form, current.runtime.kinds)
    except (Conflict, Invalid, NotFound) as error:
        return unchanged(key, error)
    opens = request.form.get("do") == "wrap"  # what was wrapped around has its condition to be set
    return changed(key, f"{made.words}.", section=made.section, revision=made.revision, opens=opens)


@bp.get("/<key>/document")
@needs("workflows.view")
def document(key: str) -> ResponseReturnValue:
    return _document(key)


@bp.post("/<key>/draft")
@needs("workflows.edit")
def save(key: str) -> ResponseReturnValue:
    """Save the document as a new revision, merged with what others have saved since it was opened.

    A wrong one is shown again as it was sent, with its problems by path; what both changed, with a choice for each.
    """
    text = request.form.get("document", "")
    revision = int(request.form.get("revision", "")[:9]) if request.form.get("revision", "").isdecimal() else 0
    prefer = {name.removeprefix(_CLASH): value for name, value in request.form.items() if name.startswith(_CLASH)}
    try:
        with writing_here() as session:
            kinds, sent = current.runtime.kinds, _read(text)
            _, merged = save_merged(session, key, sent, base_revision=revision, prefer=prefer, kinds=kinds)
    except (Invalid, Stale, NotFound) as error:
        return _document(key, text=text, error=error, revision=revision), error.status
    if merged:
        flash("Saved, together with what others have changed meanwhile.", "info")
    return redirect(url_for("builder.document", key=key), 303)


@bp.post("/<key>/undo")
@needs("workflows.edit")
def undo(key: str) -> ResponseReturnValue:
    """Take the last change back; with `revision`, the change that made it, unless another one came since."""
    return _walk(key, partial(drafts.undo, revision=request.args.get("revision", type=int)))


@bp.post("/<key>/redo")
@needs("workflows.edit")
def redo(key: str) -> ResponseReturnValue:
    return _walk(key, drafts.redo)


def _walk(key: str, step: Callable[[TenantSession, str], object]) -> ResponseReturnValue:
    """Go one revision back or forth; at either end the page says so."""
    try:
        with writing_here() as session:
            step(session, key)
    except Conflict as error:
        return unchanged(key, error)
    return changed(key)


def _shown(clash: Clash) -> dict[str, str]:
    """Return a clash as the page shows it: its key and name, and what each has."""
    one = clash.theirs or clash.mine
    name = str(one.get("name") or one.get("type") or clash.key) if isinstance(one, dict) else clash.key
    sides = {"mine": clash.mine, "theirs": clash.theirs}
    told = {
        side: "Deleted" if value is None else json.dumps(value, indent=2, ensure_ascii=False)
        for side, value in sides.items()
    }
    return {"key": clash.key, "name": name, **told}


def _read(text: str) -> dict[str, Any]:
    try:
        found = read_json(text)
    except Malformed as error:
        raise Invalid(error.message, problems=[Problem("", error.message)]) from None
    if not isinstance(found, dict):
        raise Invalid(problems=[Problem("", "must be an object")])
    return found


def _document(
    key: str, *, text: str | None = None, error: CampaignsError | None = None, revision: int | None = None
) -> str:
    with reading_here() as session:
        row = workflows.get_workflow(session, key)
        draft = drafts.get_draft(session, key)
        described = workflows.describe(session, row)
    return render_template(
        "builder/document.html",
        title=row.name,
        tab="document",
        workflow=described,
        draft=draft,
        text=text if text is not None else json.dumps(draft.document, indent=2, ensure_ascii=False),
        error=error,
        revision=revision or draft.revision,
        clashes=[_shown(clash) for clash in error.clashes] if isinstance(error, Clashing) else [],
        told=[f"{one.path or '/'}: {one.message}" for one in error.problems] if error else [],
    )
