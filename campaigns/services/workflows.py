"""Workflows: made, named, found, copied and deleted; what is in them stands in drafts and versions."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from sqlalchemy import func, select

from campaigns.engine.document import empty_document
from campaigns.engine.kinds import Kinds
from campaigns.engine.validation import parse
from campaigns.errors import Conflict, NotFound, Problem
from campaigns.sections.registry import kinds as installed_kinds
from campaigns.services import audit
from campaigns.services.keys import check_name
from campaigns.services.references import refuse_if_used
from campaigns.services.vocabulary import new_key, save_new
from campaigns.storage.models import Draft, Revision, Workflow, WorkflowTotal
from campaigns.storage.queries import workflows as queries
from campaigns.storage.transaction import TenantSession

Sort = Literal["name", "created", "updated"]
_ORDERS = {
    "name": (func.lower(Workflow.name), Workflow.key),
    "created": (Workflow.created_at.desc(), Workflow.key),
    "updated": (Workflow.updated_at.desc(), Workflow.key),
}


def create_workflow(
    session: TenantSession,
    *,
    name: str,
    key: str | None = None,
    document: Mapping[str, Any] | None = None,
    kinds: Kinds | None = None,
) -> Workflow:
    """Make an inactive workflow with a draft; raise Invalid when the document can't be read."""
    name = check_name(name)
    content = empty_document() if document is None else dict(document)
    parse(content, kinds or installed_kinds())
    row = Workflow(key=new_key(session, Workflow, name, key), name=name, created_at=session.now, updated_at=session.now)
    save_new(session, row)
    author = session.actor.id if session.actor.kind == "user" else None
    session.add_all([
        Draft(workflow_id=row.id, revision=1, document=content, updated_at=session.now, updated_by=author),
        Revision(
            workflow_id=row.id, number=1, document=content, change="Created", author_id=author,
            author=session.actor.name, created_at=session.now,
        ),
        WorkflowTotal(workflow_id=row.id),
    ])  # fmt: skip
    audit.record(session, "workflow.created", kind="workflow", target=row.key)
    session.flush()
    return row


def get_workflow(session: TenantSession, key: str, *, lock: bool = False) -> Workflow:
    """Return a workflow; raise NotFound. `lock` keeps others from changing its state until the transaction ends."""
    statement = select(Workflow).where(Workflow.key == key)
    if lock:
        statement = statement.with_for_update().execution_options(populate_existing=True)
    row = session.scalar(statement)
    if row is None:
        raise NotFound(f"There is no workflow {key}.")
    return row


def list_workflows(
    session: TenantSession, *, search: str = "", state: Literal["active", "inactive"] | None = None, sort: Sort = "name"
) -> list[Workflow]:
    """Return the workflows whose name or key contains the words, in order."""
    statement = select(Workflow).order_by(*_ORDERS[sort])
    if state is not None:
        statement = statement.where(Workflow.is_active.is_(state == "active"))
    found = session.scalars(statement).all()
    words = search.casefold().split()
    return [row for row in found if all(word in f"{row.name} {row.key}".casefold() for word in words)]


def rename_workflow(session: TenantSession, key: str, *, name: str) -> Workflow:
    """Give a workflow another name; its key stays, since documents and callers name it."""
    row = get_workflow(session, key, lock=True)
    row.name, row.updated_at = check_name(name), session.now
    audit.record(session, "workflow.renamed", kind="workflow", target=row.key)
    session.flush()
    return row


def duplicate_workflow(
    session: TenantSession, key: str, *, name: str | None = None, kinds: Kinds | None = None
) -> Workflow:
    """Make an inactive copy of a workflow's draft."""
    row = get_workflow(session, key)
    draft = session.get_one(Draft, (session.tenant_id, row.id))
    chosen = name if name is not None else f"{row.name[:190]} (copy)"
    return create_workflow(session, name=chosen, document=draft.document, kinds=kinds)


def delete_workflow(session: TenantSession, key: str) -> None:
    """Delete a workflow with its history; raise Conflict while it is active, has unfinished executions, or is used."""
    row = get_workflow(session, key, lock=True)
    if row.is_active:
        raise Conflict(f"“{row.name}” is active: deactivate it first.")
    counts = queries.count_by_status(session, row.id)
    if counts:
        listed = ", ".join(f"{count} {status}" for status, count in sorted(counts.items()))
        problems = [Problem("", f"{count} executions are {status}") for status, count in sorted(counts.items())]
        raise Conflict(f"“{row.name}” has unfinished executions: {listed}.", problems=problems)
    refuse_if_used(session, "workflow", [row.id], row.name)
    audit.record(session, "workflow.deleted", kind="workflow", target=row.key)
    session.flush()
    queries.delete_with_history(session, row)


def describe(session: TenantSession, workflow: Workflow) -> dict[str, Any]:
    """Return a workflow as the API answers it: key, name, state, draft_revision, live_version, differs, totals, ..."""
    return describe_all(session, [workflow])[0]


def describe_all(session: TenantSession, workflows: Sequence[Workflow]) -> list[dict[str, Any]]:
    """Return the API shape of several workflows, with one query for all."""
    session.flush()
    outlines = queries.load_outlines(session, [workflow.id for workflow in workflows])
    return [_shape(workflow, outlines[workflow.id]) for workflow in workflows]


def differs(session: TenantSession, workflow: Workflow) -> bool:
    """Return whether activating would publish something new: the draft, or a template, is not what is live."""
    session.flush()
    return _differs(queries.load_outlines(session, [workflow.id])[workflow.id])


def same_document(one: Mapping[str, Any] | None, other: Mapping[str, Any] | None) -> bool:
    """Return whether two documents say the same; unlike `==`, true is not 1 and the order of keys does not count."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def _differs(outline: queries.Outline) -> bool:
    return outline.templates_moved or not same_document(outline.draft, outline.live)


def _shape(workflow: Workflow, outline: queries.Outline) -> dict[str, Any]:
    going = outline.admission
    return {
        "key": workflow.key,
        "name": workflow.name,
        "state": "active" if workflow.is_active else "inactive",
        "draft_revision": outline.draft_revision,
        "live_version": workflow.live_version,
        "differs": _differs(outline),
        "totals": outline.totals,
        "planned": [
            {"turn": row.turn, "at": row.at, "author": row.author, "failed": row.failed_because}
            for row in outline.switches
        ],
        "admission": going and {"id": going.id, "total": going.total, "looked": going.looked},
    }
