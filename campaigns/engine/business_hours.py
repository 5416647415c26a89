"""When an organisation is open: hours of the week, and holidays. Pure: a moment and a zone in, a moment out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, tzinfo
from itertools import pairwise
from typing import Any

from campaigns.engine.moments import place, wall
from campaigns.engine.schedule import WEEKDAYS

_LONGEST_DAYS = 400  # a year of holidays is nobody's
Span = tuple[time, time]
_USUAL: dict[str, tuple[Span, ...]] = {day: ((time(9), time(17)),) for day in WEEKDAYS[:5]}


@dataclass(frozen=True, slots=True)
class BusinessHours:
    """Open spans by weekday, each from–to on one day, and days on which nobody is there."""

    spans: Mapping[str, tuple[Span, ...]] = field(default_factory=lambda: dict(_USUAL))
    holidays: frozenset[date] = frozenset()

    def as_json(self) -> dict[str, Any]:
        """Return the hours as they are stored."""
        return {
            "hours": {day: [_shown(span) for span in spans] for day, spans in self.spans.items() if spans},
            "holidays": sorted(day.isoformat() for day in self.holidays),
        }


def read_hours(raw: Mapping[str, Any] | None) -> BusinessHours:
    """Return stored hours; Monday to Friday from nine to five where none were set."""
    if not raw:
        return BusinessHours()
    spans: dict[str, tuple[Span, ...]] = {
        day: read_spans(", ".join(raw.get("hours", {}).get(day, []))) for day in WEEKDAYS
    }
    return BusinessHours(spans, frozenset(date.fromisoformat(text) for text in raw.get("holidays", [])))


def read_spans(text: str) -> tuple[Span, ...]:
    """Return the spans of a day written as `09:00-12:30, 13:30-17:00`; raise ValueError with what is wrong."""
    found: list[Span] = []
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        first, dash, last = part.replace("–", "-").partition("-")
        try:
            span = time.fromisoformat(first.strip()), _end(last.strip())
        except ValueError:
            raise ValueError(f"{part} is no span: write 09:00-17:00") from None
        if not dash or span[0] >= span[1]:
            raise ValueError(f"{part} does not begin before it ends")
        found.append(span)
    found.sort()
    if any(before[1] > after[0] for before, after in pairwise(found)):
        raise ValueError("the spans overlap")
    return tuple(found)


def next_open(hours: BusinessHours, instant: datetime, zone: tzinfo) -> datetime | None:
    """Return the first instant, this one included, at which the organisation is open; None when it never is."""
    today = wall(instant, zone).date()
    for ahead in range(-1, _LONGEST_DAYS):
        day = today + timedelta(days=ahead)
        if day in hours.holidays:
            continue
        for first, last in hours.spans.get(WEEKDAYS[day.weekday()], ()):
            begins, ends = place(datetime.combine(day, first), zone), place(datetime.combine(day, last), zone)
            if instant < ends:
                return max(instant, begins)
    return None


def _end(text: str) -> time:
    return time.max if text == "24:00" else time.fromisoformat(text)


def _shown(span: Span) -> str:
    last = "24:00" if span[1] == time.max else f"{span[1]:%H:%M}"
    return f"{span[0]:%H:%M}-{last}"
