"""flow.goal: a place that leads jump to from anywhere before, as soon as they have got there."""

from typing import ClassVar, Literal

from pydantic import Field, model_validator

from campaigns.engine.conditions import Condition, check, compile_condition, sentence
from campaigns.engine.fields import field_types
from campaigns.engine.kinds import Reached
from campaigns.engine.outcome import Done, Finish, Outcome, Wait
from campaigns.engine.waiting import TriggerSpec, WaitItem
from campaigns.errors import Problem
from campaigns.sections.base import Context, Decider, Section, Vocabulary, section


@section("flow.goal", role="condition", label="Goal")
class Goal(Section):
    """A lead that meets the condition, or to which the event happens, jumps here from anywhere before.

    Branches that it had under way in forks end. A lead that arrives without having met it waits here, goes on, or
    ends, as chosen.
    """

    looks_back: ClassVar[bool] = True
    goes_wrong = (
        "Both a condition and a trigger, or neither, is refused.",
        "A goal that is waited for and never reached ends the execution after two years.",
    )

    goal: ClassVar[bool] = True

    condition: Condition | None = Field(None, title="Condition")
    trigger: TriggerSpec | None = Field(None, title="Event")
    otherwise: Literal["wait", "continue", "end"] = Field("continue", title="Who arrives without")

    @model_validator(mode="after")
    def _one(self) -> "Goal":
        if (self.condition is None) == (self.trigger is None):
            raise ValueError("a goal is exactly one of a condition and a trigger")
        return self

    def waits(self) -> list[WaitItem]:
        return [WaitItem("reached", self.trigger, "/trigger")] if self.trigger is not None else []

    def check(self, vocabulary: Vocabulary) -> list[Problem]:
        if self.condition is None:
            return []
        return [Problem(f"/condition{p.path}", p.message) for p in check(self.condition, field_types(vocabulary))]

    def summary(self, vocabulary: Vocabulary) -> str:
        if self.condition is not None:
            return sentence(self.condition, vocabulary)
        return self.trigger.type if self.trigger is not None else ""

    def prepare_reached(self, vocabulary: Vocabulary) -> Reached | None:
        if self.condition is None:
            return None
        holds = compile_condition(self.condition, field_types(vocabulary))

        def reached(context: Context) -> dict[str, object] | None:
            verdict = holds(context)
            return dict(verdict.receipt) if verdict.truth else None

        return reached

    def prepare(self, vocabulary: Vocabulary) -> Decider:
        reached = self.prepare_reached(vocabulary)

        def decide(context: Context) -> Outcome:
            if context.woken:
                return Done(receipt={"reached": True, "event": context.event.get("name")})
            met = reached(context) if reached is not None else None
            if met is not None:
                return Done(receipt={**met, "reached": True})
            receipt = {"reached": False}
            if self.otherwise == "wait":
                return Wait(None, receipt)
            return Finish(receipt) if self.otherwise == "end" else Done(receipt=receipt)

        return decide
