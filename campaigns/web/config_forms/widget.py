"""What a form shows of one setting: everything as it stands in the form, valid or not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from werkzeug.datastructures import MultiDict

from campaigns.engine.kinds import Vocabulary
from campaigns.errors import Problem

Sent = MultiDict[str, str]
Option = tuple[str, str]  # value, and how it reads
ABSENT: Any = object()  # what is read where a form says nothing


@dataclass(frozen=True, slots=True)
class Widget:
    """One setting in the form. `kind` names the macro that draws it, `name` is the form field's or their common prefix.

    `parts` are rows of what grows; `more` is what the macro of this kind needs besides. `path`: the problems it shows.
    """

    kind: str
    name: str
    label: str
    help: str = ""
    value: str = ""
    options: Sequence[Option] = ()
    required: bool = False
    error: str = ""
    parts: Sequence[Any] = ()
    more: dict[str, Any] = field(default_factory=dict)
    aside: bool = False  # may be folded away while it is empty


@dataclass(frozen=True, slots=True)
class Look:
    """What a codec needs to draw: the words around a setting, the tenant's vocabulary, and what is wrong with it.

    The problems' paths are JSON Pointers below the setting: "" is the setting itself.
    """

    label: str
    vocabulary: Vocabulary
    help: str = ""
    required: bool = False
    problems: Sequence[Problem] = ()

    @property
    def error(self) -> str:
        """All problems of the setting in one sentence."""
        return sentence(problem.message for problem in self.problems)

    def own(self) -> str:
        """Return what is wrong with the setting itself, and not with a part of it."""
        return sentence(problem.message for problem in self.problems if not problem.path)

    def below(self, *steps: str) -> list[Problem]:
        """Return the problems at a place inside the setting and below it, by what follows it."""
        path = "".join(f"/{step}" for step in steps)
        own = [p for p in self.problems if p.path == path or p.path.startswith(f"{path}/")]
        return [Problem(p.path.removeprefix(path), p.message) for p in own]

    def at(self, *steps: str) -> str:
        """Return what is wrong at a place inside the setting, or below it."""
        path = "".join(f"/{step}" for step in steps)
        return sentence(p.message for p in self.problems if p.path == path or p.path.startswith(f"{path}/"))


class Codec(Protocol):
    """How one kind of setting stands in a form."""

    def write(self, name: str, value: Any, form: Sent) -> None:
        """Put a value into a form; what the form can't show raises ValueError."""

    def read(self, name: str, form: Sent) -> Any:
        """Return the value that a form holds, or ABSENT. What is half filled in comes out as it is."""

    def show(self, name: str, form: Sent, look: Look) -> Widget:
        """Return the widget for what the form holds."""


def sentence(messages: Any) -> str:
    """Return messages as one sentence, or nothing."""
    text = "; ".join(dict.fromkeys(messages))
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "?", "!")) else ".") if text else ""
