"""Programs without a database: a vocabulary, documents of a few sections, and a walk through them."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar
from uuid import UUID

from campaigns.engine import outcome
from campaigns.engine.advance import advance
from campaigns.engine.compiling import compile_program
from campaigns.engine.context import Context
from campaigns.engine.effects import SendEmail
from campaigns.engine.execution import Execution
from campaigns.engine.kinds import Decider, FieldType, Kind, Vocabulary
from campaigns.engine.outcome import Outcome
from campaigns.engine.program import Program
from campaigns.engine.subject import Subject
from campaigns.engine.validation import parse
from campaigns.sections.base import Section, section
from campaigns.sections.registry import Registry, kinds

NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
LEAD_ID = UUID("01945678-0000-7000-8000-000000000001")
VOCABULARY = Vocabulary(
    fields={
        "city": FieldType("text", name="City"),
        "visits": FieldType("number", name="Visits"),
        "member": FieldType("boolean", name="Member"),
        "plan": FieldType("choice", ("free", "pro"), "Plan"),
        "birthday": FieldType("date", name="Birthday"),
        "seen": FieldType("datetime", name="Seen"),
    },
    lists={"hot": "Hot leads", "cold": "Cold leads"},
    statuses={"new": "New", "qualified": "Qualified"},
    templates={"welcome": "Welcome mail"},
    template_classes={"welcome": "transactional"},
    workflows={"onboarding": "Onboarding"},
    tenants={"acme": "Acme", "acme-north": "Acme North"},
    users={"anna@acme.example": "Anna", "bob@acme.example": "Bob"},
    secrets={"crm": "CRM"},
)


@section("test.boom", role="action", label="Boom")
class Boom(Section):
    """Raises, as a plugin with a mistake would."""

    message: str = "boom"

    def decide(self, context: Context) -> Outcome:
        raise RuntimeError(self.message)


@section("test.answer", role="action", label="Answer")
class Answer(Section):
    """Answers with any outcome, by name."""

    with_: str
    section: str = "s1"

    def decide(self, context: Context) -> Outcome:
        answers: dict[str, Any] = {
            "perform": outcome.Perform(SendEmail("welcome", "marketing"), {"template": "welcome"}),
            "leave": outcome.Leave({"why": "leave"}),
            "return": outcome.Return({"why": "return"}),
            "goto": outcome.Goto(self.section),
            "fail": outcome.Fail("no luck", {"tried": 1}),
            "nonsense": "yes",
        }
        found: Outcome = answers[self.with_]
        return found


@section("test.rounds", role="condition", label="Rounds")
class Rounds(Section):
    """Goes through its branch until the state's counter reaches a number."""

    loops: ClassVar[bool] = True
    count: int = 3

    def branches(self) -> tuple[str, ...]:
        return ("do",)

    def decide(self, context: Context) -> Outcome:
        if context.state.get("n", 0) < self.count:
            return outcome.Branch("do")
        return outcome.Done()


@section("test.unfit", role="action", label="Unfit")
class Unfit(Section):
    """Can't be prepared."""

    def prepare(self, vocabulary: Vocabulary) -> Decider:
        raise ValueError("the choice is gone")


def _with_strange_kinds() -> Mapping[str, Kind]:
    """Return the built-in types and those of this module."""
    registry = Registry(dict(kinds()))
    registry.add_module(sys.modules[__name__])
    return registry.kinds


KINDS = _with_strange_kinds()


def item(type: str, id: str = "s1", *, branches: dict[str, Any] | None = None, **config: Any) -> dict[str, Any]:
    """Return a section of a document."""
    made: dict[str, Any] = {"id": id, "type": type, "config": config}
    return made | {"branches": branches} if branches is not None else made


def points(id: str, points: int = 1) -> dict[str, Any]:
    return item("lead.add_points", id, points=points)


def document(*sections: dict[str, Any], triggers: list[Any] | None = None, **settings: Any) -> dict[str, Any]:
    """Return a document that is started by hand unless said otherwise."""
    started = [{"id": "t1", "type": "manual", "config": {}}] if triggers is None else triggers
    return {"format": 1, "settings": settings, "triggers": started, "sections": list(sections)}


def program(*sections: dict[str, Any], **settings: Any) -> Program:
    """Return the program of a document."""
    return compile_program(parse(document(*sections, **settings), KINDS), KINDS, VOCABULARY)


def lead(**values: Any) -> Subject:
    """Return a lead with a status, a score of 0 and an address."""
    return Subject(LEAD_ID, {"email": "ann@example.com", "status": "new", "owner": None, "score": 0, **values})


def context(subject: Subject | None = None, *, now: datetime = NOW, **parts: Any) -> Context:
    return Context(subject if subject is not None else lead(), now=now, **parts)


def walk(*sections: dict[str, Any], subject: Subject | None = None, **parts: Any) -> Execution:
    """Walk a lead through sections from the start."""
    return advance(program(*sections), context(subject, **parts))


def path(result: Execution) -> list[tuple[str, str]]:
    """Return (section, outcome) of each step."""
    return [(section, outcome) for _number, section, outcome, _receipt in result.steps]
