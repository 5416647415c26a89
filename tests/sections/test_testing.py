"""The kit that plugins are tested with: it finds what a type does not keep, and shows what it does."""

from __future__ import annotations

import json
import sys
from types import ModuleType
from typing import ClassVar

import pytest
from pydantic import Field

from campaigns.engine.outcome import Branch, Done
from campaigns.outgoing.call import Unreachable
from campaigns.sections.base import Section, section
from campaigns.sections.examples import CONFIGS
from campaigns.sections.performing import GiveUp, Performed, Performing
from campaigns.sections.registry import DuplicateSection, kinds
from campaigns.sections.testing import Kit, answer, path
from tests.support import acting

KIT = Kit(acting)
HOT = {"condition": {"field": "lead.score", "op": "gte", "value": 50}}


def kit_of(**members: type) -> Kit:
    module = ModuleType("acme")
    for name, member in members.items():
        member.__module__ = "acme"
        setattr(module, name, member)
    return Kit(module)


@pytest.mark.parametrize("name", sorted(kinds()))
def test_every_built_in_type_keeps_the_promises_with_its_example(name):
    Kit().check(name, CONFIGS[name])


def test_a_type_of_a_plugin_is_checked_likewise():
    KIT.check("test.act", {"mode": "well", "password": "crm"})


def test_what_is_not_kept_is_told_in_sentences():
    @section("acme.bad", role="action", label="")
    class Bad(Section):
        """Bad."""

        model_config: ClassVar = {"extra": "ignore"}
        deep: dict[str, int] = Field(default_factory=dict)

        def branches(self):
            return ("a", "a")

        def summary(self, vocabulary):
            return None

    with pytest.raises(AssertionError) as caught:
        kit_of(Bad=Bad).check("acme.bad", {})
    told = str(caught.value)
    for promise in ("no label", "no sentence", "does not know", "empty or double", "summary is no text", "neither a"):
        assert promise in told


def test_a_type_that_performs_is_held_to_its_limits():
    @section("acme.slow", role="action", label="Slow")
    class Slow(Performing):
        """Takes as long as it likes, and says nothing."""

        time_limit = 600

        def branches(self):
            return ("error",)

    with pytest.raises(AssertionError, match="no perform") as caught:
        kit_of(Slow=Slow).check("acme.slow", {})
    assert "time_limit is no number of seconds up to 30" in str(caught.value)
    assert "its one branch is for errors" in str(caught.value)


def test_an_example_that_does_not_fit_is_told():
    with pytest.raises(AssertionError, match=r"the example does not fit: /text is required"):
        KIT.check("log.note", {})


def test_a_module_registers_as_it_does_in_production():
    with pytest.raises(DuplicateSection):
        Kit(acting, acting)
    assert sys.modules["tests.support.acting"] is acting


def test_decisions_and_walks_are_those_of_the_engine():
    assert KIT.decide("flow.if", HOT, lead={"score": 70}).name == "yes"
    sections = [{"id": "s1", "type": "flow.if", "config": HOT, "branches": {"no": []}}]
    sections.append({"id": "s2", "type": "log.note", "config": {"text": "{{ lead.email }}"}})
    assert path(KIT.walk(*sections)) == [("s1", "no"), ("s2", "done")]


def test_triggers_are_asked_about_an_event():
    event = {"name": "lead.created", "source": "import", "properties": {}}
    assert KIT.matches("lead.created", {"source": "import"}, event=event)
    with pytest.raises(TypeError, match=r"log\.note is no trigger"):
        KIT.matches("log.note", {"text": "x"}, event=event)


def test_problems_come_by_their_path():
    assert KIT.problems("list.add", {}) == {"/list": "is required"}
    assert KIT.problems("lead.set_field", {"field": "visits", "value": "many"}).keys() == {"/value"}


def test_a_perform_runs_here_with_answers_and_secrets_of_the_test():
    run = KIT.perform("test.act", {"mode": "calls"}, answers=[answer(201, {"id": 1})])
    assert json.loads(run.sent[0].body) == {"n": 1}
    assert run.performed["state"] == {"status": 201}
    assert isinstance(run.outcome, Branch)
    run = KIT.perform(
        "test.act", {"mode": "well", "password": "crm"}, lead={"email": "b@x.example"}, secrets={"crm": "x"}
    )
    assert (run.performed["state"]["seen"]["email"], run.outcome.receipt["secrets"]) == ("b@x.example", 1)


def test_what_a_perform_raises_comes_through():
    with pytest.raises(GiveUp, match="there is no such thing"):
        KIT.perform("test.act", {"mode": "no branch"})
    with pytest.raises(Unreachable):
        KIT.perform("test.act", {"mode": "calls"}, answers=[Unreachable("gone")])
    with pytest.raises(TypeError, match=r"log\.note does not perform"):
        KIT.perform("log.note", {"text": "x"})


def test_an_answer_of_a_test_is_json_when_it_is_given_some():
    made = answer(200, {"a": 1}, headers={"Retry-After": "5"})
    assert (made.json(), made.headers["content-type"]) == ({"a": 1}, "application/json")
    assert made.headers["retry-after"] == "5"
    assert answer(500, body=b"oh").body == b"oh"


def test_a_perform_that_answers_nothing_is_done():
    @section("acme.quiet", role="action", label="Quiet")
    class Quiet(Performing):
        """Performs, and has nothing to say about it."""

        def perform(self, job):
            return Performed()

    run = kit_of(Quiet=Quiet).perform("acme.quiet", {})
    assert run.outcome == Done((), {"tries": 1})
