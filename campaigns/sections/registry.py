"""Which section types there are. Built-ins come in by the same door as plugins; a module registers whole or not."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import entry_points
from types import ModuleType

from campaigns.engine.kinds import Kind, Kinds
from campaigns.errors import CampaignsError
from campaigns.sections import actions, flow, triggers
from campaigns.sections.base import MARK

ENTRY_POINTS = "campaigns.sections"


class UnknownSection(CampaignsError):
    """There is no such section type."""

    code = "unknown_section"


class DuplicateSection(CampaignsError):
    """Two modules register the same section type."""

    code = "duplicate_section"


@dataclass
class Registry:
    """The section types by name, and what is wrong with the modules that could not be loaded."""

    kinds: dict[str, Kind] = field(default_factory=dict)
    broken: dict[str, str] = field(default_factory=dict)

    def add_module(self, module: ModuleType, *, plugin: str = "") -> list[str]:
        """Register all section types that a module defines; all or none. Return their names."""
        found: dict[str, Kind] = {}
        for member in vars(module).values():
            kind = vars(member).get(MARK) if isinstance(member, type) else None
            if kind is not None and member.__module__ == module.__name__:
                if kind.name in self.kinds or kind.name in found:
                    raise DuplicateSection(
                        f"{kind.name} is registered already; {module.__name__} can't register it again"
                    )
                found[kind.name] = Kind(kind.name, kind.role, kind.label, kind.model, kind.group, plugin)
        self.kinds.update(found)
        return list(found)

    def get(self, name: str) -> Kind:
        """Return a section type; raise UnknownSection."""
        try:
            return self.kinds[name]
        except KeyError:
            raise UnknownSection(f"There is no section type {name}.") from None


def load(plugins: Iterable[str] = ()) -> Registry:
    """Return a registry of the built-ins, of installed entry points, and of the modules named in `plugins`.

    A plugin that can't be imported or registered is noted in `broken` and stops nothing.
    """
    registry = Registry()
    for package in (triggers, flow, actions):
        for found in pkgutil.iter_modules(package.__path__):
            registry.add_module(importlib.import_module(f"{package.__name__}.{found.name}"))
    named = {point.name: point.value for point in entry_points(group=ENTRY_POINTS)}
    for name, module_name in {**named, **{name: name for name in plugins}}.items():
        try:
            registry.add_module(importlib.import_module(module_name), plugin=name)
        except Exception as error:  # noqa: BLE001 - a stranger's module may raise anything at import
            registry.broken[name] = f"{type(error).__name__}: {error}"
    return registry


@cache
def registry(plugins: tuple[str, ...] = ()) -> Registry:
    """Return the process's registry, loaded once."""
    return load(plugins)


def kinds(plugins: tuple[str, ...] = ()) -> Kinds:
    """Return the section types by name."""
    return registry(plugins).kinds
