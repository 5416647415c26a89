"""Which trigger starts an execution, and which limit refuses it."""

from datetime import timedelta

import pytest

from campaigns.engine.events import event_types
from campaigns.engine.matching import Enrolment, first_match, refusal, refusal_text, triggers_for
from tests.support.programs import NOW, context, lead, program

CREATED = {"id": "t1", "type": "lead.created", "config": {"source": "api"}}
ANYHOW = {"id": "t2", "type": "lead.created", "config": {}}
HOT = {"field": "lead.score", "op": "gte", "value": 50}


def happens(**event):
    return context(lead(score=10), event={"name": "lead.created", "source": "api", "changes": {}, **event})


def matched(triggers, view):
    found = first_match(program(triggers=triggers).triggers.values(), view)
    return found.id if found else None


def test_the_first_trigger_that_matches_starts_and_no_other():
    assert matched([CREATED, ANYHOW], happens()) == "t1"
    assert matched([CREATED, ANYHOW], happens(source="import")) == "t2"
    assert matched([CREATED], happens(source="import")) is None


def test_a_filter_must_hold_as_well():
    assert matched([{**CREATED, "filter": HOT}, ANYHOW], happens()) == "t2"
    assert matched([{**CREATED, "filter": {"not": HOT}}, ANYHOW], happens()) == "t1"


def test_triggers_are_found_by_the_types_an_event_speaks_to():
    listed = {"id": "t3", "type": "list.added", "config": {"list": "hot"}}
    found = program(triggers=[listed, CREATED, {"id": "t4", "type": "manual"}])
    types = event_types("lead.created", {"lists_added": ["hot"]})
    assert [trigger.id for trigger in triggers_for(found, types)] == ["t3", "t1"]


def refused(enrolment=None, *, hop=0, subject=None, **settings):
    return refusal(program(**settings).rules, enrolment or Enrolment(), context(subject), hop=hop)


@pytest.mark.parametrize(
    ("limits", "enrolment", "limit"),
    [
        ({}, Enrolment(), None),
        ({}, Enrolment(active=1, ever=1), "per_lead_active"),
        ({"per_lead_active": 0}, Enrolment(active=9, ever=9), None),
        ({"per_lead_active": 2}, Enrolment(active=1, ever=1), None),
        ({"per_lead_ever": 1}, Enrolment(ever=1), "per_lead_ever"),
        ({"per_lead_ever": 2}, Enrolment(ever=1), None),
    ],
)
def test_limits_of_one_lead(limits, enrolment, limit):
    assert refused(enrolment, limits=limits) == limit


@pytest.mark.parametrize(("ago", "limit"), [(timedelta(hours=23), "reenter_after"), (timedelta(hours=24), None)])
def test_a_lead_may_enter_again_after_the_time_set(ago, limit):
    enrolment = Enrolment(ever=1, last_started=NOW - ago)
    assert refused(enrolment, reenter_after={"hours": 24}) == limit
    assert refused(Enrolment(), reenter_after={"hours": 24}) is None


def test_what_must_hold_for_the_whole_run_is_checked_at_the_start():
    assert refused(keep_while=HOT) == "keep_while"
    assert refused(keep_while=HOT, subject=lead(score=50)) is None


@pytest.mark.parametrize(("hop", "limit"), [(0, None), (25, None), (26, "hops")])
def test_the_twenty_sixth_hop_starts_nothing(hop, limit):
    assert refused(hop=hop) == limit


@pytest.mark.parametrize(
    "limit", ["active_total", "per_lead_ever", "per_lead_active", "reenter_after", "keep_while", "inactive", "hops"]
)
def test_every_refusal_says_so_and_names_its_limit(limit):
    assert refusal_text(limit).startswith("refused: ")
    assert limit in refusal_text(limit)
