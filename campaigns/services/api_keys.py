"""API keys of a tenant: shown once, kept as a hash, limited to scopes, revoked at will.

A key is `cmp_<tenant>_<prefix>_<secret>`: the tenant's id stands in it, since without a tenant no key can be looked up.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable, Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select, update

from campaigns.errors import Conflict, Invalid, NotFound, NotSignedIn, Problem
from campaigns.services import audit
from campaigns.services.keys import check_name
from campaigns.services.rights import SCOPES
from campaigns.services.vocabulary import save_new
from campaigns.storage.models import ApiKey
from campaigns.storage.transaction import Store, TenantSession, reading, writing
from campaigns.tenancy import Actor, Tenancy

USED_EVERY = timedelta(minutes=5)  # how exactly the last use is noted
_TOKEN = re.compile(r"cmp_([0-9a-f]{32})_([0-9a-f]{12})_([0-9a-f]{64})")


class BadKey(NotSignedIn):
    """Send a valid API key in the header Authorization, after the word Bearer."""


def create_key(session: TenantSession, *, name: str, scopes: Iterable[str] = ()) -> tuple[ApiKey, str]:
    """Make a key; return its row, and the key itself, which can't be read again. No scopes: it may do everything."""
    name, chosen = check_name(name), sorted(set(scopes))
    unknown = [scope for scope in chosen if scope not in SCOPES]
    if unknown:
        message = f"there is no scope {unknown[0]}; there are {', '.join(SCOPES)}"
        raise Invalid(problems=[Problem("/scopes", message)])
    if session.scalar(select(ApiKey.id).where(ApiKey.name == name)) is not None:
        raise Conflict("There is a key of this name already.", problems=[Problem("/name", "is taken already")])
    prefix, secret = secrets.token_hex(6), secrets.token_hex(32)
    row = ApiKey(
        name=name,
        prefix=prefix,
        secret_hash=_digest(secret),
        scopes=chosen,
        created_by=session.actor.id if session.actor.kind == "user" else None,
        created_at=session.now,
    )
    save_new(session, row)
    audit.record(session, "api_key.created", kind="api_key", target=str(row.id), scopes=chosen)
    return row, f"cmp_{session.tenant_id.hex}_{prefix}_{secret}"


def list_keys(session: TenantSession) -> Sequence[ApiKey]:
    """Return the keys that are not revoked, the latest first."""
    return session.scalars(select(ApiKey).where(ApiKey.revoked_at.is_(None)).order_by(ApiKey.id.desc())).all()


def revoke_key(session: TenantSession, key_id: UUID) -> ApiKey:
    """End a key at once; its name is free again. Raise NotFound."""
    row = session.scalar(select(ApiKey).where(ApiKey.id == key_id, ApiKey.revoked_at.is_(None)))
    if row is None:
        raise NotFound("There is no such key.")
    row.revoked_at = session.now
    row.name = f"{row.name} (revoked {row.id})"
    audit.record(session, "api_key.revoked", kind="api_key", target=str(row.id))
    return row


def revoke_key_named(session: TenantSession, name: str) -> ApiKey:
    """End the key of a name; raise NotFound."""
    key_id = session.scalar(select(ApiKey.id).where(ApiKey.name == name, ApiKey.revoked_at.is_(None)))
    if key_id is None:
        raise NotFound(f"There is no key {name}.")
    return revoke_key(session, key_id)


def authenticate_key(store: Store, token: str) -> tuple[Tenancy, frozenset[str]]:
    """Return the tenancy that a key acts in, and its scopes (none: everything); raise BadKey."""
    shape = _TOKEN.fullmatch(token)
    if shape is None:
        raise BadKey
    tenant_id, prefix, secret = UUID(shape[1]), shape[2], shape[3]
    with reading(store, Tenancy(tenant_id)) as session:
        row = session.scalar(select(ApiKey).where(ApiKey.prefix == prefix))
        now = session.now
    known = row.secret_hash if row is not None else _digest("")
    fits = hmac.compare_digest(known, _digest(secret))
    if row is None or not fits or row.revoked_at is not None:
        raise BadKey
    if row.last_used_at is None or row.last_used_at < now - USED_EVERY:
        _note_used(store, tenant_id, row.id)
    return Tenancy(tenant_id, Actor("api_key", row.id, row.name)), frozenset(row.scopes)


def _note_used(store: Store, tenant_id: UUID, key_id: UUID) -> None:
    with writing(store, Tenancy(tenant_id)) as session:
        own = (ApiKey.tenant_id == tenant_id, ApiKey.id == key_id)
        session.execute(update(ApiKey).where(*own).values(last_used_at=session.now))


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
