"""Editing a lead beside others: only what differs from what the form was opened with is written.

The form carries `was`, a digest of each value it was opened with. Where somebody else changed the same value in the
meantime, nothing is saved: the form comes again with both, and `was` as the lead is then.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import blake2s
from uuid import UUID

from campaigns.errors import Conflict
from campaigns.services import fields, leads
from campaigns.storage.models import Lead, LeadField
from campaigns.storage.transaction import TenantSession
from campaigns.web.lead_forms import CUSTOM, TEXTS, as_text, read_fields, read_lead

BOTH_CHANGED = "Somebody else changed the same values while this form was open. Nothing is saved yet."
Texts = Mapping[str, str]  # by the name of the form's field


@dataclass(frozen=True, slots=True)
class Edit:
    """A form that was sent, beside the lead as it is now: what its sender changed, and what of it others did too."""

    held: Texts
    changed: Texts
    conflicts: tuple[str, ...]

    @property
    def shown(self) -> dict[str, str]:
        """What the form shows again: the lead as it is, and over it what was typed."""
        return {**self.held, **self.changed}

    @property
    def told(self) -> dict[str, str]:
        """What somebody else made of the values that were typed over, by the field's name."""
        return {name: _meanwhile(self.held[name]) for name in self.conflicts}


def texts_of(lead: Lead, own: Iterable[LeadField]) -> dict[str, str]:
    """Return a lead as its form shows it."""
    built_in = {name: _lines(as_text(getattr(lead, name))) for name in (*TEXTS, "score")}
    return built_in | {CUSTOM + field.key: _lines(as_text(lead.fields.get(field.key))) for field in own}


def digests(held: Texts) -> str:
    """Return what the form carries as `was`."""
    return json.dumps({name: _digest(text) for name, text in held.items()})


def read_edit(form: Mapping[str, str], held: Texts) -> Edit:
    """Return what a form means for a lead as it is now; one that says not what it was opened with is of now."""
    now = {name: _digest(text) for name, text in held.items()}
    was = {**now, **_opened_with(form.get("was", ""))}
    sent = {name: _lines(form[name]) for name in held if name in form}
    changed = {name: text for name, text in sent.items() if _digest(text) != was[name]}
    taken = tuple(name for name, text in changed.items() if was[name] != now[name] and text != held[name])
    return Edit(held, changed, taken)


def save_edit(session: TenantSession, lead_id: UUID, form: Mapping[str, str]) -> None:
    """Write what was changed in the form; raise Conflict where somebody else changed the same, writing nothing."""
    own = fields.list_fields(session)
    edit = read_edit(form, texts_of(leads.get_lead(session, lead_id, lock=True), own))
    if edit.conflicts:
        raise Conflict(BOTH_CHANGED)
    if edit.changed:
        leads.update_lead(session, lead_id, {**read_lead(edit.changed), "fields": read_fields(edit.changed, own)})


def _opened_with(text: str) -> dict[str, str]:
    try:
        found = json.loads(text or "{}")
    except ValueError:
        return {}
    return {str(name): str(digest) for name, digest in found.items()} if isinstance(found, dict) else {}


def _meanwhile(held: str) -> str:
    now = f"became “{held}”" if held else "was emptied"
    return f"Meanwhile this {now}. What you typed is kept here: save again to put it in its place."


def _digest(text: str) -> str:
    return blake2s(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def _lines(text: str) -> str:
    """Return a text with its line ends as they are stored; browsers send others."""
    return text.replace("\r\n", "\n").replace("\r", "\n")
