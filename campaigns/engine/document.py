"""The workflow document: what the builder edits, the API takes, and a version freezes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from campaigns.engine.conditions import Condition
from campaigns.engine.duration import Duration
from campaigns.engine.waiting import Times

FORMAT = 1
MAX_SECTIONS = 500
MAX_DEPTH = 20
MAX_BRANCHES = 20

Id = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,39}$")]
ShortText = Annotated[str, StringConstraints(max_length=200)]
LongText = Annotated[str, StringConstraints(max_length=4000)]


class Part(BaseModel):
    """Every part of a document refuses keys it does not know."""

    model_config = ConfigDict(extra="forbid")


class Limits(Part):
    """How many executions there may be; 0 means no limit. They are decided where an execution is written."""

    active_total: int = Field(0, ge=0, strict=True, description="in the workflow at one time")
    per_lead_ever: int = Field(0, ge=0, strict=True, description="of one lead, those that are over included")
    per_lead_active: int = Field(1, ge=0, strict=True, description="of one lead at one time")


class SendingHours(Part):
    """The hours of the day in which this workflow sends."""

    from_: str = Field(alias="from", pattern=r"^([01]\d|2[0-3]):[0-5]\d$")
    to: str = Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")
    weekdays: list[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]] | None = None


class WorkflowSettings(Part):
    """Rules for the whole workflow."""

    limits: Limits = Field(default_factory=Limits)
    reenter_after: Duration | None = Field(None, description="how long a lead stays out after its last start")
    keep_while: Condition | None = Field(None, description="must hold at the start and for the whole run")
    time_zone: str = Field("lead", description="`lead`, `tenant`, or a name such as `Europe/Berlin`")
    sending_hours: SendingHours | None = Field(None, description="not available yet")


class TriggerItem(Part):
    """A trigger: at the top it starts, restarts or ends executions; as a listener it has sections of its own."""

    id: Id
    type: str
    config: dict[str, Any] = Field(default_factory=dict, description="as the type says")
    filter: Condition | None = Field(None, description="must hold as well")
    name: ShortText = Field("", description="free text")
    note: LongText = Field("", description="free text")
    disabled: bool = Field(False, description="passed over")
    mode: Literal["start", "restart", "exit"] = Field("start", description="what a match does")
    section: Id | None = Field(None, description="where a restart goes back to")


class Listener(TriggerItem):
    """A trigger in mid-flow: armed when its section has run."""

    times: Times | None = Field(None, description="how often the event has to come; once by default")
    listen_for: Duration | None = Field(None, description="30 days by default")
    sections: list[SectionItem] = Field(default_factory=list)


class SectionItem(Part):
    """A section, with the branches it opens and the listeners it arms.

    A branch's end goes on after the section that opened it; a branch that is absent is empty.
    """

    id: Id
    type: str
    name: ShortText = Field("", description="free text")
    note: LongText = Field("", description="free text")
    config: dict[str, Any] = Field(default_factory=dict, description="as the type says")
    only_if: Condition | None = Field(None, description="when it does not hold, the section is skipped")
    disabled: bool = Field(False, description="passed over")
    branches: dict[str, list[SectionItem]] = Field(default_factory=dict, description="lists of sections, by name")
    listeners: list[Listener] = Field(default_factory=list, description="armed when the section has run")


class Document(Part):
    """A whole workflow."""

    format: Literal[1]
    settings: WorkflowSettings = Field(default_factory=WorkflowSettings)
    triggers: list[TriggerItem] = Field(default_factory=list)
    sections: list[SectionItem] = Field(default_factory=list)


def empty_document() -> dict[str, Any]:
    """Return the document of a new workflow: no trigger, no section."""
    return {
        "format": FORMAT,
        "settings": {"limits": {"active_total": 0, "per_lead_ever": 0, "per_lead_active": 1}},
        "triggers": [],
        "sections": [],
    }


def walk(
    sections: list[SectionItem], path: str = "/sections", depth: int = 1
) -> Iterator[tuple[SectionItem, str, int]]:
    """Yield every section with its JSON Pointer and depth, in the order in which it is drawn."""
    for index, section in enumerate(sections):
        here = f"{path}/{index}"
        yield section, here, depth
        for name, inner in section.branches.items():
            yield from walk(inner, f"{here}/branches/{escape(name)}", depth + 1)
        for number, listener in enumerate(section.listeners):
            yield from walk(listener.sections, f"{here}/listeners/{number}/sections", depth + 1)


def walk_triggers(document: Document) -> Iterator[tuple[TriggerItem, str]]:
    """Yield every trigger, at the top and as listeners, with its JSON Pointer."""
    for index, trigger in enumerate(document.triggers):
        yield trigger, f"/triggers/{index}"
    for section, path, _depth in walk(document.sections):
        for number, listener in enumerate(section.listeners):
            yield listener, f"{path}/listeners/{number}"


def escape(name: str) -> str:
    """Return a key as a JSON Pointer token."""
    return name.replace("~", "~0").replace("/", "~1")


SectionItem.model_rebuild()
Listener.model_rebuild()
Document.model_rebuild()
