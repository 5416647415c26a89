"""Tracardi's conditions, plugins, tenants, and its groups of built-in steps: rules 12 to 14.

Out of scope among the steps: consents as a thing of their own (a field holds one, and a missing one fails closed),
what is drawn on a site, places on a map, what the machine's Redis or a database of its own would hold, regular
expressions (refused on purpose: one pattern of one tenant can hold up all).
"""

from __future__ import annotations

import pytest

from campaigns.engine.kinds import Section
from campaigns.engine.validation import find_problems, parse
from campaigns.errors import Invalid, NotFound
from campaigns.sections.registry import kinds
from campaigns.sections.schema import config_schema
from campaigns.services import workflows
from tests.support.campaign import Campaign
from tests.support.programs import KINDS, VOCABULARY, context, document, item, lead, path, walk
from tests.support.section_types import decide
from tests.support.trees import child

HOT = {"field": "lead.score", "op": "gte", "value": 50}
CITY = {"field": "lead.city", "op": "starts_with", "value": "Ber"}
MEMBER = {"field": "lead.member", "op": "eq", "value": True}


def truth(condition, **parts):
    return path(walk(item("flow.if", "i", condition=condition), **parts)) == [("i", "yes")]


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ({"any": [{"all": [HOT, MEMBER]}, CITY]}, True),
        ({"all": [HOT, {"any": [MEMBER, CITY]}]}, False),
    ],
)
def test_and_and_or_are_written_with_brackets(condition, holds):
    """12. Mixed AND and OR must have brackets: here the nesting is the brackets, so there is no other way."""
    assert truth(condition, subject=lead(city="Berlin")) is holds


@pytest.mark.parametrize(
    ("op", "value"), [("is_set", None), ("contains", "erl"), ("starts_with", "Ber"), ("ends_with", "lin")]
)
def test_exists_empty_consists_starts_and_ends(op, value):
    """12. Exists, empty, consists, starts with, ends with."""
    test = {"field": "lead.city", "op": op, **({"value": value} if value else {})}
    assert truth(test, subject=lead(city="Berlin"))
    assert not truth(test, subject=lead())
    assert truth({"field": "lead.city", "op": "is_empty"}, subject=lead())


@pytest.mark.parametrize(("day", "holds"), [("2026-02-27", True), ("2026-02-20", False)])
def test_dates_compare_with_an_offset_in_the_zone_of_the_lead(day, holds):
    """12. Date functions with offset and time zone."""
    test = {"field": "lead.birthday", "op": "within_last", "value": {"days": 7}}
    assert truth(test, subject=lead(birthday=day)) is holds


def test_a_field_that_is_missing_is_false_and_raises_nothing():
    """12. There a missing field raises unless it is tested first. Here the answer is no."""
    assert not truth({"field": "event.price", "op": "gt", "value": 10})
    assert truth({"not": {"field": "event.price", "op": "gt", "value": 10}})


def test_a_plugin_is_a_class_with_its_form_its_check_and_its_help():
    """13. A class with run, validate, and a registration that gives spec, form, ports with text, and manual."""
    for name, kind in kinds().items():
        assert issubclass(kind.model, Section)
        assert (kind.name, bool(kind.label), bool(kind.help)) == (name, True, True)
        assert config_schema(kinds(), name)["type"] == "object"


def test_the_form_and_the_json_edit_the_same_data():
    """13. What either writes is read by the one model, which refuses what it does not know, with its place."""
    with pytest.raises(Invalid) as caught:
        parse(document(item("flow.if", "i", condition=HOT, colour="red")), KINDS)
    assert [problem.path for problem in caught.value.problems] == ["/sections/0/config/colour"]


def test_a_tenant_sees_its_own_workflows_alone(campaign: Campaign):
    """14. There the domain names the tenant. Here the address or the key does, and each row holds whose it is."""
    other = child(campaign, "other", None)
    campaign.workflow([])
    with other.read() as session, pytest.raises(NotFound):
        workflows.get_workflow(session, "flow")


STEPS = {
    "start": "manual",
    "end": "flow.finish",
    "join": "flow.fork",
    "if": "flow.if",
    "value changed": "lead.field_changed",
    "new profile": "lead.created",
    "error": "flow.stop",
    "log": "log.note",
    "add segment": "list.add",
    "delete segment": "list.remove",
    "move segment": "lead.set_status",
    "interests": "lead.add_tag",
    "copy, cut, inject, reshape, template": "state.set",
    "append": "state.update",
    "set a trait": "lead.set_field",
    "counter": "lead.add_points",
    "pause": "flow.delay",
    "schedule an event": "event.emit",
    "session": "session.set",
    "cron": "schedule.due",
    "remote call": "http.call",
    "random item": "flow.split",
    "limiter": "flow.limit",
    "send a mail": "email.send",
}


@pytest.mark.parametrize(("step", "type"), STEPS.items(), ids=STEPS)
def test_each_step_of_its_groups_that_is_in_scope_has_a_section_type(step, type):
    """Groups of built-in steps, each with the section type that does it here."""
    assert type in kinds(), step


def test_data_exists_and_has_segment_are_conditions():
    """Groups of steps: data exists, has, conditional."""
    member = lead(city="Berlin")
    member.lists.add("hot")
    assert truth({"field": "lead.city", "op": "is_set"}, subject=member)
    assert truth({"in_list": "hot"}, subject=member)
    assert not truth({"in_list": "cold"}, subject=member)


@pytest.mark.parametrize(
    ("template", "value"),
    [
        ("{{ state.n | plus: 2 | times: 10 }}", 50),
        ("{{ lead.city | upcase | slice: 0, 3 }}", "BER"),
        ("{{ state.map[lead.city] }}", "de"),
        ("{{ state.list | join: '-' }}", "a-b"),
        ("{{ now | date: '%A' }}", "Wednesday"),
        ("{{ state.list | uniq | size }}", 2),
        ("{{ lead.email | mask }}", "a***@example.com"),
        ("{{ lead.email | sha256 | slice: 0, 8 }}", "71d4f55f"),
        ("{{ '+49 (30) 12' | digits }}", "493012"),
    ],
    ids=["calculator", "text", "mapping", "lists", "day of the week", "sets", "mask", "hash", "digits"],
)
def test_data_is_worked_out_by_templates(template, value):
    """Groups of steps: calculator, text, mapping, lists and sets, dates, mask, hash: Liquid, keeping its type."""
    state = {"n": 3, "map": {"Berlin": "de"}, "list": ["a", "b"]}
    result = walk(item("state.update", "s", values={"found": {"template": template}}),
                  subject=lead(city="Berlin"), state=state)  # fmt: skip
    assert result.state["found"] == value


def test_age_of_profile_and_last_visit_are_compared():
    """Groups of steps: age of profile, last visit."""
    test = {"field": "lead.seen", "op": "within_last", "value": {"hours": 2}}
    assert truth(test, subject=lead(seen="2026-03-04T11:00:00Z"))
    assert truth({"field": "lead.created_at", "op": "before", "value": {"days": 3}},
                 subject=lead(created_at="2026-02-01T00:00:00Z"))  # fmt: skip


def test_day_and_weekend_are_waited_for_in_the_zone_of_the_lead():
    """Groups of steps: day or night, weekend."""
    found = decide("flow.delay", view=context(), duration={"days": 0}, weekdays=["sat", "sun"], time_of_day="10:00")
    assert (found.until.day, found.until.hour) == (7, 10)
    assert find_problems(parse(document(item("flow.delay", "d", duration={"days": 1})), KINDS), KINDS, VOCABULARY) == []
