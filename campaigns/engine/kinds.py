"""What the engine knows of a section type: its name, role, config model, and how it is prepared to run.

The types themselves live in `campaigns.sections` and in plugins; they reach the engine as `Kinds`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict

from campaigns.engine.context import Context
from campaigns.engine.outcome import Done, Outcome
from campaigns.errors import Problem

Role = Literal["start", "trigger", "action", "condition", "delay", "fork", "join", "finish"]
Decider = Callable[[Context], Outcome]
Matcher = Callable[[Context], Any]


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
        }.get(kind, {})


class Section(BaseModel):
    """A section type's config, and what it does with it. One subclass a type; no I/O, no clock, no chance."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    loops: ClassVar[bool] = False  # a branch's end comes back to the section

    def branches(self) -> tuple[str, ...]:
        """Return the names of the branches this section opens, in order."""
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

    def decide(self, context: Context) -> Outcome:
        """Answer with an outcome."""
        raise NotImplementedError

    def resume(self, context: Context) -> Outcome:
        """Answer when a wait is over."""
        return Done(outcome="resumed")


class Trigger(Section):
    """A trigger type's config: which events it listens to, and which of them match."""

    def event_type(self) -> str | None:
        """Return the subscription type this trigger listens to, or None when nothing starts it by itself."""
        raise NotImplementedError

    def prepare_match(self, vocabulary: Vocabulary) -> Matcher:
        """Return the function that says whether an event (in the context) matches."""
        return lambda _context: True


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
