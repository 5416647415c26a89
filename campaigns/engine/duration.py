"""Spans of time as people set them up: months to seconds, read from an object or from `d.hh:mm:ss`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, GetJsonSchemaHandler, model_serializer, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from campaigns.engine.moments import add_months, place, wall

UNITS = ("months", "weeks", "days", "hours", "minutes", "seconds")
LONGEST_DAYS = 731  # two years, a leap day included
_DAY = 86_400
_SECONDS = {"months": 365 * _DAY // 12, "weeks": 7 * _DAY, "days": _DAY, "hours": 3600, "minutes": 60, "seconds": 1}
_TEXT = re.compile(r"(?:(\d{1,9})\.)?([01]?\d|2[0-3]):([0-5]\d):([0-5]\d)", re.ASCII)
_PATTERN = r"^(\d{1,9}\.)?([01]?\d|2[0-3]):[0-5]\d:[0-5]\d$"

Count = Annotated[int, Field(ge=0)]


class Duration(BaseModel):
    """A span of at most two years: at least one of the units, each a whole number and not negative.

    Months, weeks and days are steps on the calendar, which keep the time on the clock; hours, minutes and seconds
    are exact. Also read from text, `d.hh:mm:ss` or `hh:mm:ss`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    months: Count = 0
    weeks: Count = 0
    days: Count = 0
    hours: Count = 0
    minutes: Count = 0
    seconds: Count = 0

    @model_validator(mode="before")
    @classmethod
    def _read(cls, raw: object) -> object:
        if isinstance(raw, str):
            return _from_text(raw)
        if not isinstance(raw, Mapping):
            if isinstance(raw, cls):
                return raw
            raise ValueError('write a duration as {"days": 2, "hours": 4} or as 2.04:00:00')
        if not raw:
            raise ValueError(f"a duration needs at least one of {', '.join(UNITS)}")
        for unit, count in raw.items():
            if isinstance(count, bool):
                raise ValueError(f"{unit} is a whole number")
        return raw

    @model_validator(mode="after")
    def _short_enough(self) -> Duration:
        if sum(getattr(self, unit) * seconds for unit, seconds in _SECONDS.items()) > LONGEST_DAYS * _DAY:
            raise ValueError("a duration is at most two years")
        return self

    @model_serializer
    def _as_set(self) -> dict[str, int]:
        return {unit: getattr(self, unit) for unit in UNITS if unit in self.model_fields_set}

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        as_object = handler.resolve_ref_schema(handler(schema))
        title, description = as_object.pop("title", "Duration"), as_object.pop("description", "")
        as_object["minProperties"] = 1
        as_text = {"type": "string", "pattern": _PATTERN, "examples": ["2.04:00:00"]}
        return {"title": title, "description": description, "anyOf": [as_object, as_text]}

    @property
    def is_zero(self) -> bool:
        return not any(getattr(self, unit) for unit in UNITS)

    def add_to(self, instant: datetime, zone: tzinfo) -> datetime:
        """Return the instant (UTC) this long after another, by the calendar and clocks of the zone."""
        return self._moved(instant, zone, 1)

    def take_from(self, instant: datetime, zone: tzinfo) -> datetime:
        """Return the instant (UTC) this long before another, by the calendar and clocks of the zone."""
        return self._moved(instant, zone, -1)

    def at_most(self) -> timedelta:
        """Return an exact span that is never shorter, whatever the calendar and the clocks do."""
        days = self.months * 31 + self.weeks * 7 + self.days
        slack = timedelta(days=2) if days else timedelta()  # a zone may skip or repeat a whole day
        return timedelta(days=days, hours=self.hours, minutes=self.minutes, seconds=self.seconds) + slack

    def exact(self) -> timedelta:
        """Return the span by the second: a day is 24 hours, and a month a twelfth of 365 days."""
        return timedelta(seconds=sum(getattr(self, unit) * seconds for unit, seconds in _SECONDS.items()))

    def words(self) -> str:
        """Return the span in words: "2 days 4 hours"."""
        counts = [(getattr(self, unit), unit) for unit in UNITS]
        return " ".join(f"{count} {unit[:-1] if count == 1 else unit}" for count, unit in counts if count) or "no time"

    def _moved(self, instant: datetime, zone: tzinfo, sign: int) -> datetime:
        exact = sign * timedelta(hours=self.hours, minutes=self.minutes, seconds=self.seconds)
        days = self.weeks * 7 + self.days
        if self.months or days:  # else the second of two equal clock times would become the first
            shown = add_months(wall(instant, zone), sign * self.months) + timedelta(days=sign * days)
            instant = place(shown, zone)
        return instant.astimezone(UTC) + exact


class Offset(BaseModel):
    """A span before or after a moment: `{"before": {"days": 3}}` or `{"after": {"hours": 2}}`.

    Signed units mean the same: `{"days": -3}` is three days before, `{"days": 3}` three days after.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    before: Duration | None = None
    after: Duration | None = None

    @model_validator(mode="before")
    @classmethod
    def _read(cls, raw: object) -> object:
        if isinstance(raw, str):
            text = raw.strip()
            return {"before": text[1:]} if text.startswith("-") else {"after": text.removeprefix("+")}
        if isinstance(raw, Mapping) and raw and set(raw) <= set(UNITS):
            return _from_signed(raw)
        return raw

    @model_validator(mode="after")
    def _one_side(self) -> Offset:
        if (self.before is None) == (self.after is None):
            raise ValueError('an offset has one of "before" and "after", or signed units such as {"days": -3}')
        return self

    @model_serializer
    def _as_set(self) -> dict[str, Any]:
        return {side: span for side, span in (("before", self.before), ("after", self.after)) if span is not None}

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        as_object = handler.resolve_ref_schema(handler(schema))
        title, description = as_object.pop("title", "Offset"), as_object.pop("description", "")
        as_object |= {"minProperties": 1, "maxProperties": 1}
        counts = {unit: {"type": "integer"} for unit in UNITS}
        signed = {"type": "object", "properties": counts, "additionalProperties": False, "minProperties": 1}
        as_text = {"type": "string", "pattern": _PATTERN.replace("^", "^[+-]?", 1)}
        return {"title": title, "description": description, "anyOf": [as_object, signed, as_text]}

    def add_to(self, instant: datetime, zone: tzinfo) -> datetime:
        """Return the instant (UTC) that lies by this offset from another."""
        if self.before is not None:
            return self.before.take_from(instant, zone)
        return self.after.add_to(instant, zone) if self.after is not None else instant

    def words(self) -> str:
        """Return the offset in words, to be followed by the moment: "3 days before"."""
        span, side = (self.before, "before") if self.before is not None else (self.after, "after")
        return f"{span.words()} {side}" if span is not None and not span.is_zero else "at"


def _from_text(text: str) -> dict[str, int]:
    match = _TEXT.fullmatch(text.strip())
    if match is None:
        hint = "a duration may not be negative" if text.strip().startswith("-") else "write it as d.hh:mm:ss"
        raise ValueError(f"{hint}, such as 2.04:00:00")
    counts = {unit: int(part or 0) for unit, part in zip(UNITS[2:], match.groups(), strict=True)}
    return {unit: count for unit, count in counts.items() if count} or {"seconds": 0}


def _from_signed(raw: Mapping[str, object]) -> dict[str, object]:
    """Sort signed units by their sides; what is no whole number is left for the units' own check."""
    negative = {unit: -n for unit, n in raw.items() if isinstance(n, int) and not isinstance(n, bool) and n < 0}
    if not negative:
        return {"after": dict(raw)}
    if any(n != 0 for unit, n in raw.items() if unit not in negative):
        raise ValueError("an offset lies on one side: do not mix units before and after")
    return {"before": negative}
