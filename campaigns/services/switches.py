"""Switches at a set time: workflows that are activated or deactivated by the worker, once, when the time has come.

What is activated is the draft as it is then. If it can't run then, the workflow stays as it is, and what kept it is
told until somebody has seen to it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal, cast, get_args
from uuid import UUID

import structlog

from campaigns.engine.kinds import Kinds
from campaigns.errors import CampaignsError, Invalid, NotFound, Problem
from campaigns.services import admissions, audit, versions
from campaigns.services.resuming import AT_ONCE, Resume
from campaigns.services.workflows import get_workflow
from campaigns.storage.models import PlannedSwitch, Workflow
from campaigns.storage.queries import stopping
from campaigns.storage.queries import switches as queries
from campaigns.storage.transaction import Store, TenantSession, reading, writing
from campaigns.tenancy import Actor, ActorKind, Tenancy

log = structlog.get_logger()
Turn = Literal["activate", "deactivate"]
TURNS: tuple[str, ...] = get_args(Turn)
LONGEST = timedelta(days=366 * 2)
_MOST_TOLD = 500  # characters of what kept a switch from being carried out

next_at = queries.next_at


@dataclass(frozen=True, slots=True)
class Activation:
    """How a workflow is activated: the version's note, whether leads who match enter, and what becomes of the late."""

    note: str = ""
    enter: bool = False
    resume: Resume = field(default=AT_ONCE)


def activate(session: TenantSession, key: str, wanted: Activation, *, kinds: Kinds, despite: Any = ()) -> Workflow:
    """Activate a workflow now, and let the leads in who match. Raise what `versions.activate` does."""
    row = versions.activate(session, key, note=wanted.note, kinds=kinds, despite=despite, resume=wanted.resume)
    if wanted.enter:
        admissions.begin(session, key, kinds=kinds)
    return row


def plan_activation(session: TenantSession, key: str, at: datetime, wanted: Activation) -> PlannedSwitch:
    """Let the draft, as it is then, be activated at a time; raise Invalid for a time that is not to come."""
    return _plan(session, key, "activate", at, asdict(wanted))


def plan_deactivation(session: TenantSession, key: str, at: datetime, *, running: str = "finish") -> PlannedSwitch:
    """Let a workflow be deactivated at a time, with what becomes then of those inside."""
    if running not in get_args(versions.Running):
        raise Invalid(problems=[Problem("/running", f"is one of {', '.join(get_args(versions.Running))}")])
    return _plan(session, key, "deactivate", at, {"running": running})


def cancel(session: TenantSession, key: str, turn: str) -> None:
    """Forget what is planned, or could not be carried out; raise NotFound."""
    workflow = get_workflow(session, key, lock=True)
    if turn not in {row.turn for row in queries.planned(session, workflow.id)}:
        raise NotFound("Nothing of that kind is planned.")
    queries.drop(session, workflow.id, turn)
    audit.record(session, f"workflow.{turn}_cancelled", kind="workflow", target=key)
    session.flush()


def run(store: Store, tenant_id: UUID, kinds: Kinds) -> int:
    """Carry out what has come in a tenant; return how many switches that were."""
    count = 0
    while True:
        with reading(store, Tenancy(tenant_id)) as session:
            row = queries.first(session, by=session.now)
        if row is None:
            return count
        count += _carry_out(store, row, kinds)


def _plan(session: TenantSession, key: str, turn: str, at: datetime, options: Mapping[str, Any]) -> PlannedSwitch:
    """The last one that is planned in a direction is the one that counts."""
    workflow = get_workflow(session, key, lock=True)
    if not session.now < at <= session.now + LONGEST:
        raise Invalid(problems=[Problem("/at", "is a time to come, within two years")])
    queries.drop(session, workflow.id, turn)
    actor = session.actor
    row = PlannedSwitch(
        workflow_id=workflow.id, turn=turn, at=at, options=dict(options), actor_kind=actor.kind, actor_id=actor.id,
        author=actor.name, created_at=session.now,
    )  # fmt: skip
    session.add(row)
    session.make_due("switch", [0], lane="timed", at=at)
    audit.record(session, f"workflow.{turn}_planned", kind="workflow", target=key, at=at.isoformat())
    session.flush()
    return row


def _carry_out(store: Store, row: PlannedSwitch, kinds: Kinds) -> bool:
    """Do it in the name of who planned it, and end it in the same transaction; or note what kept it from being done."""
    tenancy = Tenancy(row.tenant_id, Actor(cast("ActorKind", row.actor_kind), row.actor_id, row.author))
    try:
        with writing(store, tenancy) as session:
            return _switch(session, row, kinds)
    except CampaignsError as error:
        log.warning("switches.failed", tenant=str(row.tenant_id), switch=str(row.id), because=error.message)
        with writing(store, tenancy) as session:
            return _note_failure(session, row, error)


def _switch(session: TenantSession, planned: PlannedSwitch, kinds: Kinds) -> bool:
    stopping.stop_batches(session, recall=planned.options.get("running", "finish") != "finish")
    workflow = session.get(Workflow, (session.tenant_id, planned.workflow_id), with_for_update=True)
    row = _still_planned(session, planned)
    if workflow is None or row is None:
        return False
    session.delete(row)
    session.flush()
    if row.turn == "activate":
        options = dict(row.options)
        wanted = Activation(options["note"], options["enter"], Resume(**options["resume"]))
        activate(session, workflow.key, wanted, kinds=kinds)
    else:
        versions.deactivate(session, workflow.key, running=row.options["running"])
    audit.record(session, f"workflow.{row.turn}d_as_planned", kind="workflow", target=workflow.key)
    return True


def _note_failure(session: TenantSession, planned: PlannedSwitch, error: CampaignsError) -> bool:
    row = _still_planned(session, planned)
    if row is None:
        return False
    told = "; ".join(problem.message for problem in error.problems[:3])
    row.failed_because = (f"{error.message} {told}".strip())[:_MOST_TOLD]
    audit.record(session, f"workflow.{row.turn}_failed", kind="workflow", target=str(row.workflow_id))
    return True


def _still_planned(session: TenantSession, planned: PlannedSwitch) -> PlannedSwitch | None:
    """Return the row, locked; None when somebody has carried it out, cancelled it, or planned anew."""
    row = session.get(PlannedSwitch, (planned.tenant_id, planned.id), with_for_update=True)
    return row if row is not None and not row.failed_because and row.at <= session.now else None
