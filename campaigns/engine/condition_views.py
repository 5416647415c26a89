"""What a condition looks at, and how a field's value is found there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from datetime import datetime, tzinfo
from typing import Protocol


class View(Protocol):
    """One lead at one moment, as conditions see it."""

    @property
    def lead(self) -> Mapping[str, object] | None: ...  # values by field key
    @property
    def tags(self) -> AbstractSet[str]: ...
    @property
    def lists(self) -> AbstractSet[str]: ...
    @property
    def workflows(self) -> AbstractSet[str]: ...  # those the lead is in now
    @property
    def event(self) -> Mapping[str, object]: ...
    @property
    def state(self) -> Mapping[str, object]: ...
    @property
    def session(self) -> Mapping[str, object] | None: ...
    @property
    def now(self) -> datetime: ...
    @property
    def before(self) -> Mapping[str, object] | None: ...  # former values of changed fields, by key
    @property
    def activity(self) -> Callable[[str, datetime | None], int]: ...  # events of a name since an instant
    @property
    def time_zone(self) -> tzinfo: ...


class FormerView:
    """A view as it was before the change it knows of."""

    __slots__ = ("_view", "before", "lead")

    def __init__(self, view: View) -> None:
        self._view = view
        self.before: Mapping[str, object] | None = None
        self.lead: Mapping[str, object] | None = {**(view.lead or {}), **(view.before or {})}

    def __getattr__(self, name: str) -> object:
        return getattr(self._view, name)


Getter = Callable[[View], object]


def getter(path: str) -> Getter:
    """Return a function that finds a field's value in a view, None when there is none."""
    root, _, rest = path.partition(".")
    if root == "now":
        return lambda view: view.now
    if root == "lead":
        return lambda view: None if view.lead is None else view.lead.get(rest)
    steps = rest.split(".")
    if root == "event":
        return lambda view: _follow(_event_root(view.event, steps[0]), steps)
    if root == "state":
        return lambda view: _follow(view.state, steps)
    return lambda view: _follow(view.session, steps)


def template_values(view: View) -> dict[str, object]:
    """Return what templates may name; an event's properties also go by their short names."""
    properties = view.event.get("properties")
    short = properties if isinstance(properties, Mapping) else {}
    return {
        "lead": view.lead or {},
        "event": {**short, **view.event},
        "state": view.state,
        "session": view.session or {},
        "now": view.now,
    }


def is_missing(value: object) -> bool:
    """Return whether a value counts as none: null, and an empty text, list or object. Zero and false are values."""
    return value is None or (not value and isinstance(value, str | list | tuple | Mapping))


def _event_root(event: Mapping[str, object], first: str) -> object:
    return event if first in event else event.get("properties")


def _follow(value: object, steps: list[str]) -> object:
    for step in steps:
        if isinstance(value, Mapping):
            value = value.get(step)
        elif isinstance(value, list) and step.isdecimal() and int(step) < len(value):
            value = value[int(step)]
        else:
            return None
    return value
