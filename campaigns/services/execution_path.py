"""One execution as its page tells it: why it began, the path it took with what decided it, and where it stands."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import and_, func, select

from campaigns.engine.effects import SetState
from campaigns.engine.kinds import Kinds
from campaigns.errors import NotFound
from campaigns.services.execution_pages import FINAL, Place, places_in
from campaigns.services.timeline_words import event_words, mail_words, outcome_words, receipt_words
from campaigns.services.vocabulary import load_vocabulary
from campaigns.storage.models import (
    EmailTemplate,
    Event,
    Execution,
    Message,
    Step,
    TemplateVersion,
    Token,
    Version,
)
from campaigns.storage.queries.execution_pages import Row, load_rows
from campaigns.storage.queries.waking import find_timed
from campaigns.storage.transaction import TenantSession

STEPS = 200  # shown at once; a loop may have taken thousands
CHANGES = 100
STATE_TYPES = {"state.set": True, "state.update": False}  # whether the values replace what was there


@dataclass(frozen=True, slots=True)
class PathStep:
    """One step: where, when, how long until the next one, and why. State where the step could change it, else None."""

    number: int
    place: Place
    at: datetime
    lasted: timedelta | None
    outcome: str
    said: str
    why: str
    until: datetime | None
    receipt: dict[str, Any]
    mail: tuple[UUID, str] | None
    before: dict[str, Any] | None = None
    after: dict[str, Any] | None = None
    section: str = ""


@dataclass(frozen=True, slots=True)
class Beginning:
    """Why an execution began. `trigger` is None when nobody's trigger did it; `event` is what it answered to."""

    trigger: Place | None
    event: Event | None
    said: str
    trigger_id: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a token stands now, since when, and when it is looked at again (None: nothing wakes it by time).

    `can_run_now`: it waits for a time that is still to come, so `waking` can end the wait.
    """

    place: Place
    since: datetime
    wake_at: datetime | None
    section: str
    can_run_now: bool


@dataclass(frozen=True, slots=True)
class Shown:
    """Everything that the page of an execution shows. `earlier`: the `before` of the steps above, where there are."""

    row: Row
    beginning: Beginning
    steps: list[PathStep]
    earlier: int | None
    standing: list[Standing]
    state: dict[str, Any]
    changes: list[tuple[datetime, str]]
    taken: int
    seen: str

    @property
    def is_final(self) -> bool:
        """Whether nothing can happen to it any more."""
        return self.row.status in FINAL

    @property
    def moves(self) -> bool:
        """Whether it may go on by itself."""
        return not self.is_final and self.row.status not in ("failed", "held")


def show_execution(session: TenantSession, execution_id: UUID, kinds: Kinds, *, before: int | None = None) -> Shown:
    """Return an execution as its page shows it; `before`: steps below this number. Raise NotFound."""
    statement = select(Execution, Version.document).join(
        Version, and_(Version.tenant_id == session.tenant_id, Version.id == Execution.version_id)
    )
    own = (Execution.tenant_id == session.tenant_id, Execution.id == execution_id)
    found = session.execute(statement.where(*own)).one_or_none()
    rows = load_rows(session, [execution_id])
    if found is None or not rows:
        raise NotFound(f"There is no execution {execution_id}.")
    execution: Execution = found[0]
    reader = _Reader(session, execution, places_in(found[1], kinds))
    steps = reader.steps(before)
    return Shown(
        row=rows[0],
        beginning=reader.beginning(),
        steps=steps,
        earlier=steps[0].number if steps and steps[0].number > 0 else None,
        standing=reader.standing() if execution.status not in FINAL else [],
        state=execution.state or {},
        changes=reader.changes(),
        taken=execution.steps,
        seen=fingerprint(execution),
    )


def planned_mails(session: TenantSession, execution_id: UUID) -> int:
    """Return how many mails of an execution wait to be handed over: cancelling it skips them."""
    own = (Message.tenant_id == session.tenant_id, Message.execution_id == execution_id, Message.state == "planned")
    return session.scalar(select(func.count()).select_from(Message).where(*own)) or 0


def fingerprint(execution: Execution) -> str:
    """Return a word that changes whenever the execution goes on."""
    return f"{execution.status}-{execution.steps}-{execution.attempts}-{str(execution.version_id)[-6:]}"


def replay(rows: Sequence[tuple[int, str, Mapping[str, Any]]]) -> dict[int, tuple[dict[str, Any], dict[str, Any]]]:
    """Return the state before and after each step (number, type, receipt) that set it, from an empty one on."""
    state: dict[str, Any] = {}
    found = {}
    for number, kind, receipt in rows:
        values = receipt.get("values")
        if isinstance(values, dict):
            after = SetState(values, STATE_TYPES[kind]).after(state)
            found[number] = (state, after)
            state = after
    return found


class _Reader:
    """Reads what stands around one execution, one query a kind."""

    def __init__(self, session: TenantSession, execution: Execution, places: Mapping[str, Place]) -> None:
        self.session, self.execution, self.places = session, execution, places

    def steps(self, before: int | None) -> list[PathStep]:
        own = (Step.tenant_id == self.session.tenant_id, Step.execution_id == self.execution.id)
        statement = select(Step).where(*own).order_by(Step.number.desc()).limit(STEPS + 1)
        if before is not None:  # the step after the last shown one tells how long that lasted
            statement = statement.where(Step.number <= before)
        rows = list(reversed(self.session.scalars(statement).all()))
        shown = [row for row in rows if before is None or row.number < before][-STEPS:]
        following = {one.number: after.at for one, after in itertools.pairwise(rows)}
        return list(self._told(shown, following))

    def _told(self, rows: Sequence[Step], following: Mapping[int, datetime]) -> Iterator[PathStep]:
        states, mails = self._states(), self._mails()
        for row in rows:
            receipt, end = row.receipt or {}, following.get(row.number)
            until = _instant(receipt.get("until"))
            yield PathStep(
                number=row.number,
                place=self.place(row.section),
                at=row.at,
                lasted=end - row.at if end is not None and end > row.at else None,
                outcome=row.outcome,
                said=outcome_words(row.outcome),
                why="" if until else why(receipt),
                until=until,
                receipt=receipt,
                mail=mails.get(row.number),
                before=states.get(row.number, (None, None))[0],
                after=states.get(row.number, (None, None))[1],
                section=row.section,
            )

    def _states(self) -> dict[int, tuple[dict[str, Any], dict[str, Any]]]:
        """The steps keep what they set, so the states are told from the first one on; nothing where they do not fit."""
        types = {name: place.type for name, place in self.places.items() if place.type in STATE_TYPES}
        if not types:
            return {}
        own = (Step.tenant_id == self.session.tenant_id, Step.execution_id == self.execution.id)
        statement = select(Step.number, Step.section, Step.receipt).where(*own, Step.section.in_(types))
        rows = self.session.execute(statement.order_by(Step.number)).all()
        found = replay([(row[0], types[row[1]], row[2] or {}) for row in rows])
        last = found[max(found)][1] if found else {}
        return found if last == (self.execution.state or {}) else {}

    def _mails(self) -> dict[int, tuple[UUID, str]]:
        tenant_id = self.session.tenant_id
        version = and_(TemplateVersion.tenant_id == tenant_id, TemplateVersion.id == Message.template_version_id)
        template = and_(EmailTemplate.tenant_id == tenant_id, EmailTemplate.id == TemplateVersion.template_id)
        statement = (
            select(Message.step, Message.id, EmailTemplate.name, Message.state, Message.reason)
            .join(TemplateVersion, version)
            .join(EmailTemplate, template)
            .where(Message.tenant_id == tenant_id, Message.execution_id == self.execution.id)
        )
        rows = self.session.execute(statement)
        return {step: (ident, mail_words(name, state, reason)) for step, ident, name, state, reason in rows}

    def beginning(self) -> Beginning:
        execution = self.execution
        trigger = self.place(execution.trigger_id) if execution.trigger_id else None
        event = None
        if execution.event_id is not None:
            own = (Event.tenant_id == self.session.tenant_id, Event.id == execution.event_id)
            event = self.session.scalar(select(Event).where(*own))
        if event is None:
            said = "Started by hand" if execution.event_id is None else "Its event is gone"
            return Beginning(trigger, None, said, execution.trigger_id or "")
        words = event_words(event.name, event.changes, event.source, load_vocabulary(self.session))
        return Beginning(trigger, event, words, execution.trigger_id or "")

    def standing(self) -> list[Standing]:
        own = (Token.tenant_id == self.session.tenant_id, Token.execution_id == self.execution.id)
        rows = self.session.scalars(select(Token).where(*own).order_by(Token.number))
        timed = {one.number for one in find_timed(self.session, [self.execution.id])}
        return [
            Standing(
                self.place(row.section), row.entered_at, row.wake_at or row.due_at, row.section, row.number in timed
            )
            for row in rows
        ]

    def changes(self) -> list[tuple[datetime, str]]:
        """What the execution changed of its lead, in order: its events say so."""
        execution = self.execution
        if execution.lead_id is None:
            return []
        own = (Event.tenant_id == self.session.tenant_id, Event.lead_id == execution.lead_id)
        mine = (Event.source == "execution", Event.source_id == execution.id)
        rows = self.session.scalars(select(Event).where(*own, *mine).order_by(Event.id).limit(CHANGES)).all()
        vocabulary = load_vocabulary(self.session) if rows else None
        return [
            (row.occurred_at, event_words(row.name, row.changes, row.source, vocabulary)) for row in rows if vocabulary
        ]

    def place(self, section: str) -> Place:
        if not section:
            return Place("Start", "", "start")
        return self.places.get(section) or Place(section, "", "action")


def why(receipt: Mapping[str, Any]) -> str:
    """Return in words what decided a step: "score 72 ≥ 50"; or nothing."""
    if receipt.get("disabled"):
        return "it is switched off"
    said = receipt_words(receipt)
    missing = receipt.get("missing")
    if missing:
        return ", ".join(filter(None, [said, f"no value for {', '.join(map(str, missing))}"]))
    return said


def _instant(text: Any) -> datetime | None:
    try:
        return datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
