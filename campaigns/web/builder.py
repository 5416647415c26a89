"""One workflow: its outline with live counts and problems, its document as JSON, undo and redo."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from campaigns.engine.document import Document
from campaigns.engine.kinds import Vocabulary
from campaigns.engine.validation import typed
from campaigns.errors import CampaignsError, Conflict, Invalid, Problem, Stale
from campaigns.services import drafts, insight, workflows
from campaigns.services.vocabulary import load_vocabulary
from campaigns.storage.transaction import TenantSession
from campaigns.web.permissions import needs
from campaigns.web.requests import current, reading_here, writing_here

bp = Blueprint("builder", __name__, url_prefix="/workflows")


@bp.get("/<key>")
@needs("workflows.view")
def show(key: str) -> ResponseReturnValue:
    return _page(key)


@bp.post("/<key>/draft")
@needs("workflows.edit")
def save(key: str) -> ResponseReturnValue:
    """Save the document as a new revision; a wrong one is shown again as it was sent, with its problems by path."""
    text, revision = request.form.get("document", ""), request.form.get("revision", "")
    try:
        with writing_here() as session:
            expected = int(revision) if revision.isdigit() else None
            drafts.save_draft(session, key, _read(text), change="Edited as JSON", expected_revision=expected)
    except (Invalid, Stale) as error:
        return _page(key, text=text, error=error), error.status
    return redirect(url_for("builder.show", key=key), 303)


@bp.post("/<key>/undo")
@needs("workflows.edit")
def undo(key: str) -> ResponseReturnValue:
    return _walk(key, drafts.undo)


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
        return _page(key, error=error), error.status
    return redirect(url_for("builder.show", key=key), 303)


def _read(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError as error:
        raise Invalid("This is not JSON.", problems=[Problem("", str(error))]) from None
    if not isinstance(found, dict):
        raise Invalid(problems=[Problem("", "must be an object")])
    return found


def _page(key: str, *, text: str | None = None, error: CampaignsError | None = None) -> str:
    with reading_here() as session:
        row = workflows.get_workflow(session, key)
        draft = drafts.get_draft(session, key)
        problems = drafts.find_draft_problems(session, draft)
        vocabulary = load_vocabulary(session)
        described, counts = workflows.describe(session, row), insight.section_counts(session, row)
    document = Document.model_validate(draft.document)
    return render_template(
        "builder/show.html",
        title=row.name,
        workflow=described,
        draft=draft,
        triggers=[_shown(item, vocabulary) for item in document.triggers],
        sections=[_shown(item, vocabulary) for item in document.sections],
        counts=counts,
        problems=problems,
        text=text if text is not None else json.dumps(draft.document, indent=2, ensure_ascii=False),
        error=error,
        told=[f"{one.path or '/'}: {one.message}" for one in error.problems] if error else [],
    )


def _shown(item: Any, vocabulary: Vocabulary) -> dict[str, Any]:
    """Return a section or trigger as the outline shows it, with its branches."""
    kind, config = current.runtime.kinds.get(item.type), typed(item, current.runtime.kinds)
    branches = getattr(item, "branches", {})
    names = config.branches() if config is not None else tuple(branches)
    return {
        "id": item.id,
        "label": item.name or (kind.label if kind else item.type),
        "role": kind.role if kind else "action",
        "summary": config.summary(vocabulary) if config is not None else "not installed any more",
        "disabled": item.disabled,
        "branches": [(name, [_shown(inner, vocabulary) for inner in branches.get(name, [])]) for name in names],
    }
