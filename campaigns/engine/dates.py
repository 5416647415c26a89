"""When a date that a lead holds is reached: once or each year, before it or after, at a time of day, in a zone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from pydantic import BaseModel, ConfigDict, Field, field_validator

from campaigns.engine.duration import Duration, Offset
from campaigns.engine.moments import add_months, day_of, find_zone, instant_of, place, read_moment, wall
from campaigns.engine.schedule import next_time

_QUARTER = timedelta(minutes=15)  # every zone's clocks differ from UTC by a multiple of it
_ROUND_THE_CLOCK = timedelta(days=2)  # one day between zones, one between a moment and the time of day on its day
_ROUND_A_MONTH = timedelta(days=3)  # what the lengths of months differ by


class DateSpec(BaseModel):
    """Which date of the lead counts, and when it does.

    The offset moves from the date to the day that counts; the time of day says when on that day. Without one a date
    counts from its midnight, and a date with a time at that time. A 29 February is the 28th in other years.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    field: str = Field(title="Date field", min_length=1, max_length=200, json_schema_extra={"reference": "field"})
    offset: Offset | None = Field(None, title="Before or after that date")
    time_of_day: str | None = Field(None, title="At", pattern=r"^([01]\d|2[0-3]):[0-5]\d$")
    time_zone: str = Field("lead", title="Time zone", description="lead, tenant, or a name such as Europe/Berlin")
    yearly: bool = Field(False, title="Each year", description="on the date itself and on each of its anniversaries")

    @field_validator("time_zone")
    @classmethod
    def _is_zone(cls, name: str) -> str:
        if name not in {"lead", "tenant"}:
            find_zone(name)
        return name

    @property
    def key(self) -> str:
        """The lead field's bare key."""
        return self.field.removeprefix("lead.")


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One time that a date is reached: the moment (UTC), the day it falls on there, the date itself, and its year."""

    at: datetime
    day: date
    of: date
    years: int  # how many years after the date that the lead holds


def occurrences(
    spec: DateSpec, value: object, *, zone: tzinfo, after: datetime, until: datetime
) -> Iterator[Occurrence]:
    """Yield the occurrences whose moment lies after `after` and not after `until`. What holds no date yields none."""
    moment = read_moment(value)
    if moment is None:
        return
    first = datetime.combine(moment, time()) if not isinstance(moment, datetime) else None
    shown = first or wall(instant_of(moment, zone), zone)
    low, high = days_between(spec, after, until)
    for years in range(max(0, low.year - shown.year), high.year - shown.year + 1) if spec.yearly else (0,):
        base = place(add_months(shown, 12 * years), zone) if years else instant_of(moment, zone)
        of = add_months(shown, 12 * years).date() if years else day_of(moment, zone)
        at = _at(spec, base, zone)
        if after < at <= until:
            yield Occurrence(at, wall(at, zone).date(), of, years)


def days_between(spec: DateSpec, after: datetime, until: datetime) -> tuple[date, date]:
    """Return the first and the last day a date may fall on to be reached between two moments, in whatever zone."""
    span = spec.offset and (spec.offset.before or spec.offset.after)
    slack = _ROUND_THE_CLOCK + (_ROUND_A_MONTH if span and span.months else timedelta())
    return (_back(spec, after) - slack).date(), (_back(spec, until) + slack).date()


def next_look(spec: DateSpec, *, after: datetime, zone: tzinfo | None, whole_days: bool) -> datetime:
    """Return a moment before which nothing is reached after `after`, so that nobody needs to look.

    `zone` is None when leads have zones of their own; `whole_days` says that the field holds dates without a time.
    """
    if not whole_days or (spec.time_of_day is None and not _is_calendar(spec.offset)):
        return after
    hour = _hour(spec) or time()
    if zone is not None:
        return next_time(after, zone=zone, time_of_day=hour)
    found = after.replace(minute=hour.minute % 15, second=0, microsecond=0)
    while found < after:
        found += _QUARTER
    return found


def words(spec: DateSpec, name: str) -> str:
    """Return the spec as a card says it: "3 days before Birthday, each year, at 09:00 lead time"."""
    ahead = spec.offset.words() if spec.offset is not None else "at"
    parts = [name if ahead == "at" else f"{ahead} {name}"]
    parts += ["each year"] if spec.yearly else []
    parts += [f"at {spec.time_of_day} {spec.time_zone} time"] if spec.time_of_day else []
    return ", ".join(parts)


def _at(spec: DateSpec, base: datetime, zone: tzinfo) -> datetime:
    at = spec.offset.add_to(base, zone) if spec.offset is not None else base
    hour = _hour(spec)
    return place(datetime.combine(wall(at, zone).date(), hour), zone) if hour is not None else at


def _back(spec: DateSpec, moment: datetime) -> datetime:
    """Go from a moment back to about the date it belongs to."""
    if spec.offset is None:
        return moment
    if spec.offset.before is not None:
        return spec.offset.before.add_to(moment, UTC)
    return (spec.offset.after or Duration()).take_from(moment, UTC)


def _hour(spec: DateSpec) -> time | None:
    return time.fromisoformat(spec.time_of_day) if spec.time_of_day else None


def _is_calendar(offset: Offset | None) -> bool:
    span = offset and (offset.before or offset.after)
    return not span or not (span.hours or span.minutes or span.seconds)
