"""Guessing slowed down: sign-ins counted in the database, per account, per known browser and per network address.

An attempt counts before the password is looked at, so that a thousand at once don't slip by while the first is checked.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import IPv6Address, ip_address, ip_network

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite

from campaigns.errors import TooMany
from campaigns.storage.models import SignInAttempt
from campaigns.storage.transaction import Store, SystemSession, system

FREE_OF_ACCOUNT = 3
FREE_OF_ADDRESS = 20  # an office shares one address
LONGEST = timedelta(minutes=15)
FORGOTTEN_AFTER = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom attempts are counted for. `free`: how many cost no waiting."""

    name: str
    free: int


def of_account(email_key: str) -> Subject:
    """Count for an account, whether it exists or not; the address itself is not stored."""
    return Subject(f"account:{hashlib.sha256(email_key.encode()).hexdigest()[:32]}", FREE_OF_ACCOUNT)


def of_device(device: str) -> Subject:
    """Count for a browser that has signed in to the account before, so that strangers' guesses don't lock it out."""
    return Subject(f"device:{device}", FREE_OF_ACCOUNT)


def of_address(address: str) -> Subject:
    """Count for a network address; a household's whole IPv6 network counts as one."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return Subject("address:unknown", FREE_OF_ADDRESS)
    network = ip_network((parsed, 64), strict=False) if isinstance(parsed, IPv6Address) else parsed
    return Subject(f"address:{network}", FREE_OF_ADDRESS)


def count(store: Store, subjects: Iterable[Subject]) -> None:
    """Count one attempt for each; raise TooMany while one of them has to wait."""
    with system(store, writes=True) as session:
        rows = [(subject, _locked(session, subject)) for subject in sorted(subjects, key=lambda each: each.name)]
        waits = [row.blocked_until - session.now for _, row in rows if row.blocked_until is not None]
        longest = max(waits, default=timedelta(0))
        if longest > timedelta(0):
            seconds = int(longest.total_seconds()) + 1
            raise TooMany(f"Too many attempts: wait {_told(seconds)}, then try again.", retry_after_seconds=seconds)
        for subject, row in rows:
            _count_one(session, subject, row)


def settle(session: SystemSession, *, right: Subject, address: Subject) -> None:
    """Forget an account's failures after a right password, and take this attempt back from its address."""
    session.execute(delete(SignInAttempt).where(SignInAttempt.subject == right.name))
    row = session.get(SignInAttempt, address.name)
    if row is not None:
        row.failures, row.blocked_until = max(row.failures - 1, 0), None
    session.execute(delete(SignInAttempt).where(SignInAttempt.last_at < session.now - FORGOTTEN_AFTER))


def _locked(session: SystemSession, subject: Subject) -> SignInAttempt:
    dialect = postgresql if session.connection().dialect.name == "postgresql" else sqlite
    values = {"subject": subject.name, "failures": 0, "blocked_until": None, "last_at": session.now}
    session.execute(dialect.insert(SignInAttempt).values(values).on_conflict_do_nothing())
    statement = select(SignInAttempt).where(SignInAttempt.subject == subject.name).with_for_update()
    return session.scalars(statement).one()


def _count_one(session: SystemSession, subject: Subject, row: SignInAttempt) -> None:
    if row.last_at < session.now - FORGOTTEN_AFTER:
        row.failures = 0
    row.failures, row.last_at = row.failures + 1, session.now
    beyond = row.failures - subject.free
    wait = min(timedelta(seconds=2 ** min(beyond, 20)), LONGEST) if beyond >= 0 else None
    row.blocked_until = session.now + wait if wait else None


def _told(seconds: int) -> str:
    return f"{seconds} seconds" if seconds < 120 else f"{seconds // 60} minutes"
