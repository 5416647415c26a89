"""When a delay ends: a base moment, moved forward to the weekdays and the time of day that are allowed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta, tzinfo
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

from campaigns.engine.duration import Duration, Offset
from campaigns.engine.moments import Moment, find_zone, instant_of, place, read_moment, wall

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_LONGEST_SEARCH_DAYS = 22  # a weekday comes within 7 days; a zone that drops a whole day makes it 14

_PATH = r"^((lead|event|state|session)\.)?[^.\s]+(\.[^.\s]+)*$"
FieldPath = Annotated[str, StringConstraints(pattern=_PATH, max_length=200)]


class DelaySpec(BaseModel):
    """How long to wait: exactly one of `duration`, `until` and `until_field`; then the weekday and the time of day.

    The moment moves forward to the next allowed weekday, and to the time of day; where that time has passed on that
    day, to the next allowed day. An empty `until_field` waits for nothing. `if_past` says what happens when the moment
    found lies behind; `next` takes the first moment from now on that fits weekdays and time of day.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    duration: Duration | None = Field(None, title="For")
    until: str | None = Field(None, title="Until", description="A date, or a date and time", max_length=40)
    until_field: FieldPath | None = Field(None, title="Until the date in")
    offset: Offset | None = Field(None, title="Before or after that date")
    weekdays: list[Weekday] = Field([], title="Only on")
    time_of_day: str | None = Field(None, title="At", pattern=r"^([01]\d|2[0-3]):[0-5]\d$")
    time_zone: str = Field("lead", title="Time zone", description="lead, tenant, or a name such as Europe/Berlin")
    if_past: Literal["continue", "leave", "return", "stop", "next"] = Field("continue", title="If that is past")

    @field_validator("until")
    @classmethod
    def _is_moment(cls, text: str | None) -> str | None:
        if text is not None and read_moment(text) is None:
            raise ValueError("write a date as 2026-03-29, or a time as 2026-03-29T09:00 or 2026-03-29T07:00:00Z")
        return text

    @field_validator("weekdays", mode="before")
    @classmethod
    def _any_day(cls, days: object) -> object:
        return [] if days is None else days

    @field_validator("weekdays")
    @classmethod
    def _in_order(cls, days: list[Weekday]) -> list[Weekday]:
        return [day for day in WEEKDAYS if day in days]

    @field_validator("time_zone")
    @classmethod
    def _is_zone(cls, name: str) -> str:
        if name not in {"lead", "tenant"}:
            find_zone(name)
        return name

    @model_validator(mode="after")
    def _one_base(self) -> DelaySpec:
        given = [name for name in ("duration", "until", "until_field") if getattr(self, name) is not None]
        if len(given) != 1:
            wrong = f"not {' and '.join(given)} together" if given else "none is given"
            raise ValueError(f"a delay has exactly one of duration, until and until_field: {wrong}")
        if self.offset is not None and self.until_field is None:
            raise ValueError("an offset goes with until_field alone")
        return self


@dataclass(frozen=True, slots=True)
class Due:
    """When to go on. `at` is an instant in UTC, or None when the date was `missing`; `past` says it lies behind."""

    at: datetime | None
    past: bool
    missing: bool
    chain: tuple[str, ...]  # each rule that led there, in words


def resume_at(spec: DelaySpec, *, now: datetime, zone: tzinfo, field_value: object = None) -> Due:
    """Return when a delay entered now ends. `field_value` is what `until_field` holds: a date, a time, or ISO text."""
    base, chain = _base(spec, now, zone, field_value)
    if base is None:
        return Due(None, past=False, missing=True, chain=tuple(chain))
    at = _fitted(spec, base, zone, chain)
    if at < now:
        chain.append("that is past")
        if spec.if_past == "next":
            chain.append("the next time that fits")
            at = _fitted(spec, now, zone, chain)
    return Due(at, past=at < now, missing=False, chain=tuple(chain))


def next_time(
    after: datetime, *, zone: tzinfo, weekdays: Sequence[Weekday] = (), time_of_day: time | None = None
) -> datetime:
    """Return the first instant (UTC), `after` itself included, on an allowed weekday and at the time of day.

    No weekdays means any; no time of day keeps the time on the clock.
    """
    shown = wall(after, zone)
    allowed = {WEEKDAYS.index(day) for day in weekdays} or set(range(7))
    if time_of_day is None and shown.weekday() in allowed:
        return after
    for ahead in range(-1, _LONGEST_SEARCH_DAYS):  # a gap may carry the time of the day before over midnight
        day = (shown + timedelta(days=ahead)).date()
        found = place(datetime.combine(day, time_of_day or shown.time()), zone)
        if found >= after and day.weekday() in allowed and wall(found, zone).weekday() in allowed:
            return found
    raise AssertionError("every weekday comes within three weeks")


def words(spec: DelaySpec) -> str:
    """Return the delay as a card says it: "Wait 2 days, then at 09:00 lead time"."""
    if spec.duration is not None:
        first = f"Wait {spec.duration.words()}"
    elif spec.until is not None:
        first = f"Wait until {spec.until.replace('T', ' ')}"
    else:
        first = f"Wait until {_field_words(spec)}"
    then = [f"on {_days(spec.weekdays)}"] if spec.weekdays else []
    then += [f"at {spec.time_of_day}"] if spec.time_of_day else []
    if not then and spec.until is None:
        return first
    first = f"{first}, then {' '.join(then)}" if then else first
    return f"{first} {spec.time_zone} time"


def _base(spec: DelaySpec, now: datetime, zone: tzinfo, field_value: object) -> tuple[datetime | None, list[str]]:
    if spec.duration is not None:
        at = spec.duration.add_to(now, zone)
        return at, [f"{spec.duration.words()} from {_shown(now, zone)}: {_shown(at, zone)}"]
    moment = read_moment(spec.until if spec.until_field is None else field_value)
    if moment is None:
        reason = "is empty" if field_value in (None, "") else "holds no date"
        return None, [f"{spec.until_field} {reason}: goes on at once"]
    at = instant_of(moment, zone)
    chain = [f"{spec.until_field or 'until'}: {_shown(at, zone)}", *_clock_change(moment, at, zone)]
    if spec.offset is not None:
        at = spec.offset.add_to(at, zone)
        chain.append(f"{spec.offset.words()} that: {_shown(at, zone)}")
    return at, chain


def _fitted(spec: DelaySpec, base: datetime, zone: tzinfo, chain: list[str]) -> datetime:
    hour = time.fromisoformat(spec.time_of_day) if spec.time_of_day else None
    at = next_time(base, zone=zone, weekdays=spec.weekdays, time_of_day=hour)
    if at != base:
        rules = [f"on {_days(spec.weekdays)}"] if spec.weekdays else []
        rules += [f"at {spec.time_of_day}"] if hour else []
        chain.append(f"{' '.join(rules)}: {_shown(at, zone)}")
        if hour:
            chain += _clock_change(datetime.combine(wall(at, zone).date(), hour), at, zone)
    return at


def _clock_change(moment: Moment, at: datetime, zone: tzinfo) -> list[str]:
    """Say so when the clocks skip the time that was asked for."""
    asked = moment if isinstance(moment, datetime) else datetime.combine(moment, time())
    if asked.tzinfo is None and asked.replace(fold=0) < wall(at, zone):
        return [f"the clocks skip {asked:%H:%M} on that day: the first time after the gap"]
    return []


def _shown(instant: datetime, zone: tzinfo) -> str:
    return f"{instant.astimezone(zone):%a %Y-%m-%d %H:%M}"


def _days(days: Sequence[Weekday]) -> str:
    names = [_NAMES[WEEKDAYS.index(day)] for day in days]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"


def _field_words(spec: DelaySpec) -> str:
    name = (spec.until_field or "").split(".", 1)[-1].replace("_", " ")
    ahead = spec.offset.words() if spec.offset is not None else "at"
    return name if ahead == "at" else f"{ahead} {name}"
