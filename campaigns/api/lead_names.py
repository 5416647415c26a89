"""How a body names a lead: by a bare id, or by one of id, email and external_id."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from campaigns.api.requests import uuid_of
from campaigns.errors import Invalid, NotFound, Problem
from campaigns.imports.contacts import address_and_key
from campaigns.services import leads
from campaigns.storage.transaction import TenantSession


def lead_of(session: TenantSession, named: Any) -> UUID:
    """Return the id of the lead that a body names under `lead`; raise Invalid, or NotFound."""
    if isinstance(named, str):
        return uuid_of(named)
    if not isinstance(named, dict) or len(named) != 1 or not set(named) <= {"id", "email", "external_id"}:
        raise Invalid(problems=[Problem("/lead", "name the lead by one of id, email and external_id")])
    ((kind, value),) = named.items()
    if not isinstance(value, str):
        raise Invalid(problems=[Problem(f"/lead/{kind}", "must be text")])
    if kind == "id":
        return uuid_of(value)
    found = leads.find_lead(session, **({"email_key": _key(value)} if kind == "email" else {"external_id": value}))
    if found is None:
        raise NotFound("There is no such lead.")
    return found.id


def _key(email: str) -> str:
    try:
        return address_and_key(email.strip())[1]
    except ValueError as error:
        raise Invalid(problems=[Problem("/lead/email", str(error))]) from None
