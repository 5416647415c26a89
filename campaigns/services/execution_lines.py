"""One execution line by line, as the canvas of its version lights it up: start, steps, where it stands, or its end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import and_, select

from campaigns.engine.kinds import Kinds
from campaigns.errors import NotFound
from campaigns.services.execution_pages import Place
from campaigns.services.execution_path import PathStep, Shown, Standing, show_execution
from campaigns.storage.models import Execution, Version, Workflow
from campaigns.storage.transaction import TenantSession

Mark = Literal["passed", "waiting", "skipped", "failed", "stopped"]
_MARKS: dict[str, Mark] = {"waiting": "waiting", "skipped": "skipped", "failed": "failed", "stopped": "stopped"}


@dataclass(frozen=True, slots=True)
class Line:
    """One line. `kind`: start, step, now (where it stands), end; `section` is empty where no card belongs to it.

    `gone`: its section is not in the version that the execution is in now; `state`: what changed (name, before,
    after), and `state_after` what there was then, None where it can't be told. `after` counts from the start.
    """

    kind: Literal["start", "step", "now", "end"]
    section: str
    place: Place
    outcome: str
    mark: Mark
    said: str
    at: datetime
    after: timedelta
    why: str = ""
    until: datetime | None = None
    gone: bool = False
    step: PathStep | None = None
    standing: Standing | None = None
    state: tuple[tuple[str, Any, Any], ...] = ()
    state_after: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Lit:
    """An execution on the canvas: its page's facts, its version's document, the live version's number, its lines."""

    shown: Shown
    document: dict[str, Any]
    live_version: int | None
    lines: list[Line]


def light(session: TenantSession, execution_id: UUID, kinds: Kinds, *, before: int | None = None) -> Lit:
    """Return an execution as the canvas shows it; `before`: steps below this number. Raise NotFound."""
    shown = show_execution(session, execution_id, kinds, before=before)
    statement = (
        select(Version.document, Workflow.live_version)
        .join(Execution, and_(Execution.tenant_id == session.tenant_id, Execution.version_id == Version.id))
        .join(Workflow, and_(Workflow.tenant_id == session.tenant_id, Workflow.id == Execution.workflow_id))
        .where(Version.tenant_id == session.tenant_id, Execution.id == execution_id)
    )
    found = session.execute(statement).one_or_none()
    if found is None:
        raise NotFound(f"There is no execution {execution_id}.")
    return Lit(shown, found[0], found[1], list(_lines(shown, whole=before is None)))


def _lines(shown: Shown, *, whole: bool) -> Iterator[Line]:
    began, row = shown.beginning, shown.row
    state: dict[str, Any] | None = None
    if shown.earlier is None:
        state = {}
        place = began.trigger or Place("Start", "", "start")
        gone = bool(began.trigger_id) and not place.type
        yield Line(
            "start", began.trigger_id, place, "done", "passed", began.said, row.created_at, timedelta(), gone=gone
        )
    told = any(step.after is not None for step in shown.steps) or not shown.state
    for step in shown.steps:
        if step.after is not None:
            state = step.after
        yield _step(step, shown, state if told else None)
    if whole and not shown.is_final:
        for stand in shown.standing:
            yield _now(stand, shown)
    elif whole:
        at = row.finished_at or row.created_at
        mark: Mark = "passed" if row.status == "finished" else "stopped"
        said = f"{row.status.capitalize()}: {row.reason}" if row.reason else row.status.capitalize()
        end = Place("End", "", "finish")
        yield Line("end", "", end, row.status, mark, said, at, at - row.created_at, state_after=shown.state)


def _step(step: PathStep, shown: Shown, state: dict[str, Any] | None) -> Line:
    names = dict.fromkeys([*(step.before or {}), *(step.after or {})])
    pairs = ((name, (step.before or {}).get(name), (step.after or {}).get(name)) for name in names)
    return Line(
        kind="step", section=step.section, place=step.place, outcome=step.outcome,
        mark=_MARKS.get(step.outcome, "passed"), said=step.said, at=step.at, after=step.at - shown.row.created_at,
        why=step.why, until=step.until, gone=bool(step.section) and not step.place.type, step=step,
        state=tuple(pair for pair in pairs if pair[1] != pair[2]), state_after=state,
    )  # fmt: skip


def _now(stand: Standing, shown: Shown) -> Line:
    status = shown.row.status
    said = {"failed": "Rests here until it is retried", "held": "Held here"}.get(status, "Stands here now")
    return Line(
        kind="now", section=stand.section, place=stand.place, outcome=status,
        mark="failed" if status == "failed" else "waiting", said=said, at=stand.since,
        after=stand.since - shown.row.created_at, until=stand.wake_at if status == "waiting" else None,
        standing=stand, state_after=shown.state,
    )  # fmt: skip
