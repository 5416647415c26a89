"""What the engine knows of a section type: its name, role, config model, and how it is prepared to run.

The types themselves live in `campaigns.sections` and in plugins; they reach the engine as `Kinds`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict

from campaigns.engine.context import Context
from campaigns.engine.events import RECEIVED
from campaigns.engine.outcome import Done, Outcome
from campaigns.errors import Problem

if TYPE_CHECKING:
    from campaigns.engine.condition_tree import Condition
    from campaigns.engine.waiting import WaitItem

Role = Literal["start", "trigger", "action", "condition", "delay", "fork", "join", "finish"]
Decider = Callable[[Context], Outcome]
Matcher = Callable[[Context], Any]
Reached = Callable[[Context], "dict[str, Any] | None"]


@dataclass(frozen=True, slots=True)
class FieldType:
    """A lead field as conditions and forms need it: its type, and the choices of a choice field."""

    type: str
    choices: tuple[str, ...] = ()
    name: str = ""


@dataclass(frozen=True, slots=True)
class Reference:
    """A key that a config names. `kind`: list, status, field, template, workflow, user, or a tenant of the own tree."""

    kind: str
    key: str
    path: str  # JSON Pointer inside the config


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What exists in the tenant, by key: documents are checked and prepared against it."""

    fields: Mapping[str, FieldType] = field(default_factory=dict)
    lists: Mapping[str, str] = field(default_factory=dict)  # key: name
    statuses: Mapping[str, str] = field(default_factory=dict)
    templates: Mapping[str, str] = field(default_factory=dict)
    template_classes: Mapping[str, str] = field(default_factory=dict)
    workflows: Mapping[str, str] = field(default_factory=dict)
    users: Mapping[str, str] = field(default_factory=dict)  # address: name
    tenants: Mapping[str, str] = field(default_factory=dict)  # of the own tree, this one included
    secrets: Mapping[str, str] = field(default_factory=dict)

    def names(self, kind: str) -> Mapping[str, str]:
        """Return key and name of everything of one reference kind."""
        if kind == "field":
            return {key: spec.name or key for key, spec in self.fields.items()}
        return {
            "list": self.lists,
            "status": self.statuses,
            "template": self.templates,
            "workflow": self.workflows,
            "user": self.users,
            "tenant": self.tenants,
            "secret": self.secrets,
        }.get(kind, {})


@dataclass(frozen=True, slots=True)
class Example:
    """An event that a trigger takes. `fields`: the lead's fields that it tells as changed to what they are."""

    name: str
    properties: Mapping[str, Any] = field(default_factory=dict)
    changes: Mapping[str, Any] = field(default_factory=dict)
    source: str = "manual"
    fields: tuple[str, ...] = ()


class Section(BaseModel):
    """A section type's config, and what it does with it. One subclass a type; no I/O, no clock, no chance."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    loops: ClassVar[bool] = False  # a branch's end comes back to the section
    looks_back: ClassVar[bool] = False  # its own code reads the event or the visit; what its texts name is found
    forks: ClassVar[bool] = False  # its branches are walked side by side, each by a token of its own
    free_branches: ClassVar[bool] = False  # the document names its branches, not the config
    goes_wrong: ClassVar[tuple[str, ...]] = ()  # what may surprise or be refused, a sentence each, for its docs
    goal: ClassVar[bool] = False  # a lead that `prepare_reached` says is there jumps to it from anywhere before
    rounds: ClassVar[int] = 1000  # a loop's most rounds since the last wait, where the config does not say

    def branches(self) -> tuple[str, ...]:
        """Return the names of the branches this section opens, in order."""
        return ()

    def waits(self) -> Sequence[WaitItem]:
        """Return the triggers of the config that the section may wait for, by name."""
        return []

    def jumps_to(self) -> str | None:
        """Return the id of the section that it jumps to, so that the canvas can name it."""
        return None

    def own_waits(self) -> Mapping[str, tuple[str, Matcher]]:
        """Return by name what else it may wait for: a subscription type, and which of those events count."""
        return {}

    def provided(self) -> str | None:
        """Return the key of a template that the tenant is given when the version is frozen, unless it has one."""
        return None

    def member_groups(self) -> tuple[tuple[str, str], ...]:
        """Return whose members it wants to know: ("tenant", key) or ("type", an organisation's type)."""
        return ()

    def references(self) -> Sequence[Reference]:
        """Return every key of the tenant that the config names."""
        return []

    def check(self, vocabulary: Vocabulary) -> list[Problem]:
        """Return what is wrong with the config in this tenant, beyond missing references."""
        return []

    def summary(self, vocabulary: Vocabulary) -> str:
        """Return one line for the card: what the section does, in the user's words."""
        return ""

    def prepare(self, vocabulary: Vocabulary) -> Decider:
        """Return the function that decides; what can be worked out once a version is worked out here."""
        return self.decide

    def prepare_resume(self, vocabulary: Vocabulary) -> Decider:
        """Return the function that answers when a wait is over."""
        return self.resume

    def prepare_again(self, vocabulary: Vocabulary) -> Decider | None:
        """Return the function that decides when a loop's round is over; None: it is the same as for the first."""
        return None

    def prepare_reached(self, vocabulary: Vocabulary) -> Reached | None:
        """Return the function that says whether a lead has reached this goal, with the receipt."""
        return None

    def prepare_fork(self, branches: tuple[str, ...]) -> Outcome:
        """Return what a section that forks answers, whose document has these branches."""
        raise NotImplementedError

    def decide(self, context: Context) -> Outcome:
        """Answer with an outcome."""
        raise NotImplementedError

    def resume(self, context: Context) -> Outcome:
        """Answer when a wait is over."""
        return Done(outcome="resumed")


class Trigger(Section):
    """A trigger type's config: which events it listens to, and which of them match."""

    waitable: ClassVar[bool] = True  # it can be waited and listened for in the midst of a workflow

    def event_type(self) -> str | None:
        """Return the subscription type this trigger listens to, or None when nothing starts it by itself."""
        raise NotImplementedError

    def prepare_match(self, vocabulary: Vocabulary) -> Matcher:
        """Return the function that says whether an event (in the context) matches."""
        return lambda _context: True

    def matches_now(self) -> Condition | str:
        """Return the condition that leads fulfil whom this trigger would have let in; or why nobody knows them."""
        return "what has happened before is not looked for"

    def example(self, vocabulary: Vocabulary) -> Example:
        """Return an event that this trigger takes, as far as its settings say, for trials of a workflow."""
        return Example((self.event_type() or "manual").removeprefix(RECEIVED))


@dataclass(frozen=True, slots=True)
class Kind:
    """A registered section type."""

    name: str
    role: Role
    label: str
    model: type[Section]
    group: str = ""
    plugin: str = ""

    @property
    def help(self) -> str:
        """The first paragraph of the type's docstring."""
        return (self.model.__doc__ or "").strip().split("\n\n")[0].replace("\n", " ").strip()

    @property
    def is_trigger(self) -> bool:
        return self.role == "trigger"


Kinds = Mapping[str, Kind]
