"""What is allowed in a document and is hardly meant: told, and no hindrance."""

from __future__ import annotations

from typing import Any

import pytest

from campaigns.engine.cautions import find_warnings
from campaigns.engine.validation import parse
from campaigns.sections.registry import kinds
from tests.support.programs import item

CREATED = {"id": "t1", "type": "lead.created", "config": {}}
NOTE, FINISH = item("log.note", "n", text="x"), item("flow.finish", "f")
HOT = {"field": "lead.score", "op": "gte", "value": 50}


def warned(sections: list[Any], *triggers: dict[str, Any], **settings: Any) -> list[str]:
    raw = {"format": 1, "settings": settings, "triggers": list(triggers or [CREATED]), "sections": sections}
    return [warning.path for warning in find_warnings(parse(raw, kinds()), kinds())]


def choice(yes: list[Any], no: list[Any] | None = None) -> dict[str, Any]:
    branches = {"yes": yes} | ({} if no is None else {"no": no})
    return item("flow.if", "i", condition=HOT, branches=branches)


@pytest.mark.parametrize(
    "end",
    [
        FINISH,
        item("flow.stop", "f"),
        item("flow.leave", "f"),
        item("workflow.exit", "f", workflow="this"),
        choice([FINISH], [item("flow.stop", "f2")]),
    ],
)
def test_the_first_section_after_an_end_is_told_of(end):
    assert warned([end, NOTE, item("log.note", "n2", text="x")]) == ["/sections/1"]


@pytest.mark.parametrize(
    "before",
    [
        NOTE,
        FINISH | {"disabled": True},
        item("flow.leave", "f", condition=HOT),
        item("workflow.exit", "f", workflow="others"),
        choice([FINISH]),
        item("flow.goto", "g", section="m", max_visits=2),
        item("flow.while", "w", condition=HOT, branches={"do": [FINISH]}),
    ],
)
def test_what_somebody_may_pass_ends_nothing(before):
    assert warned([before, item("log.note", "m", text="x")]) == []


def test_a_jump_a_restart_and_a_goal_come_in_after_an_end():
    jump = choice([item("flow.goto", "g", section="n")])
    assert warned([jump, FINISH, NOTE]) == []
    assert warned([FINISH, NOTE], CREATED, {**CREATED, "id": "t2", "mode": "restart", "section": "n"}) == []
    goal = item("flow.goal", "x", condition=HOT)
    assert warned([FINISH, goal, NOTE]) == []


def test_it_looks_into_branches():
    assert warned([choice([FINISH, NOTE])]) == ["/sections/0/branches/yes/1"]


@pytest.mark.parametrize(
    ("trigger", "config", "effect"),
    [
        ("lead.status_changed", {"to": "qualified"}, item("lead.set_status", "s", status="qualified")),
        ("list.added", {"list": "hot"}, item("list.add", "s", list="hot")),
        ("list.removed", {"list": "hot"}, item("list.remove", "s", list="hot")),
        ("event.received", {"name": "go"}, item("event.emit", "s", name="go")),
        ("lead.owner_changed", {}, item("lead.assign_owner", "s", owner="ann@acme.example")),
        ("lead.field_changed", {"condition": HOT}, item("lead.add_points", "s", points=5)),
        (
            "lead.field_changed",
            {"condition": {"all": [{"field": "lead.city", "op": "changed"}]}},
            item("lead.set_field", "s", field="city", value="Rome"),
        ),
    ],
)
def test_what_starts_the_workflow_again_is_told_of_unless_a_lead_goes_through_it_but_once(trigger, config, effect):
    own = {"id": "t1", "type": trigger, "config": config}
    assert warned([effect], own) == ["/sections/0"]
    assert warned([choice([effect])], own) == ["/sections/0/branches/yes/0"]
    assert warned([effect], own, limits={"per_lead_ever": 1}) == []
    assert warned([effect], own | {"mode": "exit"}) == []
    assert warned([effect], own | {"disabled": True}) == []


def test_another_value_starts_nothing():
    own = {"id": "t1", "type": "lead.status_changed", "config": {"to": "lost"}}
    assert warned([item("lead.set_status", "s", status="qualified")], own) == []
