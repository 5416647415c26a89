"""Events: the types one speaks to, the name that records a change, what it was before."""

from datetime import UTC, datetime

import pytest

from campaigns.engine.events import OWN_NAMES, RECORDED, Event, before_of, change_name, event_types

FIELDS = {"fields": {"city": ["Bonn", "Berlin"]}}
STATUS = {"status": ["new", "lost"]}
OWNER = {"owner": [None, "anna@acme.example"]}


@pytest.mark.parametrize(
    ("changes", "name", "types"),
    [
        (FIELDS, "lead.field_changed", {"lead.field_changed"}),
        (STATUS, "lead.status_changed", {"lead.status_changed", "lead.field_changed"}),
        (OWNER, "lead.owner_changed", {"lead.owner_changed", "lead.field_changed"}),
        ({"lists_added": ["hot"]}, "list.added", {"list.added"}),
        ({"lists_removed": ["hot"]}, "list.removed", {"list.removed"}),
        ({"tags_added": ["vip"]}, "lead.tag_added", {"lead.tag_added"}),
        ({"tags_removed": ["vip"]}, "lead.tag_removed", {"lead.tag_removed"}),
        (
            {**FIELDS, **STATUS, "lists_added": ["hot"]},
            "lead.changed",
            {"lead.field_changed", "lead.status_changed", "list.added"},
        ),
    ],
)
def test_a_change_speaks_to_one_type_a_facet_and_has_a_name(changes, name, types):
    found = event_types(change_name(changes), changes)
    assert change_name(changes) == name
    assert set(found) == types
    assert len(found) == len(types)


def test_creating_a_lead_is_no_change_of_a_field_or_status():
    assert event_types("lead.created", {**FIELDS, **STATUS}) == ("lead.created",)
    assert event_types("lead.created", None) == ("lead.created",)


def test_creating_a_lead_on_a_list_also_speaks_of_the_list():
    assert event_types("lead.created", {"lists_added": ["hot"]}) == ("lead.created", "list.added")


def test_any_other_name_is_a_custom_event():
    assert event_types("plan.bought", None) == ("event.received:plan.bought",)


def test_before_holds_former_values_by_field_key():
    assert before_of({**FIELDS, **STATUS, **OWNER}) == {"city": "Bonn", "status": "new", "owner": None}
    assert before_of({"lists_added": ["hot"]}) is None
    assert before_of(None) is None


def test_an_events_properties_also_go_by_their_short_names_but_hide_nothing():
    noon = datetime(2026, 3, 4, 12, tzinfo=UTC)
    event = Event(7, "plan.bought", None, noon, noon, properties={"plan": "pro", "name": "forged"})
    values = event.as_values()
    assert (values["plan"], values["properties"]["plan"]) == ("pro", "pro")
    assert (values["name"], values["properties"]["name"]) == ("plan.bought", "forged")
    assert values["occurred_at"] == noon


def test_every_event_of_ours_is_told_in_the_reference_under_the_name_that_its_change_gets():
    named = {event.name: event for event in RECORDED}
    changing = {"lead.field_changed", "lead.status_changed", "lead.owner_changed", "list.added", "list.removed",
                "lead.tag_added", "lead.tag_removed", "lead.changed"}  # fmt: skip
    assert set(named) == OWN_NAMES | changing
    assert {name for name in changing if change_name(named[name].changes or {}) != name} == set()
