"""Dates in the one format that was chosen for a file; never a guess per row."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import TypeVar

FIRST_YEAR = 1000  # earlier ones stand for "no date" in other products; nobody's lead was born then
EXCEL = "excel"
PATTERNS = (
    "YYYY-MM-DD", "YYYY/MM/DD", "YYYY.MM.DD", "DD.MM.YYYY", "DD/MM/YYYY", "DD-MM-YYYY", "MM/DD/YYYY", "MM-DD-YYYY",
    EXCEL,
)  # fmt: skip

_Day = TypeVar("_Day", bound=date)
_SERIAL = re.compile(r"\d{1,7}(?:[.,]\d+)?", re.ASCII)
_EXCEL_START = datetime(1899, 12, 30, tzinfo=UTC)  # right for every serial since March 1900
_MIDNIGHT = r"(?:[T ]00:00(?::00(?:\.0+)?)?)?"
_TIME = r"(?:(?:T| +)(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,](?P<part>\d{1,6})\d*)?)?)?"
_ZONE = r" ?(?P<zone>Z|[+-]\d\d:?\d\d)?"


def parse_date(text: str, *, pattern: str | None = None) -> str:
    """A date as YYYY-MM-DD, out of text in `pattern` (one of PATTERNS; None is YYYY-MM-DD)."""
    if pattern == EXCEL:
        return _serial(text).date().isoformat()
    match = _expression(pattern or PATTERNS[0], _MIDNIGHT).fullmatch(text)
    if not match:
        raise ValueError(f"is not a date written as {pattern or PATTERNS[0]}")
    return _made(lambda: date(*(int(match[name]) for name in ("year", "month", "day")))).isoformat()


def parse_datetime(text: str, *, pattern: str | None = None) -> str:
    """An instant in RFC 3339 with Z. Text without a zone is meant as UTC; a date alone as its midnight."""
    if pattern == EXCEL:
        return _written(_serial(text))
    match = _expression(pattern or PATTERNS[0], _TIME + _ZONE).fullmatch(text)
    if not match:
        raise ValueError(f"is not a date and time written as {pattern or PATTERNS[0]} HH:MM:SS")
    numbers = [int(match[name] or 0) for name in ("year", "month", "day", "hour", "minute", "second")]
    part = int((match["part"] or "0").ljust(6, "0"))
    local = _made(lambda: datetime(*numbers, part, tzinfo=UTC))  # type: ignore[arg-type,misc]  # six whole numbers
    zone = _offset(match["zone"])
    return _written(_made(lambda: local - zone))


@cache
def _expression(pattern: str, rest: str) -> re.Pattern[str]:
    if pattern not in PATTERNS:
        raise ValueError(f"{pattern!r} is not a known date format")
    digits = re.escape(pattern)
    wide = r"\d\d" if pattern.startswith("YYYY") else r"\d{1,2}"
    for sign, name, width in (("YYYY", "year", r"\d{4}"), ("MM", "month", wide), ("DD", "day", wide)):
        digits = digits.replace(sign, f"(?P<{name}>{width})")
    return re.compile(digits + rest, re.ASCII)


def _made(make: Callable[[], _Day]) -> _Day:
    try:
        found = make()
    except (ValueError, OverflowError):
        raise ValueError("is a date that does not exist") from None
    if found.year < FIRST_YEAR:
        raise ValueError(f"is a date before the year {FIRST_YEAR}")
    return found


def _offset(zone: str | None) -> timedelta:
    if not zone or zone == "Z":
        return timedelta()
    minutes = int(zone[1:3]) * 60 + int(zone[-2:])
    if minutes >= 24 * 60 or int(zone[-2:]) >= 60:
        raise ValueError("has a time zone that does not exist")
    return timedelta(minutes=minutes if zone[0] == "+" else -minutes)


def _serial(text: str) -> datetime:
    if not _SERIAL.fullmatch(text):
        raise ValueError("is not the number of a day as Excel counts them")
    seconds = round(float(text.replace(",", ".")) * 86_400)
    return _made(lambda: _EXCEL_START + timedelta(seconds=seconds))


def _written(instant: datetime) -> str:
    return instant.isoformat().replace("+00:00", "Z")
