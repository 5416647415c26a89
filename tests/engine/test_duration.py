"""Durations, offsets and the pauses between attempts."""
# ruff: noqa: DTZ001 - a time on the wall has no zone

import json
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from campaigns.engine.backoff import MAX_ATTEMPTS, pause
from campaigns.engine.duration import Duration, Offset

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ({"days": 2, "hours": 4}, {"days": 2, "hours": 4}),
        ({"days": 0}, {"days": 0}),
        ({"months": 24}, {"months": 24}),
        ({"days": 731}, {"days": 731}),
        ("2.04:30:00", {"days": 2, "hours": 4, "minutes": 30}),
        ("00:00:09", {"seconds": 9}),
        ("0.00:00:00", {"seconds": 0}),
    ],
)
def test_a_duration_is_read_and_written_as_it_was_given(written, read):
    duration = Duration.model_validate(written)
    assert duration.model_dump() == read
    assert Duration.model_validate(json.loads(duration.model_dump_json())) == duration


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ({}, "at least one"),
        ({"days": -1}, "greater than or equal to 0"),
        ({"days": 1.5}, "integer"),
        ({"days": True}, "whole number"),
        ({"days": 10**9}, "at most two years"),
        ({"months": 25}, "at most two years"),
        ({"days": 732}, "at most two years"),
        ({"months": 24, "days": 2}, "at most two years"),
        ({"years": 1}, "Extra inputs"),
        ("2 days", "d.hh:mm:ss"),
        ("1.24:00:00", "d.hh:mm:ss"),
        ("-1.00:00:00", "may not be negative"),
        (5, "write a duration as"),
        (None, "write a duration as"),
    ],
)
def test_a_wrong_duration_is_refused_with_the_reason(written, message):
    with pytest.raises(ValidationError, match=message):
        Duration.model_validate(written)


@pytest.mark.parametrize(
    ("duration", "words"),
    [({"days": 2, "hours": 4}, "2 days 4 hours"), ({"months": 1}, "1 month"), ({"seconds": 0}, "no time")],
)
def test_a_duration_in_words(duration, words):
    assert Duration.model_validate(duration).words() == words


@pytest.mark.parametrize(
    ("start", "duration", "end"),
    [
        ("2024-03-30T12:00+01:00", {"days": 1}, "2024-03-31T12:00+02:00"),  # the clock's time is kept
        ("2024-03-30T12:00+01:00", {"hours": 24}, "2024-03-31T13:00+02:00"),  # hours are exact
        ("2024-03-30T02:30+01:00", {"days": 1}, "2024-03-31T03:00+02:00"),  # in the gap: the first after it
        ("2024-10-26T02:30+02:00", {"days": 1}, "2024-10-27T02:30+02:00"),  # twice: the first
        ("2024-10-27T02:30+01:00", {"minutes": 1}, "2024-10-27T02:31+01:00"),  # the second stays the second
        ("2024-01-31T08:00+01:00", {"months": 1}, "2024-02-29T08:00+01:00"),
        ("2023-12-31T08:00+01:00", {"months": 2, "days": 1}, "2024-03-01T08:00+01:00"),
        ("2024-01-01T08:00+01:00", {"weeks": 2, "minutes": 5}, "2024-01-15T08:05+01:00"),
    ],
)
def test_days_and_months_follow_the_calendar_and_hours_are_exact(start, duration, end):
    found = Duration.model_validate(duration).add_to(datetime.fromisoformat(start), BERLIN)
    assert found == datetime.fromisoformat(end)
    assert found.utcoffset() == timedelta()


@given(
    duration=st.builds(
        lambda m, d, h, s: Duration(months=m, days=d, hours=h, seconds=s),
        *(st.integers(0, 6), st.integers(0, 60), st.integers(0, 100), st.integers(0, 10_000)),
    ),
    zone=st.sampled_from(["Europe/Berlin", "Pacific/Apia", "America/Nuuk", "Australia/Lord_Howe"]).map(ZoneInfo),
    at=st.datetimes(datetime(2011, 1, 1), datetime(2030, 1, 1)),
)
def test_an_upper_bound_is_never_shorter_than_the_span(duration, zone, at):
    instant = at.replace(tzinfo=UTC)
    assert instant - duration.take_from(instant, zone) <= duration.at_most()
    assert duration.add_to(instant, zone) >= instant


@pytest.mark.parametrize(
    ("written", "canonical", "words"),
    [
        ({"before": {"days": 3}}, {"before": {"days": 3}}, "3 days before"),
        ({"days": -3}, {"before": {"days": 3}}, "3 days before"),
        ({"days": 3, "hours": 1}, {"after": {"days": 3, "hours": 1}}, "3 days 1 hour after"),
        ("-1.00:00:00", {"before": {"days": 1}}, "1 day before"),
        ({"days": 0}, {"after": {"days": 0}}, "at"),
    ],
)
def test_an_offset_lies_before_or_after(written, canonical, words):
    offset = Offset.model_validate(written)
    assert offset.model_dump() == canonical
    assert offset.words() == words


@pytest.mark.parametrize(
    "written",
    [
        {},
        {"before": {"days": 1}, "after": {"days": 1}},
        {"days": -1, "hours": 2},
        {"before": {"days": -1}},
        {"days": 800},
        4,
    ],
)
def test_a_wrong_offset_is_refused(written):
    with pytest.raises(ValidationError):
        Offset.model_validate(written)


def test_both_publish_their_forms_in_the_schema():
    class Both(BaseModel):
        span: Duration
        offset: Offset | None = None

    schema = Both.model_json_schema()["$defs"]
    assert [form["type"] for form in schema["Duration"]["anyOf"]] == ["object", "string"]
    assert schema["Duration"]["anyOf"][0]["additionalProperties"] is False
    assert {"before", "after"} <= set(schema["Offset"]["anyOf"][0]["properties"])


def test_eight_attempts_spread_over_about_a_day():
    pauses = [pause(failures, seed="an execution") for failures in range(1, MAX_ATTEMPTS)]
    assert all(later > earlier for earlier, later in pairwise(pauses))
    assert timedelta(hours=19) < sum(pauses, timedelta()) < timedelta(hours=29)
    assert pause(MAX_ATTEMPTS, seed="an execution") is None


@given(seed=st.uuids(), failures=st.integers(1, 7))
def test_pauses_are_the_same_for_a_seed_and_stay_near_their_mean(seed, failures):
    means = [30, 120, 600, 2_400, 7_200, 21_600, 54_000]
    found = pause(failures, seed=seed)
    assert found == pause(failures, seed=UUID(str(seed)))
    assert 0.8 <= found.total_seconds() / means[failures - 1] <= 1.2


def test_pauses_of_neighbours_are_spread():
    seconds = {pause(3, seed=f"execution {n}").total_seconds() for n in range(1000)}
    assert len(seconds) > 900
    assert min(seconds) < 500
    assert max(seconds) > 700


def test_there_is_no_pause_before_the_first_failure():
    with pytest.raises(ValueError, match="first failure"):
        pause(0, seed="x")
