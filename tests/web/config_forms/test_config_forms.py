"""A section's form: whatever it shows it gives back, and whatever it can't show it loses nothing of."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from campaigns.engine.kinds import FieldType, Vocabulary
from campaigns.errors import Problem
from campaigns.sections.examples import CONFIGS
from campaigns.sections.registry import kinds
from campaigns.web.config_forms import (
    Sent,
    condition_in,
    config_in,
    form_of_condition,
    form_of_config,
    unplaced,
    widgets,
    with_rows,
)
from tests.support.conditions import EVERY_OPERATOR

KINDS = kinds()
VOCABULARY = Vocabulary(
    fields={
        "city": FieldType("text", name="City"),
        "plan": FieldType("choice", choices=("free", "pro"), name="Plan"),
        "amount": FieldType("number", name="Amount"),
        "member": FieldType("boolean", name="Member"),
        "renewal": FieldType("date", name="Renewal"),
        "birthday": FieldType("date", name="Birthday"),
    },
    lists={"hot": "Hot leads"},
    statuses={"new": "New", "qualified": "Qualified"},
    templates={"welcome": "Welcome"},
    users={"anna@acme.example": "Anna", "bob@acme.example": "Bob"},
    workflows={"onboarding": "Onboarding"},
)


def round_trip(name: str, config: dict[str, Any]) -> dict[str, Any]:
    return config_in(form_of_config(KINDS[name], config, VOCABULARY), KINDS[name], VOCABULARY)


def shown(name: str, form: Sent, problems: tuple[Problem, ...] = ()) -> dict[str, Any]:
    return {one.name: one for one in widgets(KINDS[name], form, VOCABULARY, problems=problems)}


def same(name: str, one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Configs are the same when their type reads them so: what stands for the default may be left out."""
    model = KINDS[name].model
    return model.model_validate(one) == model.model_validate(other)


@pytest.mark.parametrize("name", sorted(KINDS))
def test_the_form_of_every_type_gives_its_example_back(name):
    assert same(name, round_trip(name, CONFIGS[name]), CONFIGS[name])


@pytest.mark.parametrize("name", sorted(KINDS))
def test_an_empty_form_of_every_type_is_drawn_and_reads_without_an_error(name):
    for one in widgets(KINDS[name], Sent(), VOCABULARY):
        assert one.label
    assert isinstance(config_in(Sent(), KINDS[name], VOCABULARY), dict)


@pytest.mark.parametrize(
    ("name", "config"),
    [
        ("flow.delay", {"duration": {"months": 1, "days": 2, "seconds": 5}}),
        ("flow.delay", {"duration": "2.04:00:00"}),
        ("flow.delay", {"until": "2026-03-29T09:00", "if_past": "stop"}),
        ("flow.delay", {"until_field": "renewal", "offset": {"before": {"days": 3}}, "weekdays": ["mon", "fri"]}),
        ("lead.set_field", {"field": "amount", "value": 12.5}),
        ("lead.set_field", {"field": "member", "value": False}),
        ("lead.set_field", {"field": "city", "value": "12"}),
        ("lead.set_field", {"field": "city", "value": None}),
        ("lead.set_field", {"field": "amount", "value": {"template": "{{ event.amount | times: 2 }}"}}),
        ("lead.assign_owner", {"owner": "bob@acme.example"}),
        ("state.set", {"values": {"a": "1", "b": 1, "c": True, "d": {"template": "{{ now }}"}, "e": [1, {"f": None}]}}),
        ("lead.add_points", {"points": -5}),
        ("flow.limit", {"keys": ["a", {"template": "{{ now }}"}, "c"], "times": 1, "within": {"hours": 1}}),
        (
            "flow.limit",
            {"keys": [{"template": "{{ lead.email }}"}], "times": 1, "within": "00:30:00", "scope": "tenant"},
        ),
        ("flow.limit", {"keys": ["as {{ it }} is", {"template": "x\ny"}], "times": 1, "within": {"hours": 1}}),
        ("log.note", {"text": "First line\nsecond line"}),
        ("lead.date_reached", {"field": "birthday", "yearly": False}),
        ("schedule.due", {"cron": "0 9 * * mon", "leads": {"all": True}}),
        ("schedule.due", {"every": "month", "at": "09:00", "day": "last", "leads": {"list": "gone"}}),
        ("schedule.due", {"every": "year", "at": "09:00", "day": 29, "month": 2, "leads": {"list": "hot"}}),
    ],
)
def test_values_keep_their_types(name, config):
    again = round_trip(name, config)
    assert same(name, again, config)
    if name == "lead.set_field":
        assert type(again["value"]) is type(config["value"])


def test_a_schedule_is_for_all_leads_or_for_a_list_that_is_chosen_by_its_name():
    monthly = {"every": "month", "at": "09:00", "day": "last", "leads": {"list": "gone"}}
    form = form_of_config(KINDS["schedule.due"], monthly, VOCABULARY)
    found = {name.removeprefix("config."): one for name, one in shown("schedule.due", form).items()}
    assert [one.kind for one in map(found.get, ("every", "at", "day", "month", "cron", "leads")) if one] == [
        "select", "time", "text", "number", "text", "select",
    ]  # fmt: skip
    assert [label for _, label in found["leads"].options] == ["All leads", "List Hot leads", "gone (missing)"]
    empty = shown("schedule.due", Sent())["config.leads"]
    assert [label for _, label in empty.options] == ["Choose…", "All leads", "List Hot leads"]
    assert not empty.aside


TESTS = [{"field": f, "op": op} | ({} if value is None else {"value": value}) for f, op, value in EVERY_OPERATOR]
CONDITIONS = [
    *TESTS,
    {"field": "event.plan", "op": "eq", "value": "pro"},
    {"field": "event.plan", "op": "eq", "value": "12"},
    {"field": "state.rounds", "op": "gte", "value": 3},
    {"field": "lead.member", "op": "eq", "value": True},
    {"field": "lead.score", "op": "in", "value": [1, 2.5]},
    {"field": "lead.city", "op": "in", "value": ["Bonn", "Bonn, Beuel"]},
    {"field": "lead.city", "op": "eq", "value": "berlin", "ignore_case": True},
    {"field": "lead.city", "op": "eq", "value": {"template": "{{ state.city }}"}},
    {"field": "lead.city", "op": "eq", "value": "{{ no template }}"},
    {"field": "lead.renewal", "op": "before", "value": {"days": 3}},
    {"field": "now", "op": "after", "value": "2026-01-01"},
    {"in_list": "hot"}, {"has_tag": "vip"}, {"in_workflow": "onboarding"}, {"in_list": "gone"},
    {"did": "email.opened"},
    {"did": "email.opened", "times": {"exactly": 2}, "within": {"days": 7}},
    {"did": "email.opened", "within": {"days": 7, "hours": 4}},
    {"not": {"has_tag": "vip"}},
    {"not": {"not": {"has_tag": "vip"}}},
    {"all": [{"has_tag": "vip"}, {"in_list": "hot"}]},
    {"any": [{"has_tag": "vip"}, {"not": {"in_list": "hot"}}]},
    {"all": [{"any": [{"has_tag": "a"}, {"has_tag": "b"}]}, {"in_list": "hot"}]},
    {"any": []}, {"all": [{"has_tag": "vip"}]},
]  # fmt: skip


@pytest.mark.parametrize("condition", CONDITIONS, ids=str)
def test_every_condition_comes_back_as_it_was(condition):
    assert round_trip("flow.if", {"condition": condition}) == {"condition": condition}
    assert condition_in(form_of_condition("filter", condition, VOCABULARY), "filter", VOCABULARY) == condition


SIMPLE = st.sampled_from(CONDITIONS)
NESTED = st.recursive(
    SIMPLE,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda parts: {"all": parts}),
        st.lists(inner, max_size=3).map(lambda parts: {"any": parts}),
        inner.map(lambda part: {"not": part}),
    ),
    max_leaves=6,
)


@given(NESTED)
def test_conditions_nested_any_way_come_back_as_they_were(condition):
    assert round_trip("flow.if", {"condition": condition}) == {"condition": condition}


def test_what_a_control_cannot_show_is_json_and_nothing_is_lost():
    config = {"points": [1, 2]}
    form = form_of_config(KINDS["lead.add_tag"], {"tag": {"odd": True}}, VOCABULARY)
    assert shown("lead.add_tag", form)["config.tag.json"].kind == "json"
    assert config_in(form, KINDS["lead.add_tag"], VOCABULARY) == {"tag": {"odd": True}}
    assert round_trip("lead.add_points", config) == config


def test_what_is_half_filled_in_stays_as_it_was_typed():
    form = Sent([("config.points", "many")])
    assert shown("lead.add_points", form)["config.points"].value == "many"
    assert config_in(form, KINDS["lead.add_points"], VOCABULARY) == {"points": "many"}


def test_a_key_that_is_gone_stays_chosen_and_says_so():
    form = form_of_config(KINDS["list.add"], {"list": "gone"}, VOCABULARY)
    assert ("gone", "gone (missing)") in shown("list.add", form)["config.list"].options
    assert config_in(form, KINDS["list.add"], VOCABULARY) == {"list": "gone"}


@pytest.mark.parametrize(
    ("name", "path", "where"),
    [
        ("lead.add_tag", "/tag", "config.tag"),
        ("flow.delay", "/duration/days", "config.duration"),
        ("email.send", "/class", "config.class"),
    ],
)
def test_a_problem_stands_at_its_field(name, path, where):
    found = shown(name, Sent(), (Problem(path, "is wrong"),))
    assert found[where].error == "Is wrong."
    assert [one.name for one in found.values() if one.error] == [where]


def test_a_problem_in_a_condition_stands_at_its_row():
    condition = {"all": [{"has_tag": "vip"}, {"field": "lead.score", "op": "gte", "value": "x"}]}
    form = form_of_config(KINDS["flow.if"], {"condition": condition}, VOCABULARY)
    found = shown("flow.if", form, (Problem("/condition/all/1/value", "is no number"),))["config.condition"]
    assert [row.error for row in found.parts] == ["", "Is no number."]
    assert found.error == ""


def test_a_problem_of_no_field_is_told_apart():
    whole = Problem("", "name one owner, or members who take turns")
    assert unplaced(KINDS["lead.assign_owner"], [whole, Problem("/owner", "x")]) == [whole]


def test_rows_are_added_and_removed_and_the_others_keep_what_they_hold():
    condition = {"any": [{"has_tag": tag} for tag in "abc"]}
    form = form_of_config(KINDS["flow.if"], {"condition": condition}, VOCABULARY)
    form["row"] = "remove:config.condition.1"
    fewer = with_rows(form)
    assert config_in(fewer, KINDS["flow.if"], VOCABULARY) == {
        "condition": {"any": [{"has_tag": "a"}, {"has_tag": "c"}]}
    }
    fewer["row"] = "add:config.condition"
    more = with_rows(fewer)
    assert len(shown("flow.if", more)["config.condition"].parts) == 3


def test_each_key_of_a_limit_has_a_row_with_what_is_wrong_with_it():
    form = form_of_config(KINDS["flow.limit"], {"keys": ["a", "b"], "times": 1, "within": {"hours": 1}}, VOCABULARY)
    form = with_rows(Sent({**form, "row": "add:config.keys", "config.keys.0.text": ""}))
    assert config_in(form, KINDS["flow.limit"], VOCABULARY)["keys"] == ["b"]
    problems = (Problem("/keys/0", "is not right"),)
    widget = shown("flow.limit", form, problems)["config.keys"]
    assert [(part["text"], part["error"]) for part in widget.parts] == [("", ""), ("b", "Is not right."), ("", "")]
    assert (widget.kind, widget.error, widget.required) == ("lines", "", True)
    nothing = shown("flow.limit", Sent(), (Problem("/keys", "is missing"),))["config.keys"]
    assert (nothing.error, len(nothing.parts)) == ("Is missing.", 1)


def test_rows_within_rows_move_with_them():
    cases = [{"name": tag, "condition": {"all": [{"has_tag": tag}, {"in_list": "hot"}]}} for tag in "ab"]
    form = form_of_config(KINDS["flow.switch"], {"cases": cases}, VOCABULARY)
    form["row"] = "remove:config.cases.0"
    assert config_in(with_rows(form), KINDS["flow.switch"], VOCABULARY) == {"cases": cases[1:]}


@pytest.mark.parametrize(
    "command", ["", "add", "remove:", "remove:config", "remove:config.x", "explode:config.0", "add:"]
)
def test_a_strange_command_changes_nothing_of_what_was_typed(command):
    form = Sent([("config.tag", "hot"), ("row", command)])
    assert config_in(with_rows(form), KINDS["lead.add_tag"], VOCABULARY) == {"tag": "hot"}


def test_folded_away_is_only_what_is_optional_and_empty():
    form = form_of_config(KINDS["flow.delay"], {"duration": {"days": 2}, "time_of_day": "09:00"}, VOCABULARY)
    folded = [name for name, one in shown("flow.delay", form).items() if one.aside]
    assert "config.until" in folded
    assert not {"config.duration", "config.time_of_day"} & set(folded)


def test_a_choice_with_a_default_shows_it_and_no_empty_one_beside():
    kind = kinds()["lead.created"]
    (source,) = widgets(kind, MultiDict(), Vocabulary())
    assert source.value == "any"
    assert "" not in dict(source.options)
    assert config_in(MultiDict({"config.source": "any"}), kind, Vocabulary()) == {}
