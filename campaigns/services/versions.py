"""Versions: freezing the draft, listening with it, ceasing to, and going back to an older one."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import select

from campaigns.engine.cycles import Outline, cycle_problems, outline
from campaigns.engine.document import Document
from campaigns.engine.kinds import Kinds, Trigger
from campaigns.engine.validation import find_problems, parse, typed
from campaigns.errors import Invalid, NotFound
from campaigns.sections.registry import kinds as installed_kinds
from campaigns.services import admissions, audit, awaiting, resuming, schedules, stories
from campaigns.services.drafts import append, lock_draft, types_in
from campaigns.services.endings import teller
from campaigns.services.references import Resolved, resolve, store_references, stored_references
from campaigns.services.resuming import AT_ONCE, Resume
from campaigns.services.vocabulary import load_vocabulary
from campaigns.services.workflows import differs, get_workflow, same_document
from campaigns.storage.models import Subscription, Version, Workflow
from campaigns.storage.queries import executions, stopping, switches, workflow_hours
from campaigns.storage.transaction import TenantSession

Running = Literal["finish", "hold", "cancel"]
DEACTIVATED = "the workflow was deactivated"

__all__ = [
    "activate",
    "deactivate",
    "differs",
    "executions_inside",
    "get_version",
    "list_versions",
    "restore",
]


def activate(
    session: TenantSession,
    key: str,
    *,
    note: str = "",
    kinds: Kinds | None = None,
    despite: Collection[UUID] = (),
    resume: Resume = AT_ONCE,
) -> Workflow:
    """Publish the draft and listen. What is running keeps its version; what was held goes on, as `resume` says.

    Raise Invalid with problems by path when the draft can't run, StoryFailed when a test that blocks fails and is not
    in `despite`, the ids of those a person publishes without. Activating what is live already changes nothing.
    """
    known = kinds or installed_kinds()
    stopping.stop_batches(session)
    workflow = get_workflow(session, key, lock=True)
    draft = lock_draft(session, workflow)
    document = _runnable(session, key, draft.document, known)
    resolved = resolve(session, document, known)
    live = _find(session, workflow, workflow.live_version)
    if live is not None and _is_same(session, live, draft.document, resolved):
        if workflow.is_active:
            return workflow
        version = live
    else:
        version = None
    stories.refuse_failing(session, key, draft.document, known, despite=despite)
    if version is None:
        version = _freeze(session, workflow, draft.document, note)
        store_references(session, version.id, resolved)
    _go_live(session, workflow, version, document, known, resume)
    audit.record(session, "workflow.activated", kind="workflow", target=key, version=version.number)
    session.flush()
    return workflow


def deactivate(session: TenantSession, key: str, *, running: Running = "finish", because: str = "") -> Workflow:
    """Stop listening: nothing starts from this commit on. Those inside finish, are held, or are cancelled.

    `because`: why the program does it by itself; it is told until the workflow is active again.
    """
    if running not in ("finish", "hold", "cancel"):
        raise Invalid("running is finish, hold or cancel.")
    stopping.stop_batches(session, recall=running != "finish")
    workflow = get_workflow(session, key, lock=True)
    was_active = workflow.is_active
    workflow.is_active, workflow.updated_at, workflow.stopped_because = False, session.now, because
    for subscription in session.scalars(select(Subscription).where(Subscription.workflow_id == workflow.id)):
        if running == "cancel" or subscription.mode == "start":  # who is inside may still be taken back or out
            session.delete(subscription)
    session.flush()
    count = 0
    if running == "hold":
        count = stopping.hold(session, workflow.id)
    elif running == "cancel":
        tell = teller(session, workflow.id, "cancelled")
        count = stopping.cancel(session, workflow.id, statuses=stopping.OPEN, reason=DEACTIVATED, tell=tell)
    awaiting.forget(session, workflow.id)
    admissions.stop(session, workflow.id)
    switches.drop(session, workflow.id, "deactivate")
    if was_active or count:
        why = {"because": because} if because else {}
        audit.record(
            session, "workflow.deactivated", kind="workflow", target=key, running=running, executions=count, **why
        )
        session.flush()
    return workflow


def list_versions(session: TenantSession, key: str) -> list[dict[str, Any]]:
    """Return all versions, newest first, as the API answers them; `executions` counts those not ended."""
    workflow = get_workflow(session, key)
    columns = (Version.id, Version.number, Version.created_at, Version.author, Version.note)
    rows = session.execute(select(*columns).where(Version.workflow_id == workflow.id).order_by(Version.number.desc()))
    inside = executions.count_by_version(session, workflow.id)
    return [
        {
            "number": number,
            "created_at": created_at,
            "author": author,
            "note": note,
            "live": workflow.is_active and number == workflow.live_version,
            "executions": inside.get(version_id, 0),
        }
        for version_id, number, created_at, author, note in rows
    ]


def get_version(session: TenantSession, key: str, number: int) -> Version:
    """Return a version with its document; raise NotFound."""
    return _get(session, get_workflow(session, key), number)


def restore(
    session: TenantSession, key: str, number: int, *, live: bool = True, kinds: Kinds | None = None
) -> Workflow:
    """Make a version the draft again and, with `live`, the one that listens (once the workflow is active).

    Raise Invalid when something that the version names is gone.
    """
    known = kinds or installed_kinds()
    if live:
        stopping.stop_batches(session)
    workflow = get_workflow(session, key, lock=True)
    version = _get(session, workflow, number)
    draft = lock_draft(session, workflow)
    if not same_document(draft.document, version.document):
        append(session, draft, version.document, change=f"Restored version {number}")
    if live:
        document = _runnable(session, key, version.document, known)
        _complete_references(session, version, resolve(session, document, known))
        if workflow.is_active:
            _go_live(session, workflow, version, document, known)
        workflow.live_version = number
    audit.record(session, "version.restored", kind="workflow", target=key, version=number, live=live)
    session.flush()
    return workflow


def executions_inside(session: TenantSession, workflow: Workflow) -> dict[int, dict[str, int]]:
    """Return how many executions stand where: by version number, by section id; "" is the start."""
    found: dict[int, dict[str, int]] = {}
    for number, section, count in executions.count_inside(session, workflow.id):
        found.setdefault(number, {})[section] = count
    return found


def _runnable(session: TenantSession, key: str, raw: dict[str, Any], kinds: Kinds) -> Document:
    document = parse(raw, kinds, known_before=types_in(raw))
    problems = find_problems(document, kinds, load_vocabulary(session))
    if outline(document, kinds).links:
        problems += cycle_problems(key, document, _live_outlines(session, kinds), kinds)
    if problems:
        raise Invalid("The workflow can't be activated yet.", problems=problems)
    return document


def _live_outlines(session: TenantSession, kinds: Kinds) -> dict[str, Outline]:
    """Return what the live versions of the tenant can start, by workflow key."""
    live = (Version.workflow_id == Workflow.id) & (Version.number == Workflow.live_version)
    rows = session.execute(select(Workflow.key, Version.document).join(Version, live).where(Workflow.is_active))
    return {row.key: outline(Document.model_validate(row.document), kinds) for row in rows}


def _find(session: TenantSession, workflow: Workflow, number: int | None) -> Version | None:
    return session.scalar(select(Version).where(Version.workflow_id == workflow.id, Version.number == number))


def _get(session: TenantSession, workflow: Workflow, number: int) -> Version:
    found = _find(session, workflow, number)
    if found is None:
        raise NotFound(f"There is no version {number}.")
    return found


def _is_same(session: TenantSession, version: Version, document: dict[str, Any], resolved: Resolved) -> bool:
    """A template that was edited since, or a list deleted and made anew, is a change to publish as well."""
    return same_document(version.document, document) and stored_references(session, version.id) == resolved


def _freeze(session: TenantSession, workflow: Workflow, document: dict[str, Any], note: str) -> Version:
    workflow.last_version += 1
    version = Version(
        workflow_id=workflow.id,
        number=workflow.last_version,
        document=document,
        note=note.strip()[:1000],
        author_id=session.actor.id if session.actor.kind == "user" else None,
        author=session.actor.name,
        created_at=session.now,
    )
    session.add(version)
    session.flush()
    return version


def _complete_references(session: TenantSession, version: Version, resolved: Resolved) -> None:
    """An old version keeps what it was frozen with; what was let go of since, and exists again, is found anew."""
    stored = stored_references(session, version.id)
    store_references(session, version.id, {name: row_id for name, row_id in resolved.items() if name not in stored})


def _go_live(
    session: TenantSession,
    workflow: Workflow,
    version: Version,
    document: Document,
    kinds: Kinds,
    resume: Resume = AT_ONCE,
) -> None:
    _subscribe(session, workflow, version.id, document, kinds)
    awaiting.store(session, version.id, document, kinds)
    awaiting.forget(session, workflow.id, keep=version.id)
    schedules.plan(session, workflow, document, kinds)
    workflow.live_version = version.number
    workflow.updated_at = session.now
    switches.drop(session, workflow.id, "activate", only_failed=workflow.is_active)
    if not workflow.is_active:
        if workflow.stopped_because:
            _let_go_on(session, workflow)
        workflow.is_active, workflow.activated_at, workflow.stopped_because = True, session.now, ""
        session.flush()
        for shard, moment in resuming.go_on(session, workflow.id, resume).items():
            session.make_due("run", [shard], lane="timed", at=moment)


def _let_go_on(session: TenantSession, workflow: Workflow) -> None:
    """A person says that what the brake has stopped is right: this hour begins anew, and mails that rested go."""
    workflow_hours.forget_hour(session, workflow.id)
    shards = workflow_hours.wake_mails(session, workflow.id)
    if shards:
        session.make_due("outbox", shards, lane="timed")


def _subscribe(session: TenantSession, workflow: Workflow, version_id: UUID, document: Document, kinds: Kinds) -> None:
    """Replace what the workflow listens to. A trigger that listened before goes on without a gap: `since` stays."""
    before = {row.trigger_id: row for row in session.scalars(select(Subscription).filter_by(workflow_id=workflow.id))}
    for trigger in document.triggers:
        config = typed(trigger, kinds)
        event_type = config.event_type() if isinstance(config, Trigger) and not trigger.disabled else None
        if event_type is None:
            continue
        row = before.pop(trigger.id, None)
        if row is None:
            row = Subscription(workflow_id=workflow.id, trigger_id=trigger.id, since=session.now)
            session.add(row)
        elif row.event_type != event_type:
            row.since = session.now
        row.version_id, row.event_type, row.mode = version_id, event_type, trigger.mode
    for row in before.values():
        session.delete(row)
    session.flush()
