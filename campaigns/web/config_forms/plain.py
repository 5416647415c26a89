"""Settings of one control: text, numbers, choices, ticks, and JSON for what has no control of its own."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from campaigns.engine.json_text import read_json
from campaigns.engine.kinds import Vocabulary
from campaigns.errors import CampaignsError
from campaigns.web.config_forms.widget import ABSENT, Look, Option, Sent, Widget

_LARGEST = 1 << 63
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?", re.ASCII)  # what a browser keeps in a field for a time
Options = Callable[[Vocabulary], Sequence[Option]]


@dataclass(frozen=True, slots=True)
class Text:
    """A line or an area of text; empty says nothing. `suggest` lists what may be picked; `liquid`: it is filled in.

    A line that holds several is drawn as an area: a browser would join them.
    """

    kind: str = "text"
    suggest: Options | None = None
    liquid: bool = False

    def write(self, name: str, value: Any, form: Sent) -> None:
        if not isinstance(value, str) or (self.kind == "time" and not _TIME.fullmatch(value)):
            raise ValueError(value)
        form[name] = value

    def read(self, name: str, form: Sent) -> Any:
        return unbroken(form.get(name, "")) or ABSENT

    def show(self, name: str, form: Sent, look: Look) -> Widget:
        options = self.suggest(look.vocabulary) if self.suggest else ()
        kind = "area" if self.kind == "text" and "\n" in form.get(name, "") else self.kind
        return _widget(kind, name, form, look, options, liquid=self.liquid)


@dataclass(frozen=True, slots=True)
class Number:
    """A number. What is none is passed on as it was typed."""

    whole: bool = True

    def write(self, name: str, value: Any, form: Sent) -> None:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ValueError(value)
        form[name] = str(value)

    def read(self, name: str, form: Sent) -> Any:
        text = form.get(name, "").strip()
        return number(text) if text else ABSENT

    def show(self, name: str, form: Sent, look: Look) -> Widget:
        return _widget("number", name, form, look)


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several. A key that is not among them (any more) stays, and says so.

    `create`: what can be made in place, a list, a status or a template; it is typed in fields of its own. `default`:
    the option that holds where nothing is said; there is no empty one beside it then.
    """

    options: Options
    refresh: bool = False
    empty: str = "Choose…"
    create: str = ""
    default: str = ""

    def write(self, name: str, value: Any, form: Sent) -> None:
        if not isinstance(value, str):
            raise ValueError(value)
        form[name] = value

    def read(self, name: str, form: Sent) -> Any:
        return form.get(name, "") or ABSENT

    def show(self, name: str, form: Sent, look: Look) -> Widget:
        options = list(self.options(look.vocabulary))
        value, none = form.get(name, "") or self.default, not options
        if not self.default and (not look.required or not value):
            options.insert(0, ("", self.empty if look.required else "–"))
        if value and value not in dict(options):
            options.append((value, f"{value} (missing)"))
        more = {"create": self.create, "none": none, "typed": _typed(name, form)} if self.create else {}
        return replace(_widget("select", name, form, look, options, refresh=self.refresh, **more), value=value)


@dataclass(frozen=True, slots=True)
class Tick:
    """Yes or no. A hidden mark tells an empty box from a form that has none."""

    default: bool = False

    def write(self, name: str, value: Any, form: Sent) -> None:
        if not isinstance(value, bool):
            raise ValueError(value)
        form[f"{name}.there"] = "true"
        if value:
            form[name] = "true"

    def read(self, name: str, form: Sent) -> Any:
        if f"{name}.there" not in form:
            return ABSENT
        return form.get(name) == "true"

    def show(self, name: str, form: Sent, look: Look) -> Widget:
        value = self.read(name, form)
        ticked = self.default if value is ABSENT else value
        return Widget("tick", name, look.label, look.help, "true" if ticked else "", error=look.error)


@dataclass(frozen=True, slots=True)
class Ticks:
    """Several of several. `ordered`: they stand in the order in which they were chosen, and are sent so."""

    options: Options
    ordered: bool = False

    def write(self, name: str, value: Any, form: Sent) -> None:
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise ValueError(value)
        if len(set(value)) < len(value):  # a box is ticked once
            raise ValueError(value)
        form.setlist(name, value)

    def read(self, name: str, form: Sent) -> Any:
        return form.getlist(name) or ABSENT

    def show(self, name: str, form: Sent, look: Look) -> Widget:
        chosen = form.getlist(name)
        options = list(self.options(look.vocabulary))
        options += [(key, f"{key} (missing)") for key in chosen if key not in dict(options)]
        if self.ordered:
            options.sort(key=lambda option: chosen.index(option[0]) if option[0] in chosen else len(chosen))
        return Widget("ticks", name, look.label, look.help, options=options, error=look.error, parts=chosen)


@dataclass(frozen=True, slots=True)
class Json:
    """Anything, as JSON. What can't be read is passed on as text, and the model says what it should be."""

    def write(self, name: str, value: Any, form: Sent) -> None:
        form[f"{name}.json"] = json.dumps(value, indent=2, ensure_ascii=False)

    def read(self, name: str, form: Sent) -> Any:
        text = form.get(f"{name}.json", "").strip()
        if not text:
            return ABSENT
        try:
            return read_json(text)
        except CampaignsError:
            return text

    def show(self, name: str, form: Sent, look: Look) -> Widget:
        return _widget("json", f"{name}.json", form, look)


def number(text: str) -> Any:
    """Return the number a text says, or the text."""
    for kind in (int, float):
        try:
            found = kind(text)
        except ValueError:
            continue
        return found if abs(found) < _LARGEST else text  # no comparison holds for what is no number
    return text


def unbroken(text: str) -> str:
    """Return a text with the line ends that it had before a browser sent it."""
    return text.replace("\r\n", "\n")


def named(names: Mapping[str, str]) -> list[Option]:
    """Return keys and names as options, in the order of the names."""
    return sorted(names.items(), key=lambda pair: pair[1].casefold())


def _widget(kind: str, name: str, form: Sent, look: Look, options: Sequence[Option] = (), **more: Any) -> Widget:
    return Widget(kind, name, look.label, look.help, form.get(name, ""), options, look.required, look.error, more=more)


def _typed(name: str, form: Sent) -> dict[str, str]:
    """Return what the form holds for a new one that is made in place."""
    return {part: form.get(f"new.{name}.{part}", "") for part in ("name", "subject", "text", "error")}
