"""Plugins that came, changed, broke or went since the program was last started, in the audit log of who uses them.

The log itself is the memory: its last entry of a plugin says how it was. A tenant uses a plugin whose section types
stand in a version that is live, or that somebody is inside of.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import structlog
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from campaigns.sections.registry import Plugin, Registry
from campaigns.services import audit
from campaigns.services.drafts import types_in
from campaigns.services.references import versions_in_use
from campaigns.storage.models import AuditEntry, Tenant
from campaigns.storage.transaction import Store, TenantSession, reading, system, writing
from campaigns.tenancy import Tenancy

log = structlog.get_logger()

APPEARED, CHANGED, BROKE, VANISHED = "plugin.appeared", "plugin.changed", "plugin.broke", "plugin.vanished"
RESTS = "plugin.rests"
KIND = "plugin"
_STATES = (APPEARED, CHANGED, BROKE, VANISHED)
Known = Mapping[str, AuditEntry]


@dataclass(frozen=True, slots=True)
class Change:
    """What happened to a plugin, as it is written."""

    action: str
    plugin: str
    detail: dict[str, Any]


def note_changes(store: Store, registry: Registry) -> int:
    """Write what has changed since the last start; return how many entries. A tenant that fails stops no other."""
    with system(store) as session:
        tenants = session.scalars(select(Tenant.id)).all()
    return sum(_note(store, Tenancy(tenant_id), registry) for tenant_id in tenants)


def _note(store: Store, tenancy: Tenancy, registry: Registry) -> int:
    try:
        with reading(store, tenancy) as session:
            if not find_changes(session, registry):
                return 0
        with writing(store, tenancy) as session:
            session.scalars(select(Tenant.id).where(Tenant.id == session.tenant_id).with_for_update()).one()
            found = find_changes(session, registry)  # another process that starts now may have written it
            for change in found:
                audit.record(session, change.action, kind=KIND, target=change.plugin, **change.detail)
        return len(found)
    except SQLAlchemyError:
        log.exception("plugin_changes.failed", tenant=str(tenancy.tenant_id))
        return 0


def find_changes(session: TenantSession, registry: Registry) -> list[Change]:
    """Return what has changed of the plugins that a tenant uses, by name."""
    documents = [row.document for row in versions_in_use(session)]
    used = frozenset[str]().union(*map(types_in, documents))
    theirs = {name for name in used if name not in registry.kinds or registry.kinds[name].plugin}
    if not theirs:
        return []
    known = _last_entries(session)
    return [change for change in _compare(theirs, registry, known) if not _is_told(change, known)]


def _last_entries(session: TenantSession) -> Known:
    """Return by plugin the last entry that says how it was."""
    rows = session.scalars(select(AuditEntry).where(AuditEntry.action.in_(_STATES)).order_by(AuditEntry.id))
    return {row.target: row for row in rows}


def _compare(types: set[str], registry: Registry, known: Known) -> Iterator[Change]:
    plugins = {plugin.name: plugin for plugin in registry.plugins}
    by_plugin: dict[str, set[str]] = {}
    for name in types:
        kind = registry.kinds.get(name)
        by_plugin.setdefault(kind.plugin if kind is not None else _owner(name, known), set()).add(name)
    for name in sorted(by_plugin):
        yield _state(name, sorted(by_plugin[name]), plugins.get(name), known)


def _owner(type_name: str, known: Known) -> str:
    """Return the plugin that a type was of when it was last there; one that nobody has seen goes by its own name."""
    return next((name for name, row in known.items() if type_name in row.detail.get("types", ())), type_name)


def _state(name: str, types: list[str], plugin: Plugin | None, known: Known) -> Change:
    """Return how a plugin is. One that is loaded without a type that is used has lost it: that is as good as gone."""
    if plugin is not None and plugin.error:
        return Change(BROKE, name, {"types": types, "error": plugin.error})
    if plugin is None or not set(types) <= set(plugin.types):
        return Change(VANISHED, name, {"types": types})
    detail = {"types": types, "version": plugin.version, "fingerprint": plugin.fingerprint}
    before = known.get(name)
    is_new = before is None or before.action == VANISHED
    return Change(APPEARED if is_new else CHANGED, name, detail)


def _is_told(change: Change, known: Known) -> bool:
    before = known.get(change.plugin)
    if before is None:
        return False
    if change.action == CHANGED:
        same = all(before.detail.get(key) == change.detail[key] for key in ("version", "fingerprint"))
        return same and before.action in (APPEARED, CHANGED)
    return before.action == change.action and before.detail.get("error") == change.detail.get("error")
