"""What a lead's page shows besides its values: where it went, where it was refused, and what can be started by hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from sqlalchemy import and_, select

from campaigns.engine.kinds import Kinds, Vocabulary
from campaigns.services.entry_reasons import Reason, why_not
from campaigns.services.executions import Summary, list_executions
from campaigns.services.programs import ProgramCache
from campaigns.services.refusals import list_refusals
from campaigns.services.vocabulary import list_statuses, load_vocabulary
from campaigns.storage.models import Lead, LeadStatus, Refusal, Tag, Version, Workflow
from campaigns.storage.transaction import TenantSession

_LOOKED_AT = 200  # executions and refusals of one lead


@dataclass(frozen=True, slots=True)
class Entry:
    """Whether a lead came into a workflow: its latest execution there, else its latest refusal, else why not."""

    key: str
    name: str
    is_active: bool
    by_hand: bool  # a trigger of the live version is for starting by hand
    execution: Summary | None = None
    refusal: Refusal | None = None
    reason: Reason | None = None


def label(lead: Lead) -> str:
    """Return what a lead is called: its name, else its address, else its external id."""
    name = " ".join(part for part in (lead.first_name, lead.last_name) if part)
    return name or lead.email or lead.external_id or "Unnamed lead"


def list_entries(session: TenantSession, lead_id: UUID, *, programs: ProgramCache, kinds: Kinds) -> list[Entry]:
    """Return every workflow that is active, or that the lead was in or refused by, with what came of it."""
    went: dict[str, Summary] = {}
    for summary in list_executions(session, lead=lead_id, limit=_LOOKED_AT):
        went.setdefault(summary.workflow_key, summary)
    refused: dict[str, Refusal] = {}
    for refusal, key in list_refusals(session, lead=lead_id, limit=_LOOKED_AT):
        refused.setdefault(key, refusal)
    rows = _workflows(session)
    outside = [row.id for row in rows if row.is_active and row.key not in went and row.key not in refused]
    reasons = why_not(session, lead_id, outside, programs=programs, kinds=kinds)
    return [
        Entry(key, name, active, active and _by_hand(triggers), went.get(key), refused.get(key), reasons.get(ident))
        for ident, key, name, active, triggers in rows
        if active or key in went or key in refused
    ]


def _workflows(session: TenantSession) -> list[Any]:
    live = and_(
        Version.tenant_id == session.tenant_id,
        Version.workflow_id == Workflow.id,
        Version.number == Workflow.live_version,
    )
    statement = (
        select(Workflow.id, Workflow.key, Workflow.name, Workflow.is_active, Version.document["triggers"])
        .outerjoin(Version, live)
        .where(Workflow.tenant_id == session.tenant_id)
        .order_by(Workflow.name, Workflow.key)
    )
    return list(session.execute(statement))


def _by_hand(triggers: list[dict[str, Any]] | None) -> bool:
    return any(one.get("type") == "manual" and not one.get("disabled") for one in triggers or ())


def load_words(session: TenantSession) -> Vocabulary:
    """Return the tenant's vocabulary with the statuses in their order and the rest by name."""
    found = load_vocabulary(session)
    lists, users = (_by_name(names) for names in (found.lists, found.users))
    return replace(found, statuses={row.key: row.name for row in list_statuses(session)}, lists=lists, users=users)


def default_status(session: TenantSession) -> str:
    """Return the key of the status that new leads get."""
    return session.scalars(select(LeadStatus.key).where(LeadStatus.is_default)).one()


def list_tags(session: TenantSession) -> list[str]:
    """Return all tags, without counting who carries them."""
    return list(session.scalars(select(Tag.key).order_by(Tag.key)))


def _by_name(names: Mapping[str, str]) -> dict[str, str]:
    return dict(sorted(names.items(), key=lambda one: one[1].casefold()))
