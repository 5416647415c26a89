"""Possible duplicates of a lead: others that may well be the same person, with what they have in common."""

from __future__ import annotations

from dataclasses import dataclass

from campaigns.storage.models import Lead
from campaigns.storage.queries import duplicates as queries
from campaigns.storage.transaction import TenantSession

MOST = 5
_LOOKED_AT = 50  # of those that have one thing in common


@dataclass(frozen=True, slots=True)
class Duplicate:
    """Another lead, and why it may be the same: "same phone, same name"."""

    lead: Lead
    reason: str


def find_duplicates(session: TenantSession, lead: Lead) -> list[Duplicate]:
    """Return at most five other leads with the same phone number, or of the same name and a similar address."""
    found: dict[str, list[Lead]] = {
        "same phone": queries.of_phone(session, lead, limit=_LOOKED_AT),
        "same name": queries.of_names(session, lead, limit=_LOOKED_AT),
    }
    reasons: dict[Lead, list[str]] = {}
    for reason, others in found.items():
        for other in others:
            reasons.setdefault(other, []).append(reason)
    ordered = sorted(reasons, key=lambda other: (-len(reasons[other]), other.id))
    return [Duplicate(other, " and ".join(reasons[other])) for other in ordered[:MOST]]
