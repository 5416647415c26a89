"""flow.delay: waits for a time, until a date, or until a date in a field."""

from datetime import UTC, datetime, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from campaigns.engine import schedule
from campaigns.engine.condition_views import getter
from campaigns.engine.fields import lead_field
from campaigns.engine.outcome import Done, Leave, Outcome, Return, Stop, Wait
from campaigns.errors import Problem
from campaigns.sections.base import Context, Decider, Section, Vocabulary, section

_ROOTS = {"lead", "event", "state", "session"}


@section("flow.delay", role="delay", label="Delay")
class Delay(Section, schedule.DelaySpec):
    """Waits for a time, until a date, or until a date of the lead; then, if wanted, for a weekday and a time of day.

    In the time zone chosen, clock changes included: a time that does not exist moves to the first that does, a
    repeated one is taken the first time. Zero waits for nothing.
    """

    goes_wrong = (
        "More or fewer than one of `duration`, `until` and `until_field` is refused.",
        "A field that is empty or holds no date waits for nothing; the receipt says so.",
        "Where the moment has passed, `if_past` decides; by default the lead goes on.",
    )

    def check(self, vocabulary: Vocabulary) -> list[Problem]:
        if self.until_field is None:
            return []
        if not self._path.startswith("lead."):
            return []  # what an event, the state or a visit holds is only known at run time
        kind = lead_field(vocabulary, self._path.removeprefix("lead."))
        if kind is None:
            return [Problem("/until_field", f"there is no lead field {self.until_field}")]
        return [] if kind.type in {"date", "datetime"} else [Problem("/until_field", "is no date field")]

    def summary(self, vocabulary: Vocabulary) -> str:
        return schedule.words(self)

    def prepare(self, vocabulary: Vocabulary) -> Decider:
        """Decide once for all leads of a moment and a zone, where no field of theirs has a say."""
        if self.until_field is not None:
            return self.decide
        last: tuple[datetime, tzinfo, Outcome] | None = None

        def decide(context: Context) -> Outcome:
            nonlocal last
            zone, before = self._zone(context), last
            if before is not None and before[0] == context.now and before[1] is zone:
                return before[2]
            found = self.decide(context)
            last = (context.now, zone, found)
            return found

        return decide

    def decide(self, context: Context) -> Outcome:
        due = schedule.resume_at(self, now=context.now, zone=self._zone(context), field_value=self._field(context))
        receipt: dict[str, Any] = {"chain": list(due.chain)}
        if due.missing or due.at is None:
            return Done(receipt=receipt)
        receipt["until"] = due.at.astimezone(UTC).isoformat().replace("+00:00", "Z")
        if due.at > context.now:
            return Wait(due.at, receipt)
        return self._past(receipt) if due.past else Done(receipt=receipt)

    def _zone(self, context: Context) -> tzinfo:
        if self.time_zone == "lead":
            return context.time_zone
        return context.tenant_zone if self.time_zone == "tenant" else ZoneInfo(self.time_zone)

    def _field(self, context: Context) -> Any:
        return getter(self._path)(context) if self.until_field is not None else None

    @property
    def _path(self) -> str:
        """The field's whole path; a bare key is the lead's."""
        path = self.until_field or ""
        return path if path.split(".", 1)[0] in _ROOTS else f"lead.{path}"

    def _past(self, receipt: dict[str, Any]) -> Outcome:
        match self.if_past:
            case "leave":
                return Leave(receipt)
            case "return":
                return Return(receipt)
            case "stop":
                return Stop("the time planned is past", receipt)
            case _:
                return Done(receipt=receipt)
