"""Starting executions by hand: for one lead, or for a list."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select

from campaigns.engine.conditions import Condition, compile_condition
from campaigns.engine.context import Context
from campaigns.engine.document import Document, Limits
from campaigns.engine.events import LANES
from campaigns.engine.fields import field_types
from campaigns.engine.matching import Enrolment, refusal
from campaigns.engine.program import Data, Rules
from campaigns.errors import Inactive, NotFound
from campaigns.services.lead_contexts import load_contexts
from campaigns.services.refusals import refuse, store_refusals
from campaigns.services.vocabulary import get_list, load_vocabulary
from campaigns.services.workflows import get_workflow
from campaigns.storage.models import Execution, ListMember, Tenant, Version, Workflow
from campaigns.storage.queries import batch_reads as reads
from campaigns.storage.queries import enrolments
from campaigns.storage.queries.bulk import Native, Same, insert
from campaigns.storage.queries.counting import count_let_in
from campaigns.storage.queries.due import SHARDS, shard_of
from campaigns.storage.transaction import TenantSession

CHUNK = 1000
MANUAL = "manual"


@dataclass(frozen=True, slots=True)
class Entry:
    """What decides who may enter: the live version with its limits and rules."""

    workflow_id: UUID
    version_id: UUID
    trigger_id: str | None
    limits: Limits
    rules: Rules
    data: Data
    zone: ZoneInfo
    wanted: tuple[Callable[[Context], Any], ...] = ()  # of which a lead has to fulfil one
    since: datetime | None = None  # who has entered since then is passed over


def start_by_hand(session: TenantSession, workflow_key: str, lead_id: UUID) -> Execution:
    """Start an active workflow for one lead and return the ready execution.

    Raise Inactive or LimitReached; the refusal is recorded all the same, in a transaction of its own: what this
    session did before is rolled back. Raise NotFound for an unknown workflow or lead.
    """
    enrolments.join_batches(session, [shard_of(lead_id)])
    workflow = _share(session, workflow_key)
    if not workflow.is_active:
        _check_lead(session, lead_id)
        refuse(session, workflow.id, lead_id, "inactive")
    entry = _entry(session, workflow)
    subjects, refused = _ask(session, entry, [lead_id])
    if not subjects and not refused:
        raise NotFound(f"There is no lead {lead_id}.")
    admitted, more = _admit(session, entry, subjects)
    for limit in [*refused.values(), *more.values()]:
        refuse(session, workflow.id, lead_id, limit)
    (execution_id,) = _start(session, entry, admitted, lane="interactive")
    return session.scalars(select(Execution).where(Execution.id == execution_id)).one()


def start_for_list(session: TenantSession, workflow_key: str, list_key: str) -> int:
    """Start an active workflow for every lead on a list; return how many were admitted. Refusals are recorded."""
    target = get_list(session, list_key)
    enrolments.join_batches(session, range(SHARDS))
    workflow = _share(session, workflow_key)
    if not workflow.is_active:
        raise Inactive(f"“{workflow.name}” is not active.")
    entry = _entry(session, workflow)
    members = select(ListMember.lead_id).where(ListMember.list_id == target.id).order_by(ListMember.lead_id)
    candidates: list[UUID] = []
    refused: dict[UUID, str] = {}
    for chunk in _chunks(session.scalars(members).all()):  # one round of a few statements for a thousand leads
        welcome, turned_away = _ask(session, entry, chunk)
        candidates += welcome
        refused |= turned_away
    admitted, more = _admit(session, entry, candidates)
    _start(session, entry, admitted, lane="bulk")
    store_refusals(session, workflow.id, refused | more)
    return len(admitted)


def start_matching(
    session: TenantSession,
    workflow_id: UUID,
    lead_ids: Sequence[UUID],
    conditions: Sequence[Condition],
    *,
    since: datetime,
) -> tuple[int, int]:
    """Start an active workflow for those of these leads who fulfil one of the conditions; raise Inactive.

    Return how many were admitted and how many were refused, which is recorded. Who has entered by other ways `since`
    then is neither. The caller has joined the batches.
    """
    workflow = _share(session, session.scalars(select(Workflow.key).where(Workflow.id == workflow_id)).one())
    if not workflow.is_active:
        raise Inactive(f"“{workflow.name}” is not active.")
    entry = _entry(session, workflow)
    for condition in conditions:
        entry.data.add(condition)
    types = field_types(load_vocabulary(session))
    entry = replace(entry, wanted=tuple(compile_condition(one, types) for one in conditions), since=since)
    candidates, refused = _ask(session, entry, lead_ids)
    admitted, more = _admit(session, entry, candidates)
    _start(session, entry, admitted, lane="bulk")
    store_refusals(session, workflow.id, refused | more)
    return len(admitted), len(refused) + len(more)


def _share(session: TenantSession, key: str) -> Workflow:
    """Return the workflow, which can't be deactivated until we commit."""
    found = get_workflow(session, key)
    statement = select(Workflow).where(Workflow.id == found.id).with_for_update(read=True)
    return session.scalars(statement.execution_options(populate_existing=True)).one()


def _check_lead(session: TenantSession, lead_id: UUID) -> None:
    connection = session.connection()
    native = Native(connection)
    if not reads.revisions(connection, native.id(session.tenant_id), [native.id(lead_id)]):
        raise NotFound(f"There is no lead {lead_id}.")


def _entry(session: TenantSession, workflow: Workflow) -> Entry:
    own = (Version.workflow_id == workflow.id, Version.number == workflow.live_version)
    version = session.scalars(select(Version).where(*own)).one()
    document = Document.model_validate(version.document)
    settings, data = document.settings, Data()
    keep_while = None
    if settings.keep_while is not None:
        data.add(settings.keep_while)
        keep_while = compile_condition(settings.keep_while, field_types(load_vocabulary(session)))
    by_hand = [trigger.id for trigger in document.triggers if trigger.type == MANUAL and not trigger.disabled]
    zone = session.scalars(select(Tenant.time_zone).where(Tenant.id == session.tenant_id)).one()
    return Entry(
        workflow_id=workflow.id,
        version_id=version.id,
        trigger_id=by_hand[0] if by_hand else None,
        limits=settings.limits,
        rules=Rules(
            active_total=settings.limits.active_total,
            per_lead_ever=settings.limits.per_lead_ever,
            per_lead_active=settings.limits.per_lead_active,
            reenter_after=settings.reenter_after,
            keep_while=keep_while,
            time_zone=settings.time_zone,
        ),
        data=data,
        zone=ZoneInfo(zone),
    )


def _ask(session: TenantSession, entry: Entry, lead_ids: Sequence[UUID]) -> tuple[list[UUID], dict[UUID, str]]:
    """Return the leads that the rules let in, in order, and by lead the rule that refuses the others.

    Leads that do not fulfil what the entry is for are in neither.
    """
    connection = session.connection()
    native = Native(connection)
    contexts = load_contexts(session, lead_ids, entry.data, zone=entry.zone, lock=True)
    keys = sorted(native.id(lead_id) for lead_id in lead_ids)
    known = reads.enrolments(connection, native.id(session.tenant_id), keys, [native.id(entry.workflow_id)])
    rows = {native.uuid(lead): row for (_, lead), row in known.items()}
    welcome, refused = [], {}
    for lead_id, context in contexts.items():
        if entry.wanted and not any(holds(context) for holds in entry.wanted):
            continue
        row = rows.get(lead_id, Enrolment())
        if entry.since is not None and row.last_started is not None and row.last_started >= entry.since:
            continue
        limit = refusal(entry.rules, row, context, hop=session.tenancy.hop)
        if limit is None:
            welcome.append(lead_id)
        else:
            refused[lead_id] = limit
    return welcome, refused


def _admit(session: TenantSession, entry: Entry, lead_ids: list[UUID]) -> tuple[list[UUID], dict[UUID, str]]:
    """Take the slots; return who was admitted, in order, and by lead which limit refused the others."""
    most = entry.limits.active_total
    room = max(0, most - enrolments.lock_active(session, entry.workflow_id)) if most else len(lead_ids)
    admitted: list[UUID] = []
    refused: dict[UUID, str] = dict.fromkeys(lead_ids[room:], "active_total")
    for chunk in _chunks(lead_ids[:room]):
        taken = enrolments.enrol(session, entry.workflow_id, chunk, entry.limits)
        admitted += [lead_id for lead_id in chunk if lead_id in taken]
        refused |= dict.fromkeys([lead_id for lead_id in chunk if lead_id not in taken], "per_lead_active")
    if admitted and not enrolments.count_started(session, entry.workflow_id, len(admitted), entry.limits):
        raise AssertionError("the counter was locked and has changed")
    return admitted, refused


def _start(session: TenantSession, entry: Entry, lead_ids: list[UUID], *, lane: str) -> list[UUID]:
    """Write ready executions with a token at the start; workers find them as due now."""
    if not lead_ids:
        return []
    connection = session.connection()
    native = Native(connection)
    ids = native.ids(len(lead_ids))
    now, count = native.moment(session.now), len(lead_ids)
    tenant, workflow = Same(native.id(session.tenant_id)), Same(native.id(entry.workflow_id))
    fresh = {"status": "ready", "reason": "", "steps": 0, "attempts": 0, "hop": session.tenancy.hop}
    executions: dict[str, Any] = {name: Same(value) for name, value in fresh.items()} | {
        "tenant_id": tenant,
        "id": ids,
        "workflow_id": workflow,
        "version_id": Same(native.id(entry.version_id)),
        "lead_id": [native.id(lead_id) for lead_id in lead_ids],
        "trigger_id": Same(entry.trigger_id),
        "lane": Same(LANES.index(lane)),
        "created_at": Same(now),
    }
    shards = [shard_of(lead_id) for lead_id in lead_ids]
    tokens: dict[str, Any] = {
        "tenant_id": tenant,
        "execution_id": ids,
        "number": Same(0),
        "workflow_id": workflow,
        "section": [""] * count,
        "shard": shards,
        "wake_at": Same(now),
        "due_at": Same(now),
        "entered_at": Same(now),
    }
    insert(connection, "executions", executions)
    insert(connection, "tokens", tokens)
    if entry.trigger_id:
        count_let_in(session, entry.version_id, entry.trigger_id, count)
    session.make_due("run", set(shards), lane=lane)
    return [native.uuid(execution_id) for execution_id in ids]


def _chunks(values: Sequence[UUID]) -> Iterator[list[UUID]]:
    for start in range(0, len(values), CHUNK):
        yield list(values[start : start + CHUNK])
