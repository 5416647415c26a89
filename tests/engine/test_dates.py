"""When a date is reached: offsets, years, times of day, zones, and looking no more often than needed."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.engine.dates import DateSpec, days_between, next_look, occurrences, words

BERLIN, TOKYO = ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Tokyo")
ZONES = [ZoneInfo(name) for name in ("UTC", "Asia/Kathmandu", "Pacific/Apia", "America/Nuuk", "Australia/Lord_Howe")]


def at(text):
    return datetime.fromisoformat(text)


def spec(**values):
    return DateSpec.model_validate({"field": "birthday", **values})


def found(value, *, after="2024-01-01T00:00Z", until="2024-12-31T23:59Z", zone=BERLIN, **values):
    """Return the moments in UTC as text."""
    reached = occurrences(spec(**values), value, zone=zone, after=at(after), until=at(until))
    return [one.at.astimezone(UTC).strftime("%Y-%m-%d %H:%M") for one in reached]


@pytest.mark.parametrize(
    ("value", "values", "moments"),
    [
        ("2024-03-04", {}, ["2024-03-03 23:00"]),  # midnight in Berlin
        ("2024-03-04", {"time_of_day": "09:00"}, ["2024-03-04 08:00"]),
        ("2024-03-04", {"offset": {"before": {"days": 3}}, "time_of_day": "09:00"}, ["2024-03-01 08:00"]),
        ("2024-03-31", {"offset": {"before": {"months": 1}}}, ["2024-02-28 23:00"]),  # a month has no 31st
        ("2024-03-04", {"offset": {"hours": 2}}, ["2024-03-04 01:00"]),
        ("2024-03-04", {"offset": {"hours": -2}, "time_of_day": "21:00"}, ["2024-03-03 20:00"]),
        ("2024-03-04T15:00:00Z", {}, ["2024-03-04 15:00"]),
        ("2024-03-04T15:00:00", {}, ["2024-03-04 14:00"]),  # without a zone it is the lead's
        ("2024-03-04T15:00:00Z", {"offset": {"days": -1}, "time_of_day": "09:00"}, ["2024-03-03 08:00"]),
        ("2024-03-31", {"time_of_day": "02:30"}, ["2024-03-31 01:00"]),  # the clocks skip it
        ("1990-06-01", {"yearly": True, "time_of_day": "09:00"}, ["2024-06-01 07:00"]),
        ("2000-02-29", {"yearly": True, "time_of_day": "09:00"}, ["2024-02-29 08:00"]),
        ("2024-06-01", {"yearly": True, "time_of_day": "09:00"}, ["2024-06-01 07:00"]),  # the date itself counts
        ("2025-06-01", {"yearly": True}, []),  # no year before it does
        ("1990-06-01", {}, []),
        ("1990-01-01", {"yearly": True, "offset": {"before": {"days": 3}}}, ["2024-12-28 23:00"]),
        ("", {}, []),
        (None, {"yearly": True}, []),
        ("soon", {}, []),
    ],
)
def test_the_moment_at_which_a_date_counts(value, values, moments):
    assert found(value, **values) == moments


def test_a_leap_day_is_the_28th_in_other_years():
    window = {"after": "2023-01-01T00:00Z", "until": "2023-12-31T00:00Z"}
    assert found("2000-02-29", yearly=True, time_of_day="09:00", **window) == ["2023-02-28 08:00"]


def test_a_moment_belongs_to_one_of_two_windows_that_meet():
    noon = "2024-03-04T11:00Z"
    assert found("2024-03-04", time_of_day="12:00", after="2024-03-04T10:00Z", until=noon) == ["2024-03-04 11:00"]
    assert found("2024-03-04", time_of_day="12:00", after=noon, until="2024-03-04T12:00Z") == []


def test_the_same_clock_time_comes_earlier_in_the_east():
    values = {"time_of_day": "09:00"}
    assert found("2024-03-04", zone=TOKYO, **values) == ["2024-03-04 00:00"]
    assert found("2024-03-04", zone=BERLIN, **values) == ["2024-03-04 08:00"]


def test_an_occurrence_says_the_day_the_date_and_the_years():
    window = {"after": at("2024-01-01T00:00Z"), "until": at("2024-12-31T00:00Z")}
    wanted = spec(yearly=True, offset={"before": {"days": 3}}, time_of_day="09:00")
    (one,) = occurrences(wanted, "1990-06-01", zone=BERLIN, **window)
    assert (one.day, one.of, one.years) == (date(2024, 5, 29), date(2024, 6, 1), 34)


def test_years_that_nobody_looked_are_all_found():
    assert len(found("1990-06-01", yearly=True, after="2020-01-01T00:00Z", until="2023-12-31T00:00Z")) == 4


SPANS = [None, {"days": -3}, {"days": 3}, {"months": -2}, {"months": 5, "days": 3}, {"hours": -30}, {"minutes": 90}]
SPECS = st.builds(
    lambda offset, time_of_day, yearly: spec(offset=offset, time_of_day=time_of_day, yearly=yearly),
    st.sampled_from(SPANS),
    st.sampled_from([None, "00:00", "00:10", "23:50"]),
    st.booleans(),
)


@given(
    wanted=SPECS,
    day=st.dates(date(1980, 1, 1), date(2030, 12, 31)),
    start=st.datetimes(datetime(2024, 1, 1), datetime(2026, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - it adds UTC
    hours=st.integers(1, 3000),
    zone=st.sampled_from(ZONES),
)
def test_no_occurrence_lies_outside_of_the_days_that_are_read_or_before_the_next_look(wanted, day, start, hours, zone):
    until = start + timedelta(hours=hours)
    whole = list(occurrences(wanted, day.isoformat(), zone=zone, after=start, until=until))
    low, high = days_between(wanted, start, until)
    for one in whole:
        assert low <= one.of <= high
        assert next_look(wanted, after=start, zone=zone, whole_days=True) <= one.at
    wide = occurrences(wanted, day.isoformat(), zone=zone, after=start - timedelta(days=900), until=until)
    assert [one for one in wide if one.at > start] == whole


@pytest.mark.parametrize(
    ("values", "zone", "look"),
    [
        ({"time_of_day": "09:00"}, BERLIN, "2024-03-05T08:00Z"),
        ({}, BERLIN, "2024-03-04T23:00Z"),
        ({"time_of_day": "09:10"}, None, "2024-03-04T10:25Z"),  # some zone's clocks show ten past, every quarter
        ({"offset": {"hours": 5}}, BERLIN, "2024-03-04T10:12Z"),
    ],
)
def test_nobody_looks_while_nothing_can_be_reached(values, zone, look):
    assert next_look(spec(**values), after=at("2024-03-04T10:12Z"), zone=zone, whole_days=True) == at(look)


def test_dates_with_a_time_are_looked_for_always():
    after = at("2024-03-04T10:12Z")
    assert next_look(spec(time_of_day="09:00"), after=after, zone=BERLIN, whole_days=False) == after


def test_words_for_a_card():
    assert words(spec(), "Birthday") == "Birthday"
    values = {"offset": {"before": {"days": 3}}, "yearly": True, "time_of_day": "09:00"}
    assert words(spec(**values), "Birthday") == "3 days before Birthday, each year, at 09:00 lead time"
