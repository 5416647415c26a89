"""Trials: one lead, real or made up, walks a draft in virtual time. Nothing is sent or written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from campaigns.engine.events import before_of, heard_as
from campaigns.engine.kinds import Example, Kinds
from campaigns.engine.matching import refusal_text
from campaigns.engine.moments import workflow_zone
from campaigns.engine.paths import Around, Happening, Path
from campaigns.engine.program import PreparedTrigger, Program
from campaigns.engine.simulate import not_taken, simulate
from campaigns.engine.subject import Subject
from campaigns.errors import Invalid, Problem
from campaigns.services.drafts import get_draft
from campaigns.services.timeline_words import receipt_words
from campaigns.services.trial_benches import Bench, around_lead, load_bench, made_up_lead, real_lead, with_variants
from campaigns.services.trial_specs import MadeUp, Told, Trial, written
from campaigns.services.workflows import get_workflow
from campaigns.storage.models import Workflow, WorkflowTotal
from campaigns.storage.transaction import TenantSession

BY_HAND = "manual"


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of a trial. `before` and `after` are the lead's values; `event` is what started it, as it was told.

    `trigger` is the id of what took the event, None when started by hand; `zone` is the workflow's clock.
    """

    path: Path
    trigger: str | None
    event: Happening
    zone: Any
    before: Mapping[str, Any]
    after: Mapping[str, Any]

    @property
    def is_refused(self) -> bool:
        return self.path.status == "refused"


def run_trial(session: TenantSession, key: str, trial: Trial, kinds: Kinds) -> tuple[Bench, Tried]:
    """Try the draft as it is now; raise NotFound for an unknown workflow or lead, Invalid with problems by path."""
    workflow = get_workflow(session, key)
    bench = load_bench(session, get_draft(session, key).document, kinds)
    if isinstance(trial.lead, MadeUp):
        return bench, try_made_up(bench, trial)
    subject = real_lead(session, bench, trial.lead)
    around = around_lead(session, workflow, bench, trial.lead, anew=trial.anew)
    full = "" if trial.anew else _is_full(session, workflow, bench.program)
    return bench, _try(bench, trial, subject, around, full=full)


def try_made_up(bench: Bench, trial: Trial) -> Tried:
    """Try a document on a lead that is made up; raise Invalid with problems by path."""
    if isinstance(trial.lead, UUID):
        raise Invalid(problems=[Problem("/lead", "is made up here, not one of the tenant's")])
    subject = made_up_lead(bench, trial.lead, trial.at(bench.now))
    return _try(bench, trial, subject, Around(bench.tenant_zone, hours=bench.hours))


def _try(bench: Bench, trial: Trial, subject: Subject, around: Around, *, full: str = "") -> Tried:
    program = with_variants(bench, trial.splits)
    zone = workflow_zone(program.rules.time_zone, subject.values, bench.tenant_zone)
    around, at = replace(around, zone=zone), trial.at(bench.now)
    trigger = _starter(bench, program, trial)
    start = happening(bench, trial.start, _named(trigger), at, subject)
    later = [
        happening(bench, one, one.trigger, one.after.add_to(at, zone), subject)
        for one in sorted(trial.later, key=lambda one: one.after.add_to(at, zone))
    ]
    before, reason = dict(subject.values), full
    start.apply(subject)
    if trigger is not None and not reason:
        why = not_taken(program, trigger, subject, start, around=around)
        reason = _not_taken_words(why) if why is not None else ""
    if reason:
        path = Path(subject.id, at, status="refused", reason=reason, ends_at=at)
    else:
        path = simulate(program, subject, start, later=later, around=around)
    return Tried(path, trigger.id if trigger else None, start, zone, before, dict(subject.values))


def happening(bench: Bench, told: Told, trigger: str | None, at: datetime, subject: Subject) -> Happening:
    """Return an event as the engine hears it: what was given, and for the rest what the trigger would take."""
    config = bench.trigger(trigger) if trigger else None
    example = config.example(bench.vocabulary) if config is not None else Example(told.name or BY_HAND)
    name = told.name or example.name
    properties = {**example.properties, **told.properties}
    if example.source == "system" and trigger:
        properties["trigger"] = trigger
    changes = written(told.changes) if told.changes is not None else _changed(example, subject)
    values = {
        **properties, "name": name, "occurred_at": at, "properties": properties, "changes": changes,
        "source": told.source or example.source,
    }  # fmt: skip
    return Happening(at, heard_as(name, changes), values, before_of(changes), applies=True)


def _changed(example: Example, subject: Subject) -> dict[str, Any]:
    """Return an example's changes; a field that it tells as changed was empty before, and is as the lead has it."""
    changes = dict(example.changes)
    for key in example.fields:
        pair = [None, subject.values.get(key)]
        if key in ("status", "owner"):
            changes[key] = pair
        else:
            changes.setdefault("fields", {})[key] = pair
    return changes


def _starter(bench: Bench, program: Program, trial: Trial) -> PreparedTrigger | None:
    """Return the trigger that was asked for, else the first that starts; None where it is started by hand."""
    starting = {one.id: one for one in program.triggers.values() if one.mode == "start"}
    wanted = trial.start.trigger
    if wanted == BY_HAND:
        return None
    if wanted is not None and wanted not in starting:
        off = wanted in bench.places
        raise Invalid(
            problems=[
                Problem("/start/trigger", "is switched off" if off else f"there is no trigger {wanted} that starts")
            ]
        )
    if wanted is not None:
        return starting[wanted]
    return next(iter(starting.values()), None) if trial.start.name is None else _taking(bench, starting, trial)


def _taking(bench: Bench, starting: Mapping[str, PreparedTrigger], trial: Trial) -> PreparedTrigger | None:
    changes = trial.start.changes
    types = heard_as(trial.start.name or "", written(changes) if changes is not None else None)
    return next((one for one in starting.values() if one.event_type in types), None)


def _named(trigger: PreparedTrigger | None) -> str | None:
    return trigger.id if trigger is not None else None


def _not_taken_words(why: Mapping[str, Any]) -> str:
    if "filter" not in why:
        return "the event is not one that the trigger's settings take"
    said = receipt_words(why["filter"])
    return f"the trigger's filter does not match{': ' + said if said else ''}"


def _is_full(session: TenantSession, workflow: Workflow, program: Program) -> str:
    most = program.rules.active_total
    if not most:
        return ""
    own = (WorkflowTotal.tenant_id == session.tenant_id, WorkflowTotal.workflow_id == workflow.id)
    active = session.scalar(select(WorkflowTotal.active).where(*own)) or 0
    return refusal_text("active_total") if active >= most else ""
