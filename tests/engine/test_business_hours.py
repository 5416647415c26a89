"""Business hours: open now or at the next span, never on a holiday, across clock changes, against a naive walker."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.engine.business_hours import BusinessHours, next_open, read_hours, read_spans
from campaigns.engine.schedule import WEEKDAYS

BERLIN = ZoneInfo("Europe/Berlin")
USUAL = BusinessHours()


def berlin(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=BERLIN).astimezone(UTC)


@pytest.mark.parametrize(
    ("now", "opens"),
    [
        (berlin(2026, 3, 4, 10, 0), berlin(2026, 3, 4, 10, 0)),
        (berlin(2026, 3, 4, 7, 0), berlin(2026, 3, 4, 9, 0)),
        (berlin(2026, 3, 4, 17, 0), berlin(2026, 3, 5, 9, 0)),
        (berlin(2026, 3, 6, 18, 0), berlin(2026, 3, 9, 9, 0)),
        (berlin(2026, 3, 28, 12, 0), berlin(2026, 3, 30, 9, 0)),
    ],
)
def test_the_next_open_moment(now, opens):
    assert next_open(USUAL, now, BERLIN) == opens


def test_holidays_are_closed_all_day_and_a_break_is_a_break():
    hours = BusinessHours({"wed": read_spans("09:00-12:00, 13:00-17:00")}, frozenset({date(2026, 3, 11)}))
    assert next_open(hours, berlin(2026, 3, 4, 12, 30), BERLIN) == berlin(2026, 3, 4, 13, 0)
    assert next_open(hours, berlin(2026, 3, 4, 17, 0), BERLIN) == berlin(2026, 3, 18, 9, 0)


def test_who_is_never_open_has_no_next_moment():
    assert next_open(BusinessHours({}), berlin(2026, 3, 4, 12, 0), BERLIN) is None


@pytest.mark.parametrize("text", ["9", "17:00-09:00", "09:00-12:00, 11:00-13:00", "25:00-26:00", "09:00-09:00"])
def test_what_is_no_span_is_refused(text):
    with pytest.raises(ValueError, match=r"span|begin|overlap"):
        read_spans(text)


def test_hours_are_stored_and_read_again():
    hours = BusinessHours(
        {"sat": read_spans("00:00-24:00"), "mon": read_spans("09:00-12:30")}, frozenset({date(2026, 12, 25)})
    )
    again = read_hours(hours.as_json())
    assert {day: spans for day, spans in again.spans.items() if spans} == dict(hours.spans)
    assert again.holidays == hours.holidays
    assert read_hours(None) == USUAL


SPANS = st.tuples(st.integers(0, 22), st.integers(1, 6)).map(lambda s: ((time(s[0]), time(min(23, s[0] + s[1]))),))


@given(
    st.dictionaries(st.sampled_from(WEEKDAYS), SPANS, min_size=1),
    st.sets(st.integers(0, 9), max_size=4),
    st.integers(0, 20 * 24 * 4),
)
def test_it_is_the_first_open_quarter_of_an_hour_that_a_walker_finds(spans, off, quarters):
    start = datetime(2026, 3, 20, tzinfo=UTC)
    hours = BusinessHours(spans, frozenset(date(2026, 3, 20) + timedelta(days=day) for day in off))
    now = start + timedelta(minutes=15 * quarters)
    found = next_open(hours, now, BERLIN)
    walked = now
    while not _is_open(hours, walked):
        walked += timedelta(minutes=15)
    assert found == walked


def _is_open(hours: BusinessHours, instant: datetime) -> bool:
    shown = instant.astimezone(BERLIN)
    spans = hours.spans.get(WEEKDAYS[shown.weekday()], ())
    return shown.date() not in hours.holidays and any(first <= shown.time() < last for first, last in spans)
