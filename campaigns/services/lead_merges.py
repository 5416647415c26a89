"""Merging two leads into one, in one transaction: a choice for each field, tags and lists together, one history.

The other lead's row stays, hidden as if it had moved away, and holds the names that were not taken over: what comes
later by its address or external id is the kept lead's. Can't be undone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select

from campaigns.engine.document import Document
from campaigns.engine.effects import AddTag, AddToList, AssignOwner, Effect, SetField, SetStatus
from campaigns.engine.subject import Subject
from campaigns.errors import Invalid, NotFound, Problem
from campaigns.imports.contacts import address_and_key
from campaigns.services import audit
from campaigns.services.fields import list_fields
from campaigns.services.lead_changes import change_leads
from campaigns.services.leads import get_lead
from campaigns.services.merge_choices import BUILT_IN, Difference, check, differences, settle
from campaigns.storage.models import Execution, Lead, List, Note, Step, Version
from campaigns.storage.queries import batch_reads as reads
from campaigns.storage.queries import erasure, stopping
from campaigns.storage.queries import lead_merges as queries
from campaigns.storage.queries.bulk import Native
from campaigns.storage.queries.due import shard_of
from campaigns.storage.queries.leads import touch
from campaigns.storage.transaction import TenantSession

MERGED = "merged"  # why an execution ends of which the kept lead has one already
ITSELF = "is this lead itself: name another one"
_ENDED = "merged with a lead that is in this workflow already (per_lead_active)"


@dataclass(frozen=True, slots=True)
class Outlook:
    """What merging does: where the leads differ, what the kept one gets, and how many executions end or go on."""

    differences: list[Difference]
    tags: list[str]
    lists: list[str]
    ending: int
    going_on: int
    events: int
    messages: int
    notes: int
    tasks: int


def outlook(session: TenantSession, keep_id: UUID, gone_id: UUID) -> Outlook:
    """Return what merging the second lead into the first does; raise NotFound, or Invalid for one and the same."""
    keep, gone = _read(session, keep_id, gone_id, lock=False)
    found = differences(keep.values, gone.values, _custom(session))
    tags, lists = _marks(session, keep_id, gone_id)
    under_way = queries.unfinished(session, gone_id)
    ending = len(_doubles(session, keep_id, under_way))
    events, _, _, messages, notes, tasks = erasure.count_around(session, gone_id)
    return Outlook(found, tags, list(lists), ending, len(under_way) - ending, events, messages, notes, tasks)


def merge(session: TenantSession, keep_id: UUID, gone_id: UUID, choices: Mapping[str, str] | None = None) -> Lead:
    """Merge the second lead into the first, with `keep` or `other` by field, and return it.

    Raise NotFound, or Invalid for one and the same lead, for unknown fields, or when no name would be left.
    """
    session.flush()
    stopping.stop_batches(session, recall=True)  # before any other lock; what batches have read is about to change
    keep, gone = _read(session, keep_id, gone_id, lock=True)
    custom = _custom(session)
    check(choices or {}, custom)
    changed, dropped = settle(differences(keep.values, gone.values, custom), keep.values, choices or {})
    marks = _marks(session, keep_id, gone_id)
    _end(session, _doubles(session, keep_id, queries.unfinished(session, gone_id)))
    _tie(session, keep_id, gone_id)
    _change(session, keep_id, changed, *marks)
    queries.keep_names(session, gone_id, _names(dropped))
    who = session.actor.name if session.actor.kind == "user" else ""
    session.add(Note(lead_id=keep_id, text=_told(gone.values, dropped, custom), at=session.now, author=who))
    audit.record(session, "lead.merged", kind="lead", target=str(keep_id), merged=str(gone_id))
    session.flush()
    session.expire_all()
    return get_lead(session, keep_id)


def _read(session: TenantSession, keep_id: UUID, gone_id: UUID, *, lock: bool) -> tuple[Subject, Subject]:
    """Return both leads, with `lock` as they stay: they are locked in the order of their ids."""
    if keep_id == gone_id:
        get_lead(session, keep_id)
        raise Invalid(problems=[Problem("/lead", ITSELF)])
    connection = session.connection()
    native = Native(connection)
    tenant, both = native.id(session.tenant_id), [native.id(lead_id) for lead_id in (keep_id, gone_id)]
    here = reads.revisions(connection, tenant, both)
    found = reads.subjects(connection, tenant, sorted(both), reads.names(connection, tenant), lock=lock)
    for lead_id in (keep_id, gone_id):
        if native.id(lead_id) not in found or native.id(lead_id) not in here:
            raise NotFound(f"There is no lead {lead_id}.")
    return found[both[0]], found[both[1]]


def _custom(session: TenantSession) -> dict[str, str]:
    return {field.key: field.name for field in list_fields(session)}


def _marks(session: TenantSession, keep_id: UUID, gone_id: UUID) -> tuple[list[str], dict[str, Any]]:
    """Return the tags and the lists (id by key) that the kept lead gets from the other one."""
    (mine, on), (theirs, others) = queries.marks_of(session, keep_id), queries.marks_of(session, gone_id)
    native = Native(session.connection())
    rows = session.execute(select(List.key, List.id).where(List.id.in_(set(others) - set(on))).order_by(List.key))
    return sorted(set(theirs) - set(mine)), {key: native.id(list_id) for key, list_id in rows}


def _doubles(session: TenantSession, keep_id: UUID, under_way: Sequence[Execution]) -> list[Execution]:
    """Return which executions of the other lead are too many with those of the kept one."""
    if not under_way:
        return []
    holding = [
        one for one, status in zip(under_way, _counted(session, under_way), strict=True) if status != "listening"
    ]
    taken = Counter(queries.active(session, keep_id, sorted({one.workflow_id for one in holding})))
    rows = session.execute(
        select(Version.id, Version.document).where(Version.id.in_({one.version_id for one in holding}))
    )
    most = {key: Document.model_validate(raw).settings.limits.per_lead_active for key, raw in rows}
    ending = []
    for one in holding:
        if 0 < most[one.version_id] <= taken[one.workflow_id]:
            ending.append(one)
        else:
            taken[one.workflow_id] += 1
    return ending


def _counted(session: TenantSession, under_way: Sequence[Execution]) -> Sequence[str]:
    """Return how each counts for limits: one that was listening when it was held holds no slot."""
    scope = stopping.Scope(session, under_way[0].workflow_id)
    columns = zip(*((scope.native.id(one.id), None, None, one.status) for one in under_way), strict=True)
    return scope.as_counted(stopping.Chosen(*columns)).statuses


def _end(session: TenantSession, ending: Sequence[Execution]) -> None:
    """Stop executions, each with a step that says why, where its first token stood."""
    if not ending:
        return
    places = queries.places(session, [one.id for one in ending])
    for one in ending:
        session.add(
            Step(
                execution_id=one.id, number=one.steps, section=places.get(one.id, ""), outcome="stopped",
                at=session.now, receipt={"reason": _ENDED},
            )
        )  # fmt: skip
        one.steps += 1
    session.flush()
    native = Native(session.connection())
    stopping.stop_executions(session, [native.id(one.id) for one in ending], reason=MERGED)


def _tie(session: TenantSession, keep_id: UUID, gone_id: UUID) -> None:
    lane, wake_at = queries.tie(session, gone_id, keep_id)
    queries.bury(session, gone_id)
    if wake_at is not None:
        session.make_due("run", [shard_of(keep_id)], lane="timed", at=wake_at)
    if lane is not None:
        session.make_due("run", [shard_of(keep_id)], lane=lane)


def _change(
    session: TenantSession, lead_id: UUID, changed: Mapping[str, Any], tags: Sequence[str], lists: Mapping[str, Any]
) -> None:
    """Write what the kept lead gets, with the one event that the same changes by hand would leave."""
    plan = [*_effects(changed), *map(AddTag, tags), *map(AddToList, lists)]
    if not change_leads(session, [lead_id], lambda _: plan, lists=lists, tags=bool(tags)):
        touch(session, [Native(session.connection()).id(lead_id)])


def _effects(changed: Mapping[str, Any]) -> Iterator[Effect]:
    for key, value in changed.items():
        if key == "status":
            yield SetStatus(value)
        else:
            yield (
                AssignOwner(value)
                if key == "owner"
                else SetField(key, 0 if key == "score" and value is None else value)
            )


def _names(dropped: Mapping[str, Any]) -> dict[str, str | None]:
    email = dropped.get("email")
    key = address_and_key(email)[1] if email else None
    return {"email": email, "email_key": key, "external_id": dropped.get("external_id")}


def _told(gone: Mapping[str, Any], dropped: Mapping[str, Any], custom: Mapping[str, str]) -> str:
    """Return the note: who it was, and what of both was not taken over."""
    labels = {**BUILT_IN, **custom}
    name = " ".join(gone[key] for key in ("first_name", "last_name") if gone.get(key))
    names = ", ".join(gone[key] for key in ("email", "external_id") if gone.get(key))
    said = {*names.split(", "), 0}
    rest = "; ".join(f"{labels[key]}: {value}" for key, value in dropped.items() if value is False or value not in said)
    return f"Merged with {f'{name} ({names})' if name else names}.{f' Not taken over: {rest}' if rest else ''}"
