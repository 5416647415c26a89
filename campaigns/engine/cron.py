"""Times that come again and again: cron expressions and rules of the calendar, and when each comes next in a zone.

A rule speaks of what the clocks of its zone show. A time that they skip comes at the first instant after the gap, and
one that they show twice comes the first time alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo
from typing import Literal, Protocol

from cronsim import CronSim, CronSimError

from campaigns.engine.moments import add_months, place, wall

Every = Literal["day", "week", "month", "year"]
LAST_DAY = 31  # a month that is shorter has it on its last day
LONGEST_MONTHS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)

_FIELDS = 5
_WRONG = {
    "Bad minute": "the minute is wrong: write 0 to 59",
    "Bad hour": "the hour is wrong: write 0 to 23",
    "Bad day-of-month": "the day of the month is wrong, or no such month has it: write 1 to 31",
    "Bad month": "the month is wrong: write 1 to 12, or jan to dec",
    "Bad day-of-week": "the weekday is wrong: write 0 to 7 (0 and 7 are Sunday), or sun to sat",
}
_ANY_DATE = datetime(2000, 1, 1)  # noqa: DTZ001 - a wall clock has no zone
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
_ON_DAYS = re.compile(rf"At ([\d:]+(?:[\d:, ]|and)*) on ((?:(?:{'|'.join(_DAYS)})(?:, and |, | and | through )?)+)")
_ENDINGS = {"1": "st", "2": "nd", "3": "rd"}  # codespell:ignore nd
_ORDINAL = re.compile(r"\b([2-5])([123])th\b")


class Rule(Protocol):
    """What comes again, as clocks show it."""

    def after(self, shown: datetime) -> Iterator[datetime]:
        """Yield the times after one, in their order; times are those on a clock, without a zone."""

    def words(self) -> str:
        """Return the rule in words: "Every Monday at 09:00"."""


@dataclass(frozen=True, slots=True)
class Cron:
    """A cron expression of five fields: minute, hour, day of the month, month, weekday."""

    text: str

    def after(self, shown: datetime) -> Iterator[datetime]:
        return CronSim(self.text, shown)

    def words(self) -> str:
        said = CronSim(self.text, _ANY_DATE).explain()
        _, _, day, _, weekday = self.text.split()
        if not day.startswith("*") and not weekday.startswith("*"):  # then either is enough
            said = said.replace(" day of month and on ", " day of month or on ")
        said = _ORDINAL.sub(lambda found: found[1] + found[2] + _ENDINGS[found[2]], said)
        weekly = _ON_DAYS.fullmatch(said)
        said = f"Every {weekly[2]} at {weekly[1]}" if weekly else said
        return re.sub(r"^At (.+) every day$", r"Every day at \1", said).replace(", and ", " and ")


@dataclass(frozen=True, slots=True)
class Calendar:
    """Every day, week, month or year at a time. A month that lacks the day has it on its last one."""

    every: Every
    at: time
    weekdays: frozenset[int] = frozenset()  # of a week: Monday is 0
    day: int = 0  # of a month or a year
    month: int = 0  # of a year

    def after(self, shown: datetime) -> Iterator[datetime]:
        found = datetime.combine(shown.date(), self.at)
        while True:
            if found > shown and self._comes_on(found):
                yield found
            found += timedelta(days=1)

    def words(self) -> str:
        said = {"day": "Every day", "week": f"Every {_joined([_DAYS[n] for n in sorted(self.weekdays)])}"}
        if self.every == "month":
            said["month"] = f"Every month on {'the last day' if self.day == LAST_DAY else f'day {self.day}'}"
        if self.every == "year":
            is_in_it = self.day <= LONGEST_MONTHS[self.month - 1]
            said["year"] = f"Every year on {self.day if is_in_it else 'the last day of'} {_MONTHS[self.month - 1]}"
        return f"{said[self.every]} at {self.at:%H:%M}"

    def _comes_on(self, day: datetime) -> bool:
        if self.every == "day":
            return True
        if self.every == "week":
            return day.weekday() in self.weekdays
        of_this_month = self.month in (0, day.month)
        return of_this_month and day == add_months(day.replace(month=1, day=self.day), day.month - 1)


def parse_cron(text: str) -> Cron:
    """Read an expression of five fields. Raises ValueError that says which field is wrong, or that it never comes."""
    fields = text.split()
    if len(fields) != _FIELDS or not text.isascii():
        raise ValueError("write five fields: minute, hour, day of the month, month, weekday, such as 0 9 * * mon")
    try:
        found = next(CronSim(" ".join(fields), _ANY_DATE), None)
    except CronSimError as error:
        raise ValueError(_WRONG.get(str(error), "this is no cron expression")) from None
    if found is None:
        raise ValueError("no such day ever comes")
    return Cron(" ".join(fields))


def next_after(rule: Rule, instant: datetime, zone: tzinfo) -> datetime:
    """Return the first instant (UTC) after another at which the rule comes in the zone."""
    for shown in rule.after(wall(instant, zone)):
        found = place(shown, zone)
        if found > instant:
            return found.astimezone(UTC)
    raise ValueError("the rule never comes again")


def latest(rule: Rule, until: datetime, zone: tzinfo, *, since: datetime) -> datetime:
    """Return the last time that came up to an instant, or `since`, when it came, if it did not come after that."""
    back = timedelta(minutes=1)
    while until - back > since and next_after(rule, until - back, zone) > until:
        back *= 2  # from the end, for there may be a time each minute of a year
    found = max(since, until - back)
    while (following := next_after(rule, found, zone)) <= until:
        found = following
    return found


def _joined(names: list[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))
