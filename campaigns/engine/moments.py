"""Dates, times and time zones: reading them, and placing a wall-clock time on the line of instants.

Two rules hold everywhere: a wall-clock time that a clock change leaves out means the first instant after the gap,
and one that comes twice means the first of the two.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

FIRST_YEAR, LAST_YEAR = 1000, 9000  # a date outside stands for "none" or "never", and arithmetic would overflow

Moment = date | datetime
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_DATETIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d([.,]\d{1,9})?)?(Z|z|[+-]\d\d:?\d\d)?", re.ASCII)
_NO_PLACE = frozenset({"localtime", "Factory", "posixrules"})  # what they mean depends on the machine


@lru_cache(maxsize=1024)
def find_zone(name: str) -> ZoneInfo:
    """Return the time zone of an IANA name. Raises ValueError when there is none of that name."""
    try:
        if name not in _NO_PLACE:
            return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        pass
    raise ValueError(f"there is no time zone {name[:60]!r}; write one like Europe/Berlin")


def read_moment(value: object) -> Moment | None:
    """Return the date or date and time that a value stands for, or None. A datetime without a zone stays so."""
    if isinstance(value, date):  # a datetime is one, too
        return value if FIRST_YEAR <= value.year <= LAST_YEAR else None
    if not isinstance(value, str):
        return None
    text = value.strip()
    try:
        if _DATE.fullmatch(text):
            found: Moment = date.fromisoformat(text)
        elif _DATETIME.fullmatch(text):
            found = datetime.fromisoformat(text)
        else:
            return None
    except ValueError:
        return None
    return found if FIRST_YEAR <= found.year <= LAST_YEAR else None


def instant_of(moment: Moment, zone: tzinfo) -> datetime:
    """Return the instant (UTC) of a moment: a date is its midnight in the zone, a time without a zone is local."""
    if not isinstance(moment, datetime):
        return place(datetime(moment.year, moment.month, moment.day), zone)  # noqa: DTZ001 - a wall clock has no zone
    return place(moment, zone) if moment.tzinfo is None else moment.astimezone(UTC)


def day_of(moment: Moment, zone: tzinfo) -> date:
    """Return the calendar day of a moment, as the zone's people see it."""
    if not isinstance(moment, datetime):
        return moment
    return moment.date() if moment.tzinfo is None else moment.astimezone(zone).date()


def wall(instant: datetime, zone: tzinfo) -> datetime:
    """Return what the zone's clocks show at an instant, without a zone."""
    return instant.astimezone(zone).replace(tzinfo=None, fold=0)


def place(shown: datetime, zone: tzinfo) -> datetime:
    """Return the first instant (UTC) at which the zone's clocks show this time, or the first after the gap it is in."""
    early = shown.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if wall(early, zone) == shown.replace(fold=0):
        return early
    return _end_of_gap(shown.replace(tzinfo=zone, fold=1).astimezone(UTC), early, zone)


def _end_of_gap(before: datetime, after: datetime, zone: tzinfo) -> datetime:
    """Find the change between two instants by halving, to the second: no zone changes its clocks in between."""
    low, high = int(before.timestamp()), int(after.timestamp()) + 1
    old = before.astimezone(zone).utcoffset()
    while high - low > 1:
        middle = (low + high) // 2
        if datetime.fromtimestamp(middle, zone).utcoffset() == old:
            low = middle
        else:
            high = middle
    return datetime.fromtimestamp(high, UTC)


def add_months(shown: datetime, months: int) -> datetime:
    """Add calendar months to a wall-clock time; a day that the month lacks becomes its last."""
    index = shown.year * 12 + shown.month - 1 + months
    first = shown.replace(year=index // 12, month=index % 12 + 1, day=1)
    following = (first + timedelta(days=32)).replace(day=1)
    return first.replace(day=min(shown.day, (following - timedelta(days=1)).day))


def written(instant: datetime) -> str:
    """Return an instant in RFC 3339, in UTC."""
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")


def workflow_zone(wanted: str, lead: Mapping[str, Any] | None, tenant_zone: tzinfo) -> tzinfo:
    """Return a workflow's zone: the lead's own (its field `time_zone`), else the tenant's; or a named one."""
    if wanted == "tenant":
        return tenant_zone
    name = lead.get("time_zone") if wanted == "lead" and lead is not None else wanted
    if not name or name == "lead":
        return tenant_zone
    try:
        return ZoneInfo(str(name))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return tenant_zone
