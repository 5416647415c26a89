"""flow.business_hours: waits until the organisation is open."""

from datetime import UTC, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import Field, field_validator

from campaigns.engine.business_hours import next_open
from campaigns.engine.moments import find_zone
from campaigns.engine.outcome import Done, Fail, Outcome, Wait
from campaigns.sections.base import Context, Section, Vocabulary, section


@section("flow.business_hours", role="delay", label="Business hours")
class BusinessHours(Section):
    """Waits until the organisation is open, by its hours of the week and its holidays; goes on at once while it is."""

    goes_wrong = (
        "An organisation without hours, or closed for more than a year, fails the execution with that reason.",
    )

    time_zone: str = Field("tenant", title="Time zone", description="tenant, lead, or a name such as Europe/Berlin")

    @field_validator("time_zone")
    @classmethod
    def _is_zone(cls, name: str) -> str:
        if name not in {"lead", "tenant"}:
            find_zone(name)
        return name

    def summary(self, vocabulary: Vocabulary) -> str:
        return f"Wait until open, {self.time_zone} time"

    def decide(self, context: Context) -> Outcome:
        at = next_open(context.hours, context.now, self._zone(context))
        if at is None:
            return Fail("the organisation has no business hours, or is closed for more than a year")
        receipt: dict[str, Any] = {"open": at.astimezone(UTC).isoformat().replace("+00:00", "Z")}
        return Wait(at, receipt) if at > context.now else Done(receipt=receipt)

    def _zone(self, context: Context) -> tzinfo:
        if self.time_zone == "lead":
            return context.time_zone
        return context.tenant_zone if self.time_zone == "tenant" else ZoneInfo(self.time_zone)
