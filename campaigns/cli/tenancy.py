"""One tenant's data, opened for a command: the key in, a session out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from campaigns.cli.program import Program
from campaigns.services import tenants
from campaigns.storage.transaction import TenantSession, reading, system, writing
from campaigns.tenancy import Actor, Tenancy

if TYPE_CHECKING:
    from campaigns.runtime import Runtime

ACTOR = Actor("system", None, "Command line")


@contextmanager
def reading_tenant(program: Program, key: str) -> Iterator[tuple[Runtime, TenantSession]]:
    """Open a tenant for reading; raise NotFound when there is none of that key."""
    with program.open() as runtime, reading(runtime.store, tenancy_of(runtime, key)) as session:
        yield runtime, session


@contextmanager
def writing_tenant(program: Program, key: str) -> Iterator[tuple[Runtime, TenantSession]]:
    """Open a tenant for one transaction of the command's; raise NotFound when there is none of that key."""
    with program.open() as runtime, writing(runtime.store, tenancy_of(runtime, key)) as session:
        yield runtime, session


def tenancy_of(runtime: Runtime, key: str) -> Tenancy:
    """Return the tenancy that commands act in; raise NotFound."""
    with system(runtime.store) as session:
        return Tenancy(tenants.find_tenant(session, key).id, ACTOR)
