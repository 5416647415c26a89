"""Custom lead fields: their definitions."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select

from campaigns.engine.fields import BUILT_IN_FIELDS
from campaigns.errors import Conflict, Invalid, Problem
from campaigns.services.keys import check_name
from campaigns.services.references import refuse_if_used
from campaigns.services.vocabulary import find_keyed, new_key, save_new
from campaigns.storage.models import LeadField
from campaigns.storage.queries.vocabulary import forget_field
from campaigns.storage.transaction import TenantSession

TYPES = ("text", "number", "boolean", "date", "datetime", "choice", "email", "phone", "url")
RESERVED = frozenset(BUILT_IN_FIELDS) | {"id", "tenant_id", "tags", "lists", "fields", "revision"}
MAX_FIELDS = 200
MAX_CHOICES = 500


def list_fields(session: TenantSession) -> list[LeadField]:
    """Return all custom fields in their order."""
    return list(session.scalars(select(LeadField).order_by(LeadField.position, LeadField.key)))


def get_field(session: TenantSession, key: str) -> LeadField:
    """Return a custom field; raise NotFound."""
    return find_keyed(session, LeadField, key)


def create_field(
    session: TenantSession, *, name: str, type: str = "text", key: str | None = None, choices: Sequence[str] = ()
) -> LeadField:
    """Make a custom field. Names of built-in fields can't be taken; a choice field has choices, others none."""
    name = check_name(name)
    if type not in TYPES:
        raise Invalid(problems=[Problem("/type", f"is one of: {', '.join(TYPES)}")])
    checked = _check_choices(type, choices)
    count, last = session.execute(select(func.count(), func.max(LeadField.position)).select_from(LeadField)).one()
    if count >= MAX_FIELDS:
        raise Conflict(f"A tenant has at most {MAX_FIELDS} custom fields.")
    row = LeadField(
        key=new_key(session, LeadField, name, key, reserved=RESERVED),
        name=name,
        type=type,
        choices=checked,
        position=0 if last is None else last + 1,
        created_at=session.now,
    )
    return save_new(session, row)


def update_field(
    session: TenantSession,
    key: str,
    *,
    name: str | None = None,
    type: str | None = None,
    choices: Sequence[str] | None = None,
    position: int | None = None,
) -> LeadField:
    """Rename or move a field, or change its choices; its type is kept, since leads hold values of it."""
    row = get_field(session, key)
    if type is not None and type != row.type:
        raise Invalid(problems=[Problem("/type", f"can't be changed: leads hold values of type {row.type}")])
    if name is not None:
        row.name = check_name(name)
    if choices is not None:
        row.choices = _check_choices(row.type, choices)
    if position is not None:
        row.position = position
    return row


def delete_field(session: TenantSession, key: str) -> None:
    """Delete a field with its values; raise InUse with the workflows that use it."""
    row = get_field(session, key)
    refuse_if_used(session, "field", [row.id], row.name)
    session.delete(row)
    session.flush()
    forget_field(session, key)


def _check_choices(type: str, choices: Sequence[str]) -> list[str]:
    if type != "choice":
        if choices:
            raise Invalid(problems=[Problem("/choices", "only a field of type choice has choices")])
        return []
    cleaned = [check_name(choice, path=f"/choices/{index}") for index, choice in enumerate(choices)]
    if not cleaned or len(cleaned) > MAX_CHOICES:
        raise Invalid(problems=[Problem("/choices", f"a choice field has 1 to {MAX_CHOICES} choices")])
    if len(set(cleaned)) < len(cleaned):
        raise Invalid(problems=[Problem("/choices", "has the same choice twice")])
    return cleaned
