"""Signed-in browsers: a row each, found by the hash of the token that the cookie carries, ended at will."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select, update

from campaigns.errors import NotFound
from campaigns.services.tenants import Access, list_access
from campaigns.storage.models import SignInSession, User
from campaigns.storage.transaction import Store, SystemSession, bind_tenant, system

IDLE = timedelta(hours=12)
LONGEST = timedelta(days=14)
SEEN_EVERY = timedelta(minutes=10)  # how exactly idling is measured: a page view writes at most this often


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who is signed in, by which session, and which tenants they may open."""

    session_id: UUID
    user_id: UUID
    email: str
    name: str
    time_zone: str
    access: tuple[Access, ...]


def start(session: SystemSession, user_id: UUID, *, address: str = "", user_agent: str = "") -> str:
    """Open a session of a user; return its token, which is stored nowhere."""
    token = secrets.token_urlsafe(32)
    session.add(
        SignInSession(
            token_hash=_digest(token),
            user_id=user_id,
            created_at=session.now,
            seen_at=session.now,
            expires_at=session.now + LONGEST,
            address=address[:64],
            user_agent=user_agent[:300],
        )
    )
    return token


def find(store: Store, token: str) -> SignedIn | None:
    """Return who carries the token; None when the session is unknown, ended, idle for too long, or too old."""
    with system(store) as session:
        open_rows = select(SignInSession, User).join(User, User.id == SignInSession.user_id)
        found = session.execute(open_rows.where(SignInSession.token_hash == _digest(token))).first()
        if found is None or not _is_open(found[0], session.now):
            return None
        row, user = found
        session.info["user_id"] = user.id  # their own memberships may be read from here on
        bind_tenant(session.connection(), None, user_id=user.id)
        access = tuple(list_access(session, user.id))
        is_due = row.seen_at < session.now - SEEN_EVERY
    if is_due:
        _note_seen(store, row.id)
    return SignedIn(row.id, user.id, user.email, user.name, user.time_zone, access)


def list_sessions(session: SystemSession, user_id: UUID) -> Sequence[SignInSession]:
    """Return a user's open sessions, the one seen last first."""
    rows = session.scalars(select(SignInSession).where(SignInSession.user_id == user_id))
    return sorted((row for row in rows if _is_open(row, session.now)), key=lambda row: row.seen_at, reverse=True)


def end(session: SystemSession, user_id: UUID, session_id: UUID) -> None:
    """End one of a user's own sessions; raise NotFound for any other."""
    row = session.get(SignInSession, session_id)
    if row is None or row.user_id != user_id or row.ended_at is not None:
        raise NotFound("There is no such session.")
    row.ended_at = session.now


def end_others(session: SystemSession, user_id: UUID, *, keep: UUID | None) -> None:
    """End all sessions of a user but one."""
    statement = update(SignInSession).where(SignInSession.user_id == user_id, SignInSession.ended_at.is_(None))
    if keep is not None:
        statement = statement.where(SignInSession.id != keep)
    session.execute(statement.values(ended_at=session.now))


def _is_open(row: SignInSession, now: datetime) -> bool:
    return row.ended_at is None and now < row.expires_at and now < row.seen_at + IDLE


def _note_seen(store: Store, session_id: UUID) -> None:
    with system(store, writes=True) as session:
        session.execute(update(SignInSession).where(SignInSession.id == session_id).values(seen_at=session.now))


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
