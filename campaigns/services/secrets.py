"""Secrets of a tenant: kept encrypted, named in headers of calls, and never shown again."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select

from campaigns.engine.kinds import Kinds
from campaigns.errors import Invalid, NotFound, Problem
from campaigns.services import audit
from campaigns.services.keys import check_name
from campaigns.services.references import refuse_if_named
from campaigns.services.vocabulary import new_key, save_new
from campaigns.storage.models import Secret
from campaigns.storage.transaction import TenantSession
from campaigns.vault import Vault

MOST = 8000


def list_secrets(session: TenantSession) -> list[Secret]:
    """Return all secrets by name; their values stay sealed."""
    return list(session.scalars(select(Secret).order_by(Secret.name, Secret.key)))


def create_secret(session: TenantSession, vault: Vault, *, name: str, value: str, key: str | None = None) -> Secret:
    """Keep a secret; raise Conflict when the key is taken."""
    name = check_name(name)
    chosen = new_key(session, Secret, name, key)
    row = Secret(key=chosen, name=name, sealed=_sealed(vault, value), created_at=session.now, changed_at=session.now)
    save_new(session, row)
    audit.record(session, "secret.created", kind="secret", target=chosen)
    return row


def replace_secret(session: TenantSession, vault: Vault, key: str, *, value: str) -> Secret:
    """Give a secret another value: what is called from now on carries it."""
    row = get_secret(session, key)
    row.sealed, row.changed_at = _sealed(vault, value), session.now
    audit.record(session, "secret.changed", kind="secret", target=key)
    return row


def delete_secret(session: TenantSession, key: str, *, kinds: Kinds | None = None) -> None:
    """Forget a secret; raise InUse while a workflow that is active, or that somebody is inside of, names it."""
    row = get_secret(session, key)
    refuse_if_named(session, "secret", key, row.name, kinds=kinds)
    session.delete(row)
    audit.record(session, "secret.deleted", kind="secret", target=key)


def get_secret(session: TenantSession, key: str) -> Secret:
    """Return a secret, sealed; raise NotFound."""
    found = session.scalar(select(Secret).where(Secret.key == key))
    if found is None:
        raise NotFound(f"There is no secret {key}.")
    return found


def reveal(session: TenantSession, vault: Vault, keys: Iterable[str]) -> dict[str, str]:
    """Return the values of secrets by key, for a call that is about to be made; those that are gone are left out."""
    wanted = sorted(set(keys))
    if not wanted:
        return {}
    rows = session.scalars(select(Secret).where(Secret.key.in_(wanted)))
    return {row.key: vault.open(row.sealed) for row in rows}


def _sealed(vault: Vault, value: str) -> str:
    if not value.strip():
        raise Invalid(problems=[Problem("/value", "is required")])
    if len(value) > MOST:
        raise Invalid(problems=[Problem("/value", f"has at most {MOST} characters")])
    if "\n" in value.strip() or "\x00" in value:
        raise Invalid(problems=[Problem("/value", "is one line: it goes into a header")])
    return vault.seal(value.strip())
