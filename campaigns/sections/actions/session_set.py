"""session.set: data of the visit."""

from typing import Any, ClassVar

from pydantic import Field

from campaigns.engine.effects import SetSession
from campaigns.engine.outcome import Done, Outcome
from campaigns.errors import Problem
from campaigns.sections.base import Context, Decider, Section, Vocabulary, section
from campaigns.sections.values import Value, check_templates, getter


@section("session.set", role="action", label="Set visit data")
class SessionSet(Section):
    """Merges values into the data of the visit that the event came with; without a visit it is skipped.

    Conditions and templates read them as `session.…`, also in later events of the same visit. Values may be Liquid.
    """

    looks_back: ClassVar[bool] = True
    goes_wrong = (
        "An event that came without a visit skips the step.",
        "The key `id` is refused when activating: it is the visit's own.",
    )

    values: dict[str, Value] = Field(title="Values")

    def check(self, vocabulary: Vocabulary) -> list[Problem]:
        taken = [Problem("/values/id", "the id is the visit's own")] if "id" in self.values else []
        return [*taken, *check_templates(self.values, "/values", vocabulary)]

    def summary(self, vocabulary: Vocabulary) -> str:
        return ", ".join(self.values)

    def prepare(self, vocabulary: Vocabulary) -> Decider:
        get = getter(dict[str, Any](self.values))

        def decide(context: Context) -> Outcome:
            if not context.session:
                return Done(outcome="skipped", receipt={"reason": "the event came without a visit"})
            values, missing = get(context)
            receipt: dict[str, Any] = {"values": values}
            if missing:
                receipt["missing"] = list(missing)
            return Done((SetSession(values),), receipt)

        return decide
