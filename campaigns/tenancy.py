"""Who acts, for which tenant. Every session on tenant data carries one of these."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

ActorKind = Literal["user", "api_key", "import", "execution", "system"]
Role = Literal["owner", "admin", "editor", "viewer"]


@dataclass(frozen=True, slots=True)
class Actor:
    """Who causes a change: a person, an API key, an import, an execution, or the system itself."""

    kind: ActorKind
    id: UUID | None = None
    name: str = ""


SYSTEM = Actor("system", None, "Campaigns")


@dataclass(frozen=True, slots=True)
class Tenancy:
    """The open tenant and the actor. `hop` counts how many executions lie between a person and this change."""

    tenant_id: UUID
    actor: Actor = SYSTEM
    hop: int = 0
