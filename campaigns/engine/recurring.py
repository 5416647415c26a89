"""What a schedule is set to: when it comes, in which zone, and for which leads."""

from __future__ import annotations

from datetime import time
from typing import Annotated, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictInt,
    WithJsonSchema,
    field_validator,
    model_validator,
)

from campaigns.engine.cron import LAST_DAY, LONGEST_MONTHS, Calendar, Cron, Every, Rule, parse_cron
from campaigns.engine.moments import find_zone
from campaigns.engine.schedule import WEEKDAYS, Weekday

_PARTS = {"day": (), "week": ("weekdays",), "month": ("day",), "year": ("day", "month")}


def _is_day(raw: object) -> object:
    if raw is None or raw == "last" or (type(raw) is int and 1 <= raw <= LAST_DAY):
        return raw
    raise ValueError("write 1 to 31, or last")


LAST = Literal["last"]
DayOfMonth = Annotated[
    int | LAST,
    BeforeValidator(_is_day),
    WithJsonSchema({"anyOf": [{"type": "integer", "minimum": 1, "maximum": LAST_DAY}, {"const": "last"}]}),
]


class LeadsSpec(BaseModel):
    """Which leads: those on a list, or all of them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    list: str | None = Field(None, title="List", min_length=1, json_schema_extra={"reference": "list"})
    all: Literal[True] | None = Field(None, title="All leads")

    @model_validator(mode="after")
    def _one_of_them(self) -> LeadsSpec:
        if (self.list is None) == (self.all is None):
            raise ValueError('write {"list": "…"} for the leads on a list, or {"all": true}')
        return self


class ScheduleSpec(BaseModel):
    """When: by the calendar (`every`, `at` and the days), or by a `cron` expression. And for which leads.

    A day that a month lacks is its last one, so the 31st comes each month; 29 February is the 28th in other years.
    In a cron expression, such a month is left out.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    every: Every | None = Field(None, title="Every", description="by the calendar; or give a cron expression")
    at: str | None = Field(
        None, title="At", pattern=r"^([01]\d|2[0-3]):[0-5]\d$", description="with every: the time of day, such as 09:00"
    )
    weekdays: list[Weekday] = Field([], title="On", description="with every week")
    day: DayOfMonth | None = Field(None, title="Day", description="with every month and year: 1 to 31, or last")
    month: StrictInt | None = Field(None, title="Month", ge=1, le=12, description="with every year: 1 to 12")
    cron: str | None = Field(
        None, title="Cron expression", max_length=100, description="instead of the rest, such as 0 9 * * mon"
    )
    time_zone: str = Field("tenant", title="Time zone", description="tenant, or a name such as Europe/Berlin")
    leads: LeadsSpec = Field(title="For", description="the leads on a list, or all of them")

    @field_validator("weekdays")
    @classmethod
    def _in_order(cls, days: list[Weekday]) -> list[Weekday]:
        return [day for day in WEEKDAYS if day in days]

    @field_validator("cron")
    @classmethod
    def _is_cron(cls, text: str | None) -> str | None:
        return text if text is None else parse_cron(text).text

    @field_validator("time_zone")
    @classmethod
    def _is_zone(cls, name: str) -> str:
        if name == "lead":
            raise ValueError("a schedule comes for all its leads at once: write tenant, or a name like Europe/Berlin")
        if name != "tenant":
            find_zone(name)
        return name

    @model_validator(mode="after")
    def _one_form(self) -> ScheduleSpec:
        if (self.cron is None) == (self.every is None):
            raise ValueError("a schedule has exactly one of cron and every")
        given = {name for name in ("at", "weekdays", "day", "month") if getattr(self, name) not in (None, [])}
        needed = {"at", *_PARTS[self.every]} if self.every else set()
        for name in sorted(needed - given):
            raise ValueError(f"every {self.every} needs {name}")
        for name in sorted(given - needed):
            raise ValueError(f"{name} does not go with {f'every {self.every}' if self.every else 'cron'}")
        if self.month and isinstance(self.day, int) and self.day > LONGEST_MONTHS[self.month - 1]:
            raise ValueError("no such day ever comes: that month is shorter")
        return self

    @property
    def rule(self) -> Rule:
        """What comes again, as clocks show it."""
        if self.every is None:
            return Cron(self.cron or "")
        weekdays = frozenset(WEEKDAYS.index(day) for day in self.weekdays)
        day = LAST_DAY if self.day == "last" else self.day or 0
        return Calendar(self.every, time.fromisoformat(self.at or "00:00"), weekdays, day, self.month or 0)


def words(spec: ScheduleSpec, list_name: str | None) -> str:
    """Return the spec as a card says it: "Every Monday at 09:00 Europe/Berlin time, for Customers"."""
    return f"{spec.rule.words()} {spec.time_zone} time, for {list_name or 'all leads'}"
