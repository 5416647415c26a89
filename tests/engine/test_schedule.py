"""When a delay ends: bases, weekdays, times of day, clock changes."""
# ruff: noqa: DTZ001 - a time on the wall has no zone

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from campaigns.engine.moments import find_zone, place, wall
from campaigns.engine.schedule import WEEKDAYS, DelaySpec, next_time, resume_at, words

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime.fromisoformat("2024-03-27T10:00+01:00")  # a Wednesday
ZONES = [
    "Europe/Berlin", "America/New_York", "America/Sao_Paulo", "Australia/Lord_Howe", "Africa/Casablanca", "Asia/Gaza",
    "America/Nuuk", "Pacific/Apia", "Africa/Cairo", "Asia/Kathmandu", "America/Asuncion", "Antarctica/Troll", "UTC",
    "Pacific/Chatham",
]  # fmt: skip


def due(config, *, now=NOW, zone=BERLIN, value=None):
    return resume_at(DelaySpec.model_validate(config), now=now, zone=zone, field_value=value)


@pytest.mark.parametrize(
    ("config", "end"),
    [
        ({"duration": {"days": 2}}, "2024-03-29T10:00+01:00"),
        ({"duration": {"seconds": 0}}, "2024-03-27T10:00+01:00"),
        ({"duration": "2.00:30:00"}, "2024-03-29T10:30+01:00"),
        ({"duration": {"days": 2}, "time_of_day": "09:00"}, "2024-03-30T09:00+01:00"),  # 09:00 has passed: the next day
        ({"duration": {"days": 2}, "time_of_day": "10:00"}, "2024-03-29T10:00+01:00"),
        ({"duration": {"days": 0}, "weekdays": ["wed"]}, "2024-03-27T10:00+01:00"),  # today counts
        ({"duration": {"days": 1}, "weekdays": ["wed"]}, "2024-04-03T10:00+02:00"),
        ({"duration": {"days": 0}, "weekdays": ["wed"], "time_of_day": "09:00"}, "2024-04-03T09:00+02:00"),
        ({"duration": {"days": 0}, "weekdays": ["mon", "thu"], "time_of_day": "09:00"}, "2024-03-28T09:00+01:00"),
        ({"duration": {"days": 4}, "time_of_day": "02:30"}, "2024-04-01T02:30+02:00"),
        ({"duration": {"days": 3, "hours": 12}, "time_of_day": "02:30"}, "2024-03-31T03:00+02:00"),  # in the gap
        ({"until": "2024-04-01"}, "2024-04-01T00:00+02:00"),
        ({"until": "2024-04-01T08:15"}, "2024-04-01T08:15+02:00"),
        ({"until": "2024-04-01T08:15:00Z"}, "2024-04-01T10:15+02:00"),
        ({"until": "2024-03-31T02:30"}, "2024-03-31T03:00+02:00"),
        ({"until": "2024-10-27T02:30"}, "2024-10-27T02:30+02:00"),  # twice: the first
        ({"until": "2024-04-01", "time_of_day": "09:00"}, "2024-04-01T09:00+02:00"),
        ({"until": "2024-04-06", "weekdays": ["mon", "fri"], "time_of_day": "07:30"}, "2024-04-08T07:30+02:00"),
    ],
)
def test_a_base_moves_forward_to_the_weekday_and_the_time_of_day(config, end):
    found = due(config)
    assert (found.at, found.past, found.missing) == (datetime.fromisoformat(end), False, False)
    assert found.at.utcoffset() == timedelta()
    assert found.chain


@pytest.mark.parametrize(
    "value", ["2024-05-01", date(2024, 5, 1), "2024-05-01T00:00:00+02:00", datetime(2024, 4, 30, 22, tzinfo=UTC)]
)
@pytest.mark.parametrize(
    ("offset", "end"),
    [
        (None, "2024-05-01T00:00+02:00"),
        ({"days": -3}, "2024-04-28T00:00+02:00"),
        ({"before": {"months": 1}}, "2024-04-01T00:00+02:00"),
        ({"after": {"hours": 5}}, "2024-05-01T05:00+02:00"),
    ],
)
def test_a_field_gives_the_base_and_the_offset_moves_it(value, offset, end):
    found = due({"until_field": "lead.renewal", "offset": offset}, value=value)
    assert found.at == datetime.fromisoformat(end)


@pytest.mark.parametrize(
    ("value", "reason"),
    [(None, "empty"), ("", "empty"), ("soon", "no date"), (5, "no date"), ("9999-12-31", "no date")],
)
def test_a_field_without_a_date_is_missing_and_goes_on_at_once(value, reason):
    found = due({"until_field": "lead.renewal", "offset": {"days": 1}}, value=value)
    assert (found.at, found.past, found.missing) == (None, False, True)
    assert reason in found.chain[0]
    assert "at once" in found.chain[0]


@pytest.mark.parametrize("if_past", ["continue", "leave", "return", "stop"])
def test_a_moment_behind_us_is_past(if_past):
    found = due({"until": "2024-01-05", "time_of_day": "09:00", "if_past": if_past})
    assert (found.at, found.past) == (datetime.fromisoformat("2024-01-05T09:00+01:00"), True)


def test_next_takes_the_first_time_from_now_on_that_fits():
    config = {"until": "2024-01-05", "if_past": "next"}
    assert due(config).at == NOW
    assert due({**config, "time_of_day": "09:00"}).at == datetime.fromisoformat("2024-03-28T09:00+01:00")
    found = due({**config, "weekdays": ["mon"], "time_of_day": "09:00"})
    assert (found.at, found.past) == (datetime.fromisoformat("2024-04-01T09:00+02:00"), False)


def test_the_chain_names_each_rule_that_led_there():
    found = due(
        {"until_field": "lead.renewal", "offset": {"days": -1}, "weekdays": ["sun"], "time_of_day": "02:30"},
        value="2024-03-30",
    )
    assert found.chain == (
        "lead.renewal: Sat 2024-03-30 00:00",
        "1 day before that: Fri 2024-03-29 00:00",
        "on Sunday at 02:30: Sun 2024-03-31 03:00",
        "the clocks skip 02:30 on that day: the first time after the gap",
    )


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({}, "exactly one of"),
        ({"duration": {"days": 1}, "until": "2024-01-01"}, "duration and until together"),
        ({"duration": {"days": -1}}, "greater than or equal to 0"),
        ({"duration": {"days": 3650}}, "two years"),
        ({"until": "tomorrow"}, "write a date as"),
        ({"until": "2024-02-30"}, "write a date as"),
        ({"until": "2024-01-01", "offset": {"days": 1}}, "until_field"),
        ({"until_field": "the date"}, "pattern"),
        ({"duration": {"days": 1}, "time_zone": "Mars/X"}, "no time zone 'Mars/X'"),
        ({"duration": {"days": 1}, "time_zone": "../../etc/passwd"}, "no time zone"),
        ({"duration": {"days": 1}, "time_zone": "Europe"}, "no time zone"),
        ({"duration": {"days": 1}, "time_zone": "localtime"}, "no time zone"),
        ({"duration": {"days": 1}, "time_of_day": "24:00"}, "pattern"),
        ({"duration": {"days": 1}, "time_of_day": "9:00"}, "pattern"),
        ({"duration": {"days": 1}, "weekdays": ["monday"]}, "mon"),
        ({"duration": {"days": 1}, "if_past": "explode"}, "continue"),
        ({"duration": {"days": 1}, "sleep": 5}, "Extra inputs"),
    ],
)
def test_a_wrong_delay_is_refused_with_the_reason(config, message):
    with pytest.raises(ValidationError, match=message):
        DelaySpec.model_validate(config)


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"duration": {"days": 2}, "time_of_day": "09:00"}, "Wait 2 days, then at 09:00 lead time"),
        ({"duration": {"hours": 4}}, "Wait 4 hours"),
        ({"until": "2024-04-01", "time_zone": "tenant"}, "Wait until 2024-04-01 tenant time"),
        (
            {
                "until_field": "lead.renewal_date",
                "offset": {"days": -3},
                "weekdays": ["tue", "mon"],
                "time_zone": "Asia/Tokyo",
            },
            "Wait until 3 days before renewal date, then on Monday or Tuesday Asia/Tokyo time",
        ),
    ],
)
def test_a_delay_in_words(config, said):
    assert words(DelaySpec.model_validate(config)) == said


def changes(name):
    """Every change of a zone's clocks from 2024 to 2030, to the half hour."""
    zone, found = ZoneInfo(name), []
    at, step = datetime(2024, 1, 1, tzinfo=UTC), timedelta(minutes=30)
    for day in range(7 * 365 + 2):
        start = at + timedelta(days=day)
        if start.astimezone(zone).utcoffset() != (start + timedelta(days=1)).astimezone(zone).utcoffset():
            found += [
                i
                for i in (start + step * n for n in range(48))
                if i.astimezone(zone).utcoffset() != (i + step).astimezone(zone).utcoffset()
            ]
    return found


@pytest.mark.parametrize("name", ZONES)
def test_over_every_clock_change_a_delay_ends_once_and_at_the_first_time_that_fits(name):
    zone = ZoneInfo(name)
    for change in changes(name):
        days = [wall(change, zone).date() + timedelta(days=n) for n in (-1, 0, 1)]
        for half_hour in range(48):
            hour = time(half_hour // 2, half_hour % 2 * 30)
            places = [place(datetime.combine(day, hour), zone) for day in days]
            assert places == sorted(set(places))
            for day, at in zip(days, places, strict=True):
                assert at == first_showing(datetime.combine(day, hour), zone)
                assert (
                    next_time(at, zone=zone, time_of_day=hour) == at
                )  # waking at the moment is no reason to sleep again
                assert next_time(at + timedelta(seconds=1), zone=zone, time_of_day=hour) > at


def first_showing(shown, zone):
    """Naive oracle: walk by quarters of an hour to the first instant whose clock shows this time or a later one."""
    at = shown.replace(tzinfo=UTC) - zone.utcoffset(shown) - timedelta(hours=3)
    while at.astimezone(zone).replace(tzinfo=None) < shown:
        at += timedelta(minutes=15)
    return at


@settings(max_examples=150, deadline=None)
@given(
    zone=st.sampled_from(ZONES).map(ZoneInfo),
    after=st.datetimes(datetime(2024, 1, 1), datetime(2030, 12, 31)).map(
        lambda at: at.replace(minute=0, second=0, microsecond=0, tzinfo=UTC)
    ),
    weekdays=st.sets(st.sampled_from(WEEKDAYS)).map(sorted),
    half_hour=st.none() | st.integers(0, 47),
)
def test_the_next_time_is_the_first_that_a_search_by_quarter_hours_finds(zone, after, weekdays, half_hour):
    hour = None if half_hour is None else time(half_hour // 2, half_hour % 2 * 30)
    found = next_time(after, zone=zone, weekdays=weekdays, time_of_day=hour)
    assert found >= after
    shown = wall(found, zone)
    assert not weekdays or WEEKDAYS[shown.weekday()] in weekdays
    start = wall(after, zone)
    if hour is None and not weekdays:
        assert found == after
        return
    days = [start.date() + timedelta(days=n) for n in range(-1, 16)]
    moments = [
        first_showing(datetime.combine(day, hour or start.time()), zone) for day in days if allowed(day, weekdays)
    ]
    # A gap may end on the next day, which must be allowed as well.
    fitting = [at for at in moments if at >= after and allowed(wall(at, zone).date(), weekdays)]
    today_counts = hour is None and WEEKDAYS[start.weekday()] in weekdays
    assert found == (after if today_counts else min(fitting))


def allowed(day, weekdays):
    return not weekdays or WEEKDAYS[day.weekday()] in weekdays


def test_a_day_that_a_zone_drops_is_passed_over():
    apia = find_zone("Pacific/Apia")  # had no 30 December 2011
    before = datetime.fromisoformat("2011-12-29T12:00-10:00")
    assert wall(next_time(before, zone=apia, weekdays=["fri"], time_of_day=time(9)), apia) == datetime(2012, 1, 6, 9)
    assert wall(place(datetime(2011, 12, 30, 9), apia), apia) == datetime(2011, 12, 31)
