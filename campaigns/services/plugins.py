"""Plugins as people look after them: what is there, what is broken, and what is missing."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from campaigns.engine.kinds import Kinds
from campaigns.sections.guarding import faults
from campaigns.sections.registry import Registry
from campaigns.services.drafts import types_in
from campaigns.services.health import Check
from campaigns.services.references import versions_in_use
from campaigns.storage.models import Tenant
from campaigns.storage.transaction import Store, TenantSession, reading, system
from campaigns.tenancy import Tenancy


@dataclass(frozen=True, slots=True)
class Missing:
    """A section type that a version needs and that is not installed."""

    type: str
    workflow: str
    key: str
    version: int


def list_missing(session: TenantSession, kinds: Kinds) -> list[Missing]:
    """Return what the versions that are live, or that somebody is inside of, need and do not find."""
    return [
        Missing(name, row.name, row.key, row.number)
        for row in versions_in_use(session)
        for name in sorted(types_in(row.document) - kinds.keys())
    ]


def check_plugins(registry: Registry) -> Check:
    """Look whether every plugin could be loaded, and whether one has raised since."""
    if registry.broken:
        return Check("plugins", "failed", "; ".join(f"{name}: {why}" for name, why in registry.broken.items()))
    own = sorted(faults.keys() & registry.kinds.keys())
    if own:
        return Check("plugins", "warning", "; ".join(f"{name}: {faults[name]}" for name in own))
    count = len(registry.plugins)
    return Check("plugins", "ok", f"{len(registry.kinds)} section types" + (f", {count} plugins" if count else ""))


def check_missing(store: Store, kinds: Kinds) -> Check:
    """Look whether a version of any tenant needs a section type that is not installed."""
    with system(store) as session:
        tenants = session.execute(select(Tenant.id, Tenant.key).order_by(Tenant.key)).all()
    found: list[str] = []
    for tenant_id, key in tenants:
        with reading(store, Tenancy(tenant_id)) as own:
            found += [f"{key}/{one.key} (version {one.version}) needs {one.type}" for one in list_missing(own, kinds)]
    if found:
        more = f" and {len(found) - 10} more" if len(found) > 10 else ""
        return Check("sections", "failed", "; ".join(found[:10]) + more + ": install its plugin, then retry")
    return Check("sections", "ok", "every version finds its section types")
