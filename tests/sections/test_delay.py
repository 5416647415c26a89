"""flow.delay: what it answers. When it ends is tested with the schedule."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from campaigns.engine.outcome import Done, Leave, Return, Stop, Wait
from tests.support.programs import NOW, context, lead
from tests.support.section_types import check_contract, config, decide, errors, problems, summary

NAME = "flow.delay"
PAST = {"until": "2026-03-01T00:00:00Z"}


def test_the_contract():
    check_contract(NAME, "delay", duration={"days": 2})
    check_contract(NAME, "delay", until_field="birthday", offset={"days": -1}, weekdays=["mon"], time_of_day="09:00")


@pytest.mark.parametrize(
    ("values", "path"),
    [
        ({}, ""),
        ({"duration": {"days": 1}, "until": "2026-03-05"}, ""),
        ({"duration": {}}, "/duration"),
        ({"duration": {"years": 1}}, "/duration/years"),
        ({"duration": {"days": -1}}, "/duration/days"),
        ({"duration": {"days": 732}}, "/duration"),
        ({"until": "tomorrow"}, "/until"),
        ({"until": "2026-03-05", "offset": {"days": 1}}, ""),
        ({"duration": {"days": 1}, "weekdays": ["someday"]}, "/weekdays/0"),
        ({"duration": {"days": 1}, "time_of_day": "24:00"}, "/time_of_day"),
        ({"duration": {"days": 1}, "time_zone": "Mars/X"}, "/time_zone"),
        ({"duration": {"days": 1}, "if_past": "explode"}, "/if_past"),
    ],
)
def test_a_delay_that_can_not_be_is_refused_at_its_place(values, path):
    assert list(errors(NAME, **values)) == [path]


def test_it_waits_and_the_receipt_says_until_when_and_why():
    answer = decide(NAME, duration={"days": 2})
    assert isinstance(answer, Wait)
    assert answer.until == NOW + timedelta(days=2)
    assert answer.receipt["until"] == "2026-03-06T12:00:00Z"
    assert answer.receipt["chain"] == ["2 days from Wed 2026-03-04 12:00: Fri 2026-03-06 12:00"]


def test_a_delay_of_nothing_goes_on_at_once():
    assert isinstance(decide(NAME, duration={"seconds": 0}), Done)


@pytest.mark.parametrize(
    ("if_past", "kind"), [("continue", Done), ("leave", Leave), ("return", Return), ("stop", Stop), ("next", Wait)]
)
def test_what_happens_when_the_time_is_past(if_past, kind):
    answer = decide(NAME, **PAST, time_of_day="09:00", time_zone="UTC", if_past=if_past)
    assert type(answer) is kind
    assert "that is past" in answer.receipt["chain"]
    if if_past == "next":
        assert answer.until == datetime(2026, 3, 5, 9, tzinfo=UTC)


def test_the_next_time_that_fits_is_now_when_nothing_else_is_asked_for():
    assert isinstance(decide(NAME, **PAST, if_past="next"), Done)


@pytest.mark.parametrize("path", ["birthday", "lead.birthday", "state.day", "event.properties.day", "event.day"])
def test_a_date_is_found_in_the_lead_the_state_or_the_event(path):
    event = {"day": "2026-03-10", "properties": {"day": "2026-03-10"}}
    view = context(lead(birthday="2026-03-10"), state={"day": "2026-03-10"}, event=event)
    answer = decide(NAME, view=view, until_field=path, offset={"days": -1})
    assert isinstance(answer, Wait)
    assert answer.until == datetime(2026, 3, 9, tzinfo=UTC)


def test_a_field_without_a_date_goes_on_at_once_and_says_so():
    answer = decide(NAME, until_field="birthday", if_past="stop")
    assert isinstance(answer, Done)
    assert answer.receipt == {"chain": ["birthday is empty: goes on at once"]}


@pytest.mark.parametrize(("zone", "hour"), [("lead", 8), ("tenant", 14), ("Asia/Tokyo", 0)])
def test_the_time_of_day_is_the_leads_the_tenants_or_a_named_zones(zone, hour):
    view = context(time_zone=ZoneInfo("Europe/Berlin"), tenant_zone=ZoneInfo("America/New_York"))
    answer = decide(NAME, view=view, duration={"days": 1}, time_of_day="09:00", time_zone=zone)
    assert answer.until.hour == hour


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("gone", "no lead field gone"),
        ("lead.gone", "no lead field lead.gone"),
        ("city", "is no date field"),
        ("score", "no date"),
    ],
)
def test_a_field_that_is_not_there_or_holds_no_date_is_a_problem(path, message):
    assert message in problems(NAME, until_field=path)["/until_field"]


@pytest.mark.parametrize("path", ["birthday", "lead.seen", "created_at", "state.day", "event.properties.day"])
def test_fields_that_may_hold_a_date_are_no_problem(path):
    assert problems(NAME, until_field=path) == {}


def test_going_on_is_a_step_of_its_own():
    assert config(NAME, duration={"days": 1}).resume(context()).outcome == "resumed"


def test_the_card_says_it_in_words():
    assert summary(NAME, duration={"days": 2}) == "Wait 2 days"
