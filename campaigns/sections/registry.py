"""Which section types there are. Built-ins come in by the same door as plugins; a module registers whole or not."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cache
from hashlib import sha256
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType
from typing import get_args

from campaigns.engine.kinds import Kind, Kinds, Role, Section, Trigger
from campaigns.errors import CampaignsError
from campaigns.sections import actions, flow, triggers
from campaigns.sections.base import MARK
from campaigns.sections.guarding import guard
from campaigns.sections.needs import Needs
from campaigns.sections.performing import Performing

ENTRY_POINTS = "campaigns.sections"
_NAME = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*")
_MOST_TOLD = 500


class UnknownSection(CampaignsError):
    """There is no such section type."""

    code = "unknown_section"


class DuplicateSection(CampaignsError):
    """Two modules register the same section type."""

    code = "duplicate_section"


class BadSection(CampaignsError):
    """A class is marked as a section type and can't be one."""

    code = "bad_section"


@dataclass(frozen=True, slots=True)
class Plugin:
    """A plugin as it was found when this process started. `error` says why it could not be loaded.

    `package` and `version` are those of the installed package, `fingerprint` that of the module's file.
    """

    name: str
    module: str
    package: str = ""
    version: str = ""
    fingerprint: str = ""
    types: tuple[str, ...] = ()
    error: str = ""


@dataclass
class Registry:
    """The section types by name, the plugins, and what is wrong with those that could not be loaded."""

    kinds: dict[str, Kind] = field(default_factory=dict)
    broken: dict[str, str] = field(default_factory=dict)
    plugins: list[Plugin] = field(default_factory=list)

    def add_module(self, module: ModuleType, *, plugin: str = "") -> list[str]:
        """Register all section types that a module defines; all or none. Return their names."""
        found: dict[str, Kind] = {}
        for member in vars(module).values():
            kind = vars(member).get(MARK) if isinstance(member, type) else None
            if kind is not None and _defines(module, member, whole=bool(plugin)):
                if kind.name in self.kinds or kind.name in found:
                    raise DuplicateSection(
                        f"{kind.name} is registered already; {module.__name__} can't register it again"
                    )
                if plugin:
                    _check(kind)
                found[kind.name] = Kind(kind.name, kind.role, kind.label, kind.model, kind.group, plugin)
        for name in found if plugin else ():
            guard(found[name].model, name)
        self.kinds.update(found)
        return list(found)

    def add_plugin(self, plugin: Plugin) -> None:
        """Import and register a plugin; one that can't be is noted with the reason, and stops nothing."""
        try:
            module = importlib.import_module(plugin.module)
            types = tuple(self.add_module(module, plugin=plugin.name))
        except (Exception, SystemExit) as error:  # noqa: BLE001 - a stranger's module may raise anything at import
            self.broken[plugin.name] = f"{type(error).__name__}: {error}"[:_MOST_TOLD]
            self.plugins.append(replace(plugin, error=self.broken[plugin.name]))
        else:
            version = plugin.version or str(getattr(module, "__version__", ""))
            self.plugins.append(replace(plugin, version=version, types=types, fingerprint=_fingerprint(module)))

    def get(self, name: str) -> Kind:
        """Return a section type; raise UnknownSection."""
        try:
            return self.kinds[name]
        except KeyError:
            raise UnknownSection(f"There is no section type {name}.") from None


def built_in() -> Registry:
    """Return a registry of the built-ins alone."""
    registry = Registry()
    for package in (triggers, flow, actions):
        for found in pkgutil.iter_modules(package.__path__):
            registry.add_module(importlib.import_module(f"{package.__name__}.{found.name}"))
    return registry


def load(plugins: Iterable[str] = ()) -> Registry:
    """Return a registry of the built-ins, of installed entry points, and of the modules named in `plugins`."""
    registry = built_in()
    installed = {point.name: _of(point) for point in entry_points(group=ENTRY_POINTS)}
    modules = {plugin.module for plugin in installed.values()}
    named = {name: Plugin(name, name) for name in plugins if name not in modules}  # installed and named is once
    for plugin in {**installed, **named}.values():
        registry.add_plugin(plugin)
    return registry


@cache
def registry(plugins: tuple[str, ...] = ()) -> Registry:
    """Return the process's registry, loaded once."""
    return load(plugins)


def kinds(plugins: tuple[str, ...] = ()) -> Kinds:
    """Return the section types by name."""
    return registry(plugins).kinds


def _defines(module: ModuleType, member: type, *, whole: bool) -> bool:
    """Return whether a class is a module's own; with `whole` also one of a module below it, as packages have them."""
    below = whole and member.__module__.startswith(f"{module.__name__}.")
    return below or member.__module__ == module.__name__


def _of(point: EntryPoint) -> Plugin:
    package, version = (point.dist.name, point.dist.version) if point.dist is not None else ("", "")
    return Plugin(point.name, point.module, package, version)


def _check(kind: Kind) -> None:
    """Raise BadSection where a class would harm others than itself."""
    if not _NAME.fullmatch(kind.name):
        raise BadSection(f"{kind.name!r} is no name of a section type: small letters, digits, underscores and dots")
    if kind.role not in get_args(Role):
        raise BadSection(f"{kind.name} has the role {kind.role!r}, which there is not")
    if not issubclass(kind.model, Section) or issubclass(kind.model, Trigger) != kind.is_trigger:
        raise BadSection(f"{kind.name} has to derive from {'Trigger' if kind.is_trigger else 'Section'}")
    if issubclass(kind.model, Performing) and not isinstance(kind.model.needs, Needs):
        raise BadSection(f"the needs of {kind.name} are no Needs")
    kind.model.model_json_schema(by_alias=True)  # raises where a field's type has none


def _fingerprint(module: ModuleType) -> str:
    """Return a short hash of a module's file, by which to tell whether two machines have the same."""
    try:
        return sha256(Path(module.__file__ or "").read_bytes()).hexdigest()[:12]
    except OSError:
        return ""
