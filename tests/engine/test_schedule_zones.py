"""Delays over every zone and every clock change from 2024 to 2030, against a scan of the clock minute by minute.

Zones whose clocks show the same over these years are proved by one of them. Around each change, at each of 48 half
hours, five kinds of delay (days, hours, a time of day, a weekday with a time of day, until a date) end at the instant
that the scan finds: a time in a gap means the first instant after it, a time that comes twice the first.
"""

from bisect import bisect_left
from collections import defaultdict
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import accumulate, pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest

from campaigns.engine.moments import find_zone
from campaigns.engine.schedule import WEEKDAYS, DelaySpec, resume_at

FIRST, END = datetime(2024, 1, 1, tzinfo=UTC), datetime(2031, 1, 1, tzinfo=UTC)
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
HALF_HOURS = [time(n // 2, n % 2 * 30) for n in range(48)]
NO_PLACE = {"localtime", "Factory", "posixrules"}


def alike():
    """Return the zones, sorted by how far their clocks are off at each noon of the seven years."""
    found = defaultdict(list)
    noons = [FIRST + timedelta(days=n, hours=12) for n in range(-1, (END - FIRST).days + 1)]
    for name in sorted(available_timezones() - NO_PLACE):
        zone = ZoneInfo(name)
        found[tuple(zone.utcoffset(noon.replace(tzinfo=zone)) for noon in noons)].append(name)
    return noons, found


NOONS, ALIKE = alike()
CHANGING = {names[0]: offsets for offsets, names in ALIKE.items() if len(set(offsets)) > 1}


def change_days(name):
    """Return the noons after which the zone's clocks change within a day."""
    steps = zip(NOONS, pairwise(CHANGING[name]), strict=False)
    return [noon for noon, (before, after) in steps if before != after]


class Clock:
    """What a zone's clocks show, minute by minute, from two days before a moment on."""

    def __init__(self, zone, noon):
        self.zone, self.minutes, self.shown, self.latest = zone, [], [], []
        self.scan(noon - 2 * DAY, 4 * 24 * 60)

    def scan(self, start, count):
        more = [start + n * MINUTE for n in range(count)]
        self.minutes += more
        self.shown += [at.astimezone(self.zone).replace(tzinfo=None) for at in more]
        self.latest = list(accumulate(self.shown, max))  # the first minute with this one or later is the one meant

    def first(self, shown):
        while self.latest[-1] < shown:
            self.scan(self.minutes[-1] + MINUTE, 24 * 60)
        return self.minutes[bisect_left(self.latest, shown)]

    def at(self, instant):
        return self.shown[(instant - self.minutes[0]) // MINUTE]

    def next(self, now, hour, weekday):
        """Return the first instant from now on of this time of day, on a weekday."""
        days = [self.at(now).date() + n * DAY for n in range(-1, 9)]
        found = (self.first(datetime.combine(day, hour)) for day in days if day.weekday() == weekday)
        return next(at for at in found if at >= now and self.at(at).weekday() == weekday)


@cache
def spec(kind, *values):
    match kind:
        case "days":
            config = {"duration": {"days": values[0]}}
        case "hours":
            config = {"duration": {"hours": values[0]}}
        case "at":
            config = {"duration": {"hours": 0}, "time_of_day": f"{values[0]:%H:%M}"}
        case "weekday":
            config = {"duration": {"hours": 0}, "weekdays": [values[1]], "time_of_day": f"{values[0]:%H:%M}"}
        case _:
            config = {"until": values[0]}
    return DelaySpec.model_validate(config)


def cases(clock, noon, day):
    """Yield what is asked of a delay around a change, and when it has to end: spec, now, the end."""
    morning, later = clock.first(datetime.combine(day, time())), clock.first(datetime.combine(day + DAY, time()))
    for number, hour in enumerate(HALF_HOURS):
        for now in (noon - DAY + number * timedelta(minutes=30), noon + number * timedelta(minutes=30)):
            yield spec("days", 1), now, clock.first(clock.at(now) + DAY)
        yield spec("hours", 24), now, now + DAY
        for ahead in (0, 1):
            weekday = WEEKDAYS[(day + ahead * DAY).weekday()]
            yield spec("weekday", hour, weekday), morning, clock.next(morning, hour, WEEKDAYS.index(weekday))
        for ahead in (0, 1):
            wanted = datetime.combine(day + ahead * DAY, hour)
            yield spec("until", wanted.isoformat("T", "minutes")), noon - 2 * DAY, clock.first(wanted)
    yield spec("until", (day + DAY).isoformat()), noon - 2 * DAY, later


@pytest.mark.parametrize("name", sorted(CHANGING))
def test_around_every_clock_change_delays_end_where_a_scan_by_minutes_finds_them(name):
    zone = find_zone(name)
    for noon in change_days(name):
        clock = Clock(zone, noon)
        for wanted, now, end in cases(clock, noon, clock.at(noon).date()):
            due = resume_at(wanted, now=now, zone=zone)
            assert (due.at, due.past) == (end, False), f"{wanted} from {now} in {name}"
            assert wanted.until is None or resume_at(wanted, now=end, zone=zone) == due
        for hour in HALF_HOURS:
            comes_once(clock, zone, clock.at(noon).date(), hour)


def comes_once(clock, zone, day, hour):
    """Waking at the moment found, the next one lies on another day: nothing comes hourly, and nothing twice."""
    came, now = [], clock.first(datetime.combine(day, time()))
    for _ in range(2):
        came.append(resume_at(spec("at", hour), now=now, zone=zone).at)
        now = came[-1] + MINUTE
    assert came == [clock.first(datetime.combine(day + n * DAY, hour)) for n in range(2)]


@pytest.mark.parametrize("names", [names for offsets, names in ALIKE.items() if len(set(offsets)) == 1], ids=min)
def test_where_the_clocks_never_change_a_day_has_24_hours(names):
    zone = find_zone(names[0])
    for year in range(2024, 2031):
        now = datetime(year, 3, 31, 1, 30, tzinfo=UTC)
        for days in (1, 300):
            assert resume_at(spec("days", days), now=now, zone=zone).at == now + timedelta(days=days)


def test_every_zone_is_there_and_has_its_changes_between_noons():
    """The zones proved together show the same clocks at every noon, and the years hold the changes that we know of."""
    assert sum(map(len, ALIKE.values())) == len(available_timezones() - NO_PLACE) > 400
    assert len(change_days(ALIKE_OF["Europe/Berlin"])) == 14
    assert date(2024, 3, 30) in [noon.date() for noon in change_days(ALIKE_OF["Europe/Berlin"])]


ALIKE_OF = {name: names[0] for names in ALIKE.values() for name in names}
