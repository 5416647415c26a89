"""flow.limit: at most so many pass within a time, counted by keys of one's own."""

from hashlib import sha256
from typing import Any, Literal

from pydantic import Field, field_validator

from campaigns.engine import outcome
from campaigns.engine.duration import Duration
from campaigns.engine.limits import BLOCK, PASS
from campaigns.errors import Problem
from campaigns.personalise import as_text
from campaigns.sections.base import Context, Decider, Section, Vocabulary, section
from campaigns.sections.values import LineValue, check_templates, getter

MOST_TIMES = 10_000
LONGEST = 500  # characters of one key


@section("flow.limit", role="condition", label="Limit")
class Limit(Section):
    """Lets so many pass within a time, and blocks the others. Whoever gives the same keys shares one counter.

    Passing counts, being blocked does not. The time slides: within no span of that length do more pass. The counter is
    this workflow's own, or with the scope `tenant` that of all its workflows that use the same keys.
    """

    goes_wrong = (
        "A variable without a value counts as empty text and is named in the receipt: all who lack it share a counter.",
        "A day is 24 hours here and a month a twelfth of a year, whatever clocks and calendars do.",
        "Sections that share a counter each count by their own number and time; what one lets pass counts for all.",
        "The counter knows as far back as the longest time that was asked of it so far.",
    )

    keys: list[LineValue] = Field(
        title="Keys", min_length=1, max_length=10, description="Texts, or Liquid such as {{ lead.email }}"
    )
    times: int = Field(title="How many may pass", ge=1, le=MOST_TIMES, strict=True)
    within: Duration = Field(title="Within")
    scope: Literal["workflow", "tenant"] = Field(
        "workflow",
        title="Counter",
        description="Of this workflow alone by default, or of all workflows of the tenant that use the same keys",
    )

    @field_validator("within")
    @classmethod
    def _some_time(cls, within: Duration) -> Duration:
        if within.is_zero:
            raise ValueError("must be longer than nothing")
        return within

    def branches(self) -> tuple[str, ...]:
        return (PASS, BLOCK)

    def check(self, vocabulary: Vocabulary) -> list[Problem]:
        return check_templates(list(self.keys), "/keys", vocabulary)

    def summary(self, vocabulary: Vocabulary) -> str:
        keys = ", ".join(str(key["template"] if isinstance(key, dict) else key) for key in self.keys)
        return f"{self.times} within {self.within.words()}, by {keys}"

    def prepare(self, vocabulary: Vocabulary) -> Decider:
        get = getter(list[Any](self.keys))
        times, within, shared = self.times, self.within.exact(), self.scope == "tenant"

        def decide(context: Context) -> outcome.Outcome:
            values, missing = get(context)
            return outcome.Limit(tuple(_written(value) for value in values), times, within, shared, missing)

        return decide


def _written(value: object) -> str:
    """Return a value as a key keeps it: as text, and a long one as what stands for it."""
    text = as_text(value).replace("\x00", "")  # PostgreSQL's JSON cannot hold it
    return text if len(text) <= LONGEST else sha256(text.encode()).hexdigest()
