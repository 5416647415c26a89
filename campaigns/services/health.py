"""What an operator wants to know when something seems wrong: each check answers in one sentence."""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from sqlalchemy import func, or_, select, text
from sqlalchemy.exc import SQLAlchemyError

from campaigns.storage.models import Due
from campaigns.storage.scoping import tenant_tables
from campaigns.storage.transaction import Store, present, system

STUCK_AFTER = timedelta(minutes=5)
LOW_DISK_BYTES = 1024**3
FULL_DISK_BYTES = 100 * 1024**2
CONNECT_SECONDS = 5.0
_PORTS = {"smtp": 25, "smtps": 465}


@dataclass(frozen=True, slots=True)
class Check:
    """What was looked at, how it is (`ok`, `warning`, `failed`), and a sentence."""

    name: str
    state: Literal["ok", "warning", "failed"]
    message: str


def check_store(store: Store) -> Iterator[Check]:
    """Look at an open, current database: its locks of tenancy, and work that nobody does."""
    yield check_tenancy(store)
    yield check_work(store)


def check_tenancy(store: Store) -> Check:
    """Look whether the database itself keeps tenants apart: the role we take, and the policies on their tables."""
    if store.database.is_sqlite:
        return Check("tenancy", "ok", "SQLite has no roles; the program's own locks keep tenants apart")
    with system(store) as session:
        role = session.execute(
            text("SELECT current_user AS name, rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user")
        ).one()
        secured = set(
            session.scalars(
                text(
                    "SELECT relname FROM pg_class WHERE relnamespace = current_schema()::regnamespace"
                    " AND relrowsecurity AND relforcerowsecurity"
                )
            )
        )
    if role.rolsuper or role.rolbypassrls:
        return Check("tenancy", "failed", f"the role {role.name} is not bound by row-level security")
    if bare := sorted(tenant_tables() - secured):
        return Check("tenancy", "failed", f"no row-level security on: {', '.join(bare)}")
    return Check("tenancy", "ok", f"the role {role.name} is bound by row-level security on {len(secured)} tables")


def check_work(store: Store) -> Check:
    """Look for work that has been due for minutes while no worker holds it."""
    with system(store) as session:
        now = present(store, session.connection())
        idle = or_(Due.lease_until.is_(None), Due.lease_until < now)
        overdue = select(func.count(), func.min(Due.next_at)).where(Due.next_at < now - STUCK_AFTER, idle)
        count, oldest = session.execute(overdue).one()
    if count:
        since = f"{oldest:%Y-%m-%d %H:%M} UTC"
        return Check("work", "warning", f"{count} shards wait for a worker, the oldest since {since}: is one running?")
    return Check("work", "ok", "nothing is overdue")


def check_mail(url: str) -> Check:
    """Look whether the mail server answers; nothing is sent, and no password is tried."""
    parts = urlsplit(url)
    if parts.scheme not in _PORTS:
        return Check("mail", "warning", f"mails are not sent: CAMPAIGNS_SMTP_URL is {parts.scheme}:")
    host, port = parts.hostname or "", parts.port or _PORTS[parts.scheme]
    try:
        socket.create_connection((host, port), timeout=CONNECT_SECONDS).close()
    except OSError as error:
        return Check("mail", "failed", f"{host}:{port} does not answer: {error}")
    return Check("mail", "ok", f"{host}:{port} answers")


def check_folder(home: Path) -> Check:
    """Look whether the data folder can be written, and has room."""
    if not home.is_dir() or not os.access(home, os.W_OK):
        return Check("folder", "failed", f"{home} can't be written")
    free = shutil.disk_usage(home).free
    said = f"{home} has {free / 1024**3:.1f} GiB free"
    if free < FULL_DISK_BYTES:
        return Check("folder", "failed", said)
    return Check("folder", "warning" if free < LOW_DISK_BYTES else "ok", said)


def lag_seconds(store: Store) -> float | None:
    """Return how long the oldest due work has been waiting, in seconds; None when the database does not answer."""
    try:
        with system(store) as session:
            oldest = session.scalar(select(func.min(Due.next_at)))
            return max(0.0, (session.now - oldest).total_seconds()) if oldest is not None else 0.0
    except SQLAlchemyError:
        return None
