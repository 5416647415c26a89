"""flow.wait: until an event comes, or the time is over."""

from datetime import datetime
from typing import Annotated, ClassVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from campaigns.engine.document import MAX_BRANCHES
from campaigns.engine.duration import Duration
from campaigns.engine.moments import written
from campaigns.engine.outcome import Branch, Outcome
from campaigns.engine.outcome import Wait as Waiting
from campaigns.engine.waiting import TriggerSpec, WaitItem
from campaigns.sections.base import Context, Decider, Section, Vocabulary, section

TIMEOUT = "timeout"


class Awaited(BaseModel):
    """A trigger with the branch that it leads to."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)] = Field(title="Branch")
    trigger: TriggerSpec = Field(title="Trigger")


@section("flow.wait", role="delay", label="Wait for")
class Wait(Section):
    """Waits until one of several things happens to the lead; the first wins, the others are waited for no more.

    When the time is over before, the lead takes "timeout". Only what happens after it has got here counts.
    """

    looks_back: ClassVar[bool] = True
    goes_wrong = (
        "An event that came before the lead got here does not count.",
        "Without a time, waiting ends the execution after two years.",
        "Two branches of one name, or one named `timeout`, are refused, and so is a trigger that can't be waited for.",
    )

    for_: list[Awaited] = Field(alias="for", title="Until", min_length=1, max_length=MAX_BRANCHES - 1)
    timeout: Duration | None = Field(None, title="At most")

    @model_validator(mode="after")
    def _names(self) -> "Wait":
        names = [awaited.name for awaited in self.for_]
        if len(set(names)) < len(names) or TIMEOUT in names:
            raise ValueError('what is waited for needs names of its own, and "timeout" is the branch for the rest')
        return self

    def branches(self) -> tuple[str, ...]:
        return (*(awaited.name for awaited in self.for_), TIMEOUT)

    def waits(self) -> list[WaitItem]:
        return [WaitItem(a.name, a.trigger, f"/for/{index}/trigger") for index, a in enumerate(self.for_)]

    @property
    def _most(self) -> str:
        return self.timeout.words() if self.timeout is not None else ""

    def summary(self, vocabulary: Vocabulary) -> str:
        most = f", at most {self.timeout.words()}" if self.timeout is not None else ""
        return f"{' or '.join(awaited.name for awaited in self.for_)}{most}"

    def prepare(self, vocabulary: Vocabulary) -> Decider:
        names = tuple(awaited.name for awaited in self.for_)

        def decide(context: Context) -> Outcome:
            until = self.timeout.add_to(context.now, context.time_zone) if self.timeout is not None else None
            return Waiting(until, {"for": list(names), "until": _text(until)}, names)

        return decide

    def resume(self, context: Context) -> Outcome:
        if not context.woken:
            return Branch(TIMEOUT, {} if context.hastened else {"waited": self._most})
        at = context.event.get("occurred_at")
        return Branch(context.woken, {"event": context.event.get("name"), "at": _text(at)})


def _text(moment: object) -> str | None:
    return written(moment) if isinstance(moment, datetime) else None
