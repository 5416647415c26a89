"""When what comes again comes next: cron and the calendar, against a walk over every minute; clock changes."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns.engine.cron import Calendar, Rule, latest, next_after, parse_cron

BERLIN = ZoneInfo("Europe/Berlin")
ZONES = [
    ZoneInfo(name)
    for name in ("UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Africa/Cairo")
]
MINUTE = timedelta(minutes=1)
LIMITS = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))
NAMES = {
    3: {name: n for n, name in enumerate("jan feb mar apr may jun jul aug sep oct nov dec".split(), 1)},
    4: {name: n for n, name in enumerate("sun mon tue wed thu fri sat".split())},
}


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def cron(text: str, after: str, zone: ZoneInfo = BERLIN, *, times: int = 1) -> list[str]:
    return following(parse_cron(text), after, zone, times=times)


def following(rule: Rule, after: str, zone: ZoneInfo = BERLIN, *, times: int = 1) -> list[str]:
    """Return the next moments in UTC as text."""
    found, moment = [], at(after)
    for _ in range(times):
        moment = next_after(rule, moment, zone)
        assert moment.tzinfo is UTC
        found.append(f"{moment:%Y-%m-%d %H:%M}")
    return found


# The naive reading of an expression, written for the test: sets of numbers, and a walk over every minute.


def numbers(field: str, position: int) -> set[int]:
    low, high = LIMITS[position]
    found: set[int] = set()
    for term in field.split(","):
        span, _, step = term.partition("/")
        first, _, last = span.partition("-")
        begin = low if span == "*" else number(first, position)
        end = high if span == "*" else number(last, position) if last else begin
        found |= set(range(begin, end + 1, int(step or 1)))
    return {n % 7 for n in found} if position == 4 else found


def number(text: str, position: int) -> int:
    return NAMES.get(position, {}).get(text.lower(), -1) if not text.isdigit() else int(text)


def fits(text: str, shown: datetime) -> bool:
    fields = text.split()
    minutes, hours, days, months, weekdays = (numbers(field, n) for n, field in enumerate(fields))
    on_day, on_weekday = shown.day in days, shown.isoweekday() % 7 in weekdays
    starred = fields[2].startswith("*") or fields[4].startswith("*")
    of_day = (on_day and on_weekday) if starred else (on_day or on_weekday)
    return shown.minute in minutes and shown.hour in hours and shown.month in months and of_day


def shows(instant: datetime, zone: ZoneInfo) -> datetime:
    return instant.astimezone(zone).replace(tzinfo=None, fold=0)


def walked(text: str, start: datetime, end: datetime, zone: ZoneInfo) -> list[datetime]:
    """Go through every minute: what the clocks show for the first time, and what they skipped just before."""
    found, instant = [], start + MINUTE
    seen = max(shows(start - MINUTE * n, zone) for n in range(180))
    while instant <= end:
        shown = shows(instant, zone)
        if shown > seen:
            passed = [seen + MINUTE * n for n in range(1, int((shown - seen) / MINUTE) + 1)]
            found += [instant] if any(fits(text, one) for one in passed) else []
            seen = shown
        instant += MINUTE
    return found


def field(position: int) -> st.SearchStrategy[str]:
    low, high = LIMITS[position]
    named = st.sampled_from(sorted(NAMES[position])) if position in NAMES else st.nothing()
    one = st.integers(low, high).map(str) | named
    span = st.tuples(st.integers(low, high), st.integers(low, high)).map(sorted).filter(lambda pair: pair[0] < pair[1])
    spans = span.map(lambda pair: f"{pair[0]}-{pair[1]}")
    stepped = st.tuples(st.just("*") | spans, st.integers(1, high)).map(lambda pair: f"{pair[0]}/{pair[1]}")
    return st.just("*") | st.lists(one | spans | stepped, min_size=1, max_size=3).map(",".join)


def near_changes(zone: ZoneInfo) -> list[datetime]:
    """Return moments some hours before each clock change of two years."""
    hours = [datetime(2024, 1, 1, tzinfo=UTC) + timedelta(hours=n) for n in range(24 * 731)]
    offsets = [hour.astimezone(zone).utcoffset() for hour in hours]
    return [hours[n] - timedelta(hours=4) for n in range(1, len(hours)) if offsets[n] != offsets[n - 1]]


CHANGES = [(zone, moment) for zone in ZONES for moment in near_changes(zone)]


@settings(deadline=None, max_examples=150)
@given(
    st.tuples(field(0), field(1), field(2) | st.just("*"), st.just("*") | field(3), field(4) | st.just("*")),
    st.sampled_from(CHANGES) | st.tuples(st.sampled_from(ZONES), st.datetimes(at("2024-01-01"), at("2026-01-01"))),
)
def test_cron_comes_when_a_walk_over_every_minute_says(fields, place):
    text, (zone, start) = " ".join(fields), place
    start = start.replace(second=0, microsecond=0, tzinfo=UTC)
    end = start + timedelta(hours=30)
    try:
        rule = parse_cron(text)
    except ValueError:
        days, months = numbers(fields[2], 2), numbers(fields[3], 3)
        assert min(days) > max({2: 29, 4: 30, 6: 30, 9: 30, 11: 30}.get(month, 31) for month in months)
        return
    found, moment = [], next_after(rule, start, zone)
    while moment <= end:
        found.append(moment)
        moment = next_after(rule, moment, zone)
    assert found == walked(text, start, end, zone)
    if found:
        assert latest(rule, end, zone, since=start) == found[-1]


def calendar_day(every, shown, *, weekdays, day, month):
    """Return whether a rule of the calendar falls on this day, read naively."""
    is_last = (shown + timedelta(days=1)).day == 1
    of_month = shown.day == day or (is_last and shown.day < day)
    return {
        "day": True,
        "week": shown.weekday() in weekdays,
        "month": of_month,
        "year": of_month and shown.month == month,
    }[every]


@given(
    every=st.sampled_from(["day", "week", "month", "year"]),
    hour=st.times().map(lambda t: t.replace(second=0, microsecond=0)),
    weekdays=st.frozensets(st.integers(0, 6), min_size=1),
    day=st.integers(1, 31),
    month=st.integers(1, 12),
    start=st.datetimes(at("2023-01-01"), at("2030-01-01")),
)
def test_the_calendar_comes_on_the_first_day_that_a_walk_over_days_finds(every, hour, weekdays, day, month, start):
    rule = Calendar(every, hour, weekdays, day, month if every == "year" else 0)
    walk = datetime.combine(start.date(), hour)
    while walk <= start or not calendar_day(every, walk, weekdays=weekdays, day=day, month=month):
        walk += timedelta(days=1)
    zone = ZoneInfo("UTC")
    assert next_after(rule, start.replace(tzinfo=UTC), zone) == walk.replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "after", "moments"),
    [
        ("0 9 * * mon", "2024-03-04T07:59Z", ["2024-03-04 08:00", "2024-03-11 08:00"]),
        ("0 9 * * mon", "2024-03-25T08:00Z", ["2024-04-01 07:00"]),  # summer time began in between
        ("0 9 29 2 *", "2024-03-01T00:00Z", ["2028-02-29 08:00"]),
        ("0 9 31 * *", "2024-03-31T12:00Z", ["2024-05-31 07:00"]),
        ("0 0 1 jan *", "2024-03-01T00:00Z", ["2024-12-31 23:00"]),
        ("0 9 13 * fri", "2024-09-10T00:00Z", ["2024-09-13 07:00", "2024-09-20 07:00"]),  # either, as cron has it
        ("0 0 29 2 */7", "2024-03-01T00:00Z", ["2032-02-28 23:00"]),  # both, as cron has it
        ("30 2 * * *", "2024-03-30T12:00Z", ["2024-03-31 01:00", "2024-04-01 00:30"]),  # the clocks skip 02:30
        ("*/20 2 * * *", "2024-03-30T12:00Z", ["2024-03-31 01:00", "2024-04-01 00:00"]),  # three skipped, one moment
        ("30 2 * * *", "2024-10-26T12:00Z", ["2024-10-27 00:30", "2024-10-28 01:30"]),  # shown twice, comes once
        ("*/30 * * * *", "2024-10-27T00:15Z", ["2024-10-27 00:30", "2024-10-27 02:00"]),
        ("* * * * *", "2024-10-27T00:59:30Z", ["2024-10-27 02:00"]),
        ("0 9 L * *", "2024-02-01T00:00Z", ["2024-02-29 08:00"]),
    ],
)
def test_when_an_expression_comes_in_berlin(text, after, moments):
    assert cron(text, after, times=len(moments)) == moments


def test_a_day_that_a_zone_leaves_out_comes_at_its_end():
    assert cron("0 9 30 12 *", "2011-12-01T00:00Z", ZoneInfo("Pacific/Apia")) == ["2011-12-30 10:00"]


@pytest.mark.parametrize(
    ("rule", "after", "moments"),
    [
        (Calendar("month", time(9), day=31), "2024-02-01T00:00Z", ["2024-02-29 08:00", "2024-03-31 07:00"]),
        (Calendar("month", time(9), day=30), "2023-02-01T00:00Z", ["2023-02-28 08:00", "2023-03-30 07:00"]),
        (Calendar("year", time(9), day=29, month=2), "2023-01-01T00:00Z", ["2023-02-28 08:00", "2024-02-29 08:00"]),
        (Calendar("week", time(2, 30), frozenset({6})), "2024-03-25T00:00Z", ["2024-03-31 01:00", "2024-04-07 00:30"]),
        (Calendar("day", time(2, 30)), "2024-10-26T12:00Z", ["2024-10-27 00:30", "2024-10-28 01:30"]),
        (Calendar("day", time(0)), "2024-03-04T22:59:59.5Z", ["2024-03-04 23:00", "2024-03-05 23:00"]),
    ],
)
def test_when_a_rule_of_the_calendar_comes_in_berlin(rule, after, moments):
    assert following(rule, after, times=len(moments)) == moments


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("0 9 31 2 *", "no such month has it"),
        ("0 9 31 4,6,9,11 *", "no such month has it"),
        ("0 9 30-31 feb *", "no such month has it"),
        ("60 * * * *", "minute"),
        ("0 24 * * *", "hour"),
        ("0 9 0 * *", "day of the month"),
        ("0 9 * 13 *", "month is wrong"),
        ("0 9 * * 8", "weekday"),
        ("0 9 * * montag", "weekday"),
        ("0 9 * * fri-mon", "weekday"),
        ("*/0 * * * *", "minute"),
        ("1,, * * * *", "minute"),
        ("-1 * * * *", "minute"),
        ("1\N{ARABIC-INDIC DIGIT TWO} * * * *", "five fields"),
        ("", "five fields"),
        ("@daily", "five fields"),
        ("0 9 * *", "five fields"),
        ("0 0 9 * * mon", "five fields"),
    ],
)
def test_what_is_wrong_or_never_comes_is_refused_with_the_reason(text, reason):
    with pytest.raises(ValueError, match=reason):
        parse_cron(text)


@pytest.mark.parametrize("text", ["0 9 31 4 mon", "0 0 29 2 mon", "0 0 29 feb */7", "0 0 * * 0-7", "5/20 1 1 1 *"])
def test_what_comes_seldom_is_not_refused(text):
    assert parse_cron(f"  {text.replace(' ', '   ')} ").text == text


def test_the_latest_of_many_missed_times_is_found_from_the_end():
    since, until = at("2024-01-01T08:00Z"), at("2026-03-04T11:20:30Z")
    assert latest(parse_cron("0 9 * * *"), until, BERLIN, since=since) == at("2026-03-04T08:00Z")
    assert latest(parse_cron("* * * * *"), until, BERLIN, since=since) == at("2026-03-04T11:20Z")
    assert latest(parse_cron("0 9 * * mon"), until, BERLIN, since=since) == at("2026-03-02T08:00Z")
    assert latest(parse_cron("0 9 1 1 *"), at("2024-06-01T00:00Z"), BERLIN, since=since) == since
    assert latest(parse_cron("0 9 * * *"), since, BERLIN, since=since) == since


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("0 9 * * mon", "Every Monday at 09:00"),
        ("0 9 * * *", "Every day at 09:00"),
        ("0,30 9 * * 1,3,5", "Every Monday, Wednesday and Friday at 09:00 and 09:30"),
        ("* * * * *", "Every minute"),
        ("0 9 31 * *", "At 09:00 on the 31st day of every month"),
        ("0 9 12 * *", "At 09:00 on the 12th day of every month"),
        ("0 9 1 * mon", "At 09:00 on the first day of month or on Monday"),
        ("0 9 */2 * mon", "At 09:00 on every second day of month if it's on Monday"),
        ("0 0 29 2 *", "At 00:00 on February 29"),
    ],
)
def test_an_expression_in_words(text, words):
    assert parse_cron(text).words() == words


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (Calendar("day", time(9)), "Every day at 09:00"),
        (Calendar("week", time(9, 5), frozenset({0, 2, 4})), "Every Monday, Wednesday and Friday at 09:05"),
        (Calendar("month", time(9), day=15), "Every month on day 15 at 09:00"),
        (Calendar("month", time(9), day=31), "Every month on the last day at 09:00"),
        (Calendar("year", time(9), day=29, month=2), "Every year on 29 February at 09:00"),
        (Calendar("year", time(9), day=31, month=2), "Every year on the last day of February at 09:00"),
    ],
)
def test_a_rule_of_the_calendar_in_words(rule, words):
    assert rule.words() == words


@given(st.text("0123456789*/,-#LWmonfrijanse ", max_size=20) | st.tuples(*map(field, range(5))).map(" ".join))
def test_whatever_is_accepted_can_be_said_in_words(text):
    try:
        rule = parse_cron(text)
    except ValueError:
        return
    assert rule.words()
