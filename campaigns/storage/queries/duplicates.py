"""Leads that may be the same person as another one: found by indexes alone, never by looking through all."""

from __future__ import annotations

from sqlalchemy import ColumnElement, or_, select

from campaigns.storage.models import Lead
from campaigns.storage.transaction import TenantSession

_ESCAPE = "\\"


def of_phone(session: TenantSession, lead: Lead, *, limit: int) -> list[Lead]:
    """Return others with the same phone number, however it is written."""
    return _others(session, lead, Lead.phone_key == lead.phone_key, limit=limit) if lead.phone_key else []


def of_names(session: TenantSession, lead: Lead, *, limit: int) -> list[Lead]:
    """Return others of the same first and last name, where one has no address or both begin theirs alike."""
    if not lead.first_name or not lead.last_name:
        return []
    alike: list[ColumnElement[bool]] = [
        Lead.last_name.in_(_written(lead.last_name)),
        Lead.first_name.in_(_written(lead.first_name)),
    ]
    if lead.email_key:
        local = lead.email_key.rpartition("@")[0]
        for letter in (_ESCAPE, "%", "_"):
            local = local.replace(letter, _ESCAPE + letter)
        alike.append(or_(Lead.email_key.is_(None), Lead.email_key.like(f"{local}@%", escape=_ESCAPE)))
    return _others(session, lead, *alike, limit=limit)


def _others(session: TenantSession, lead: Lead, *alike: ColumnElement[bool], limit: int) -> list[Lead]:
    """In no order: for the order of ids SQLite would walk through all leads."""
    statement = select(Lead).where(Lead.tenant_id == session.tenant_id, *alike, Lead.id != lead.id)
    return list(session.scalars(statement.limit(limit)))


def _written(name: str) -> list[str]:
    """Return how people write a name: an index knows no case."""
    return sorted({name, name.lower(), name.upper(), name.title(), name.capitalize()})
