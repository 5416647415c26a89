"""What a call works with: the process's parts, the key's tenant, and its sessions."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from flask import current_app, g

from campaigns.storage.transaction import Store, TenantSession, reading, writing
from campaigns.tenancy import Tenancy

if TYPE_CHECKING:
    from campaigns.runtime import Runtime


@dataclass
class OneTransaction:
    """The transaction of a call that is answered once: its end is left to who keeps the answer."""

    stack: ExitStack = field(default_factory=ExitStack)
    session: TenantSession | None = None

    def open(self) -> TenantSession:
        if self.session is None:
            self.session = self.stack.enter_context(writing(store(), tenancy()))
        return self.session


def runtime() -> Runtime:
    return cast("Runtime", current_app.extensions["runtime"])


def store() -> Store:
    return runtime().store


def tenancy() -> Tenancy:
    return cast("Tenancy", g.api_tenancy)


@contextmanager
def write() -> Iterator[TenantSession]:
    """Open a write transaction as the key; commits at its end, or with the answer that is kept (see `once`)."""
    whole: OneTransaction | None = g.get("api_transaction")
    if whole is not None:
        yield whole.open()
        return
    with writing(store(), tenancy()) as session:
        yield session


def read() -> AbstractContextManager[TenantSession]:
    """Open a session for reading as the key."""
    return reading(store(), tenancy())
