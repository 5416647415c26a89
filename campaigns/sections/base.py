"""How a section type is written: a config model with a decorator.

@section("flow.stop", role="finish", label="Stop")
class Stop(Section):
    "Ends the execution as stopped, with a reason."
    reason: str = Field("", title="Reason")

    def decide(self, context: Context) -> Outcome:
        return outcome.Stop(self.reason)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from campaigns.engine.context import Context
from campaigns.engine.kinds import (
    Decider,
    Example,
    FieldType,
    Kind,
    Matcher,
    Reference,
    Role,
    Section,
    Trigger,
    Vocabulary,
)

SectionType = TypeVar("SectionType", bound=type[Section])
MARK = "__section_kind__"
References = list[Reference]  # for configs with a key `list`, which hides the word


def section(name: str, *, role: Role, label: str, group: str = "") -> Callable[[SectionType], SectionType]:
    """Mark a class as the section type `name`; the registry finds it in its module.

    `group` is the heading in the Section menu; by default the part of the name before the dot.
    """

    def mark(model: SectionType) -> SectionType:
        heading = group or name.partition(".")[0]
        setattr(model, MARK, Kind(name=name, role=role, label=label, model=model, group=heading))
        return model

    return mark


__all__ = [
    "Context",
    "Decider",
    "Example",
    "FieldType",
    "Kind",
    "Matcher",
    "Reference",
    "References",
    "Section",
    "Trigger",
    "Vocabulary",
    "section",
]
