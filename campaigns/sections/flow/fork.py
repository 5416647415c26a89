"""flow.fork: branches that are walked side by side."""

from typing import ClassVar, Literal

from pydantic import Field

from campaigns.engine import outcome
from campaigns.sections.base import Section, Vocabulary, section

_WORDS = {"all": "goes on when all have arrived", "any": "goes on with the first", "none": "goes on at once"}


@section("flow.fork", role="fork", label="Fork")
class Fork(Section):
    """Goes through all of its branches at the same time.

    With `all` the lead goes on when every branch has arrived; with `any` the first that arrives ends the others; with
    `none` it goes on at once, and the branches run on by themselves. A branch that finishes does not arrive.
    """

    goes_wrong = (
        "Where no branch arrives, the lead does not go on after the fork.",
        "A failure in one branch ends the others, and the execution rests as failed.",
    )

    forks: ClassVar[bool] = True
    free_branches: ClassVar[bool] = True  # the document names them

    join: Literal["all", "any", "none"] = Field("all", title="Afterwards")

    def summary(self, vocabulary: Vocabulary) -> str:
        return _WORDS[self.join]

    def prepare_fork(self, branches: tuple[str, ...]) -> outcome.Outcome:
        return outcome.Fork(branches, self.join) if branches else outcome.Done(receipt={"branches": []})
