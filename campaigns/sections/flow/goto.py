"""flow.goto: a jump to another section."""

from typing import Annotated

from pydantic import Field, StringConstraints

from campaigns.engine import outcome
from campaigns.sections.base import Context, Section, Vocabulary, section

Id = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,39}$")]


@section("flow.goto", role="condition", label="Go to")
class Goto(Section):
    """Jumps to another section, at most so many times; after that the lead goes on here.

    Not into another branch of a fork, nor into or out of what a listener runs.
    """

    goes_wrong = (
        "A section that does not exist, or stands in another branch of a fork or in a listener, is refused.",
        "After so many visits the outcome is `exhausted`, and the lead goes on here.",
    )

    section: Id = Field(title="Section")
    max_visits: int = Field(10, title="At most", ge=1, le=1000, strict=True)

    def jumps_to(self) -> str:
        return self.section

    def summary(self, vocabulary: Vocabulary) -> str:
        return f"At most {self.max_visits} times" if self.max_visits > 1 else "At most once"

    def decide(self, context: Context) -> outcome.Outcome:
        return outcome.Goto(self.section, {"to": self.section}, self.max_visits)
