"""A plugin's mistakes stay with its own sections: what raises answers with nothing, and is noted."""

from __future__ import annotations

from collections.abc import Iterator
from types import ModuleType

import pytest
from pydantic import Field, field_validator

from campaigns.engine.compiling import compile_program
from campaigns.engine.outcome import Done
from campaigns.engine.validation import find_problems, parse, typed
from campaigns.errors import Invalid
from campaigns.sections.base import Section, Trigger, section
from campaigns.sections.guarding import faults
from campaigns.sections.registry import Registry, kinds
from tests.support.programs import VOCABULARY, context, document, item


def boom(*_given):
    raise RuntimeError("oh")


def module() -> ModuleType:
    """Return a module of types in which all that can raise does."""

    @section("acme.boom", role="action", label="Boom")
    class Boom(Section):
        """Raises whatever it is asked."""

        picky: int = Field(0, title="Picky")
        branches = references = waits = own_waits = member_groups = provided = summary = check = boom

        @field_validator("picky")
        @classmethod
        def _is_liked(cls, value: int) -> int:
            return {0: 0, 1: 1}[value]

        def decide(self, context):
            return Done()

    @section("acme.ring", role="trigger", label="Ring")
    class Ring(Trigger):
        """Raises when it is asked about an event."""

        event_type = boom

        def prepare_match(self, vocabulary):
            return boom

    made = ModuleType("acme_boom")
    for member in (Boom, Ring):
        member.__module__ = "acme_boom"
        setattr(made, member.__name__, member)
    return made


@pytest.fixture
def known() -> Iterator[Registry]:
    found = Registry(dict(kinds()))
    found.add_module(module(), plugin="acme_boom")
    yield found
    for name in ("acme.boom", "acme.ring"):
        faults.pop(name, None)


def test_what_raises_while_it_is_drawn_answers_with_nothing(known):
    made = known.get("acme.boom").model()
    assert made.summary(VOCABULARY) == ""
    assert (made.branches(), made.references(), made.waits()) == ((), [], [])
    assert (made.own_waits(), made.member_groups(), made.provided()) == ({}, (), None)
    assert faults["acme.boom"].endswith("raised RuntimeError: oh")


def test_activating_it_is_refused_with_the_reason(known):
    draft = parse(document(item("acme.boom")), known.kinds)
    (problem,) = find_problems(draft, known.kinds, VOCABULARY)
    assert problem.path == "/sections/0/config"
    assert problem.message == "the section type acme.boom is broken: check raised RuntimeError: oh"


def test_a_trigger_that_raises_matches_nothing(known):
    ring = {"id": "t1", "type": "acme.ring", "config": {}}
    program = compile_program(parse(document(triggers=[ring]), known.kinds), known.kinds, VOCABULARY)
    assert program.triggers["t1"].event_type is None
    assert not program.triggers["t1"].accepts(context(event={"name": "x"}))
    assert faults["acme.ring"] == "match raised RuntimeError: oh"


def test_a_validator_that_raises_is_a_problem_of_the_config(known):
    with pytest.raises(Invalid) as caught:
        parse(document(item("acme.boom", picky=7)), known.kinds)
    assert "can't be read: KeyError: 7" in caught.value.problems[0].message
    assert typed(parse(document(item("acme.boom", picky=1)), known.kinds).sections[0], known.kinds).picky == 1


def test_what_a_type_leaves_to_its_base_is_not_touched(known):
    assert known.get("acme.ring").model.summary is Section.summary


def test_built_in_types_are_not_guarded():
    assert not [name for name, kind in kinds().items() if "__guarded__" in vars(kind.model)]
