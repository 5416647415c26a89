"""Leads: created, found, changed. Every change leaves exactly one event, in the same transaction.

Searching stands in `lead_search`, acting on many at once in `lead_bulk`, erasing in `lead_erasure`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import select

from campaigns.engine.effects import AddTag, AddToList, AssignOwner, Effect, RemoveTag, SetStatus
from campaigns.engine.subject import Subject
from campaigns.errors import Conflict, Invalid, NotFound, Problem
from campaigns.ids import new_id
from campaigns.imports.contacts import phone_key
from campaigns.services.intake import NewEvent
from campaigns.services.lead_changes import apply, change_leads, emit, taken, taken_is_conflict
from campaigns.services.lead_values import WITHOUT_ADDRESS, Checked, Known, check_lead, check_tag, effects, load_known
from campaigns.storage.models import Lead, LeadStatus
from campaigns.storage.queries import lead_merges as merges
from campaigns.storage.queries import leads as queries
from campaigns.storage.queries.bulk import Native, Same, insert
from campaigns.storage.queries.lead_writes import change_subjects, search_text
from campaigns.storage.transaction import TenantSession

_NAMELESS = Known(None, {}, {})  # type: ignore[arg-type]  # enough for tags, which name nothing
_COLUMNS = {"email": "email_key", "external_id": "external_id"}  # by what names are compared
_ATTEMPTS = 5  # between finding nobody and being refused, another one can come and go


def get_lead(session: TenantSession, lead_id: UUID, *, lock: bool = False) -> Lead:
    """Return a lead as it is now, and with `lock` as it stays until this transaction changes it; raise NotFound."""
    statement = select(Lead).where(Lead.id == lead_id).execution_options(populate_existing=True)
    found = session.scalar(statement.with_for_update() if lock else statement)
    if found is None:
        raise NotFound(f"There is no lead {lead_id}.")
    return found


def find_lead(session: TenantSession, *, email_key: str | None = None, external_id: str | None = None) -> Lead | None:
    """Return the lead with this external id, else with this address, or None.

    The names of a lead that was merged into another one are the other one's.
    """
    for column, value in ((Lead.external_id, external_id), (Lead.email_key, email_key)):
        if value:
            found = session.scalar(select(Lead).where(column == value)) or _kept_for(session, column.key, value)
            if found is not None:
                return found
    return None


def _kept_for(session: TenantSession, column: str, value: str) -> Lead | None:
    kept = merges.kept_for(session, column, [value]).get(value)
    return session.scalar(select(Lead).where(Lead.id == kept)) if kept is not None else None


def create_lead(session: TenantSession, values: Mapping[str, Any]) -> Lead:
    """Make a lead from a body as the API takes it (and `lists`); raise Invalid, or Conflict when it exists."""
    known = load_known(session)
    checked = _identified(check_lead(known, values))
    lead_id = _insert(session, known, checked)
    if lead_id is None:
        key = "email" if find_lead(session, email_key=checked.email_key) is not None else "external_id"
        raise taken(key)
    return get_lead(session, lead_id)


def upsert_lead(session: TenantSession, values: Mapping[str, Any]) -> tuple[Lead, bool]:
    """Create a lead, or change the one with this external id, else with this address; say whether it is new.

    The unique keys decide, so of two that create the same lead in the same moment both succeed, one changing what
    the other made. Raise Conflict when external id and address belong to different leads.
    """
    known = load_known(session)
    checked = _identified(check_lead(known, values))
    for _ in range(_ATTEMPTS):
        lead_id = _insert(session, known, checked)
        if lead_id is not None:
            return get_lead(session, lead_id), True
        found = _match(session, checked)
        if found is not None:
            _change(session, found.id, known, _without_former_names(session, found, checked))
            return get_lead(session, found.id), False
    raise Conflict("This lead was created and erased by others in the same moment. Try again.")


def update_lead(session: TenantSession, lead_id: UUID, values: Mapping[str, Any]) -> Lead:
    """Change what is given and nothing else; null empties, `fields` are merged, `tags` and `lists` are whole sets.

    Raise NotFound, Invalid, or Conflict when an address or external id is another lead's.
    """
    get_lead(session, lead_id)
    known = load_known(session)
    checked = check_lead(known, values)
    given = {"email_key": checked.email_key, "external_id": checked.values.get("external_id")}
    merges.give_back(session, lead_id, {key: value for key, value in given.items() if value})
    _change(session, lead_id, known, checked)
    return get_lead(session, lead_id)


def set_status(session: TenantSession, lead_id: UUID, status: str) -> Lead:
    """Give a lead a status, by key."""
    return update_lead(session, lead_id, {"status": status})


def assign_owner(session: TenantSession, lead_id: UUID, owner: str | None) -> Lead:
    """Give a lead an owner, by the member's address, or none."""
    return update_lead(session, lead_id, {"owner": owner})


def set_lists(session: TenantSession, lead_id: UUID, lists: Sequence[str]) -> Lead:
    """Put a lead on exactly these lists, by key."""
    return update_lead(session, lead_id, {"lists": list(lists)})


def add_tag(session: TenantSession, lead_id: UUID, tag: str) -> Lead:
    """Mark a lead with a tag, or with several that stand in one text with commas between them."""
    return _retag(session, lead_id, [AddTag(one) for one in check_lead(_NAMELESS, {"tags": tag}).tags or ()])


def remove_tag(session: TenantSession, lead_id: UUID, tag: str) -> Lead:
    """Take a tag from a lead."""
    return _retag(session, lead_id, [RemoveTag(check_tag(tag))])


def lead_json(session: TenantSession, leads: Sequence[Lead]) -> list[dict[str, Any]]:
    """Return leads as the API answers them, in their order: four queries, however many there are."""
    if not leads:
        return []
    around = queries.load_around(session, [lead.id for lead in leads])
    return [
        {
            "id": str(lead.id),
            "email": lead.email,
            "external_id": lead.external_id,
            "first_name": lead.first_name,
            "last_name": lead.last_name,
            "phone": lead.phone,
            "status": around.statuses.get(lead.status_id),
            "owner": around.owners.get(lead.owner_id) if lead.owner_id else None,
            "tags": around.tags.get(lead.id, []),
            "lists": around.lists.get(lead.id, []),
            "score": lead.score,
            "fields": lead.fields,
            "created_at": _moment(lead.created_at),
            "updated_at": _moment(lead.updated_at),
        }
        for lead in leads
    ]


def _moment(at: Any) -> str:
    return str(at.isoformat().replace("+00:00", "Z"))


def _identified(checked: Checked) -> Checked:
    if not checked.email_key and not checked.values.get("external_id"):
        raise Invalid(problems=[Problem("/email", WITHOUT_ADDRESS)])
    return checked


def _match(session: TenantSession, checked: Checked) -> Lead | None:
    """Return the lead that these values mean; raise Conflict when they mean two."""
    external_id = checked.values.get("external_id")
    mine = find_lead(session, external_id=external_id)
    holder = find_lead(session, email_key=checked.email_key)
    if mine is not None:
        if holder is not None and holder.id != mine.id:
            raise taken("email")
        return mine
    if holder is not None and external_id and holder.external_id:
        message = f"the lead with this address has the external id {holder.external_id}"
        raise Conflict(f"{message[0].upper()}{message[1:]}.", problems=[Problem("/external_id", message)])
    return holder


def _without_former_names(session: TenantSession, lead: Lead, checked: Checked) -> Checked:
    """Return the values without a name that found the lead only because another one was merged into it."""
    given = {
        "email": (checked.email_key, lead.email_key),
        "external_id": (checked.values.get("external_id"), lead.external_id),
    }
    former = {
        key for key, (named, present) in given.items()
        if named and named != present and merges.kept_for(session, _COLUMNS[key], [named]).get(named) == lead.id
    }  # fmt: skip
    values = {key: value for key, value in checked.values.items() if key not in former}
    return replace(checked, values=values) if former else checked


def _change(session: TenantSession, lead_id: UUID, known: Known, checked: Checked) -> None:
    def plan(subject: Subject) -> Iterable[Effect]:
        after = {**subject.values, **checked.values}
        if not after.get("email") and not after.get("external_id"):
            raise Invalid(problems=[Problem("/email", WITHOUT_ADDRESS)])
        return effects(checked, subject)

    lists = known.lists if checked.lists is not None else None
    change_leads(session, [lead_id], plan, lists=lists, tags=checked.tags is not None)


def _insert(session: TenantSession, known: Known, checked: Checked) -> UUID | None:
    """Write a new lead with its event; None when the unique keys say that there is one already."""
    connection = session.connection()
    native = Native(connection)
    lead_id, now = new_id(), native.moment(session.now)
    values = checked.values
    status = values.get("status")
    columns: dict[str, Any] = {
        "tenant_id": Same(native.id(session.tenant_id)),
        "id": [native.id(lead_id)],
        "email_key": [checked.email_key],
        **{key: [values.get(key)] for key in ("email", "external_id", "first_name", "last_name", "phone")},
        "phone_key": [phone_key(values.get("phone"))],
        "status_id": [known.names.status_ids[status] if status else native.id(_default_status(session))],
        "owner_id": [known.names.user_ids.get(values.get("owner") or "")],
        "score": [values.get("score") or 0],
        "fields": [native.json({key: value for key, value in checked.fields.items() if value is not None})],
        "search_text": [search_text(values)],
        "revision": [0],
        "created_at": [now],
        "updated_at": [now],
    }
    with taken_is_conflict():
        if insert(connection, "leads", columns, suffix="ON CONFLICT DO NOTHING") == 0:
            return None
        subject = Subject(native.id(lead_id), {})
        apply((*map(AddToList, checked.lists or ()), *map(AddTag, checked.tags or ())), subject)
        change_subjects(connection, native.id(session.tenant_id), [subject], None, known.lists, now=session.now)
    added = {"lists_added": list(checked.lists)} if checked.lists else None
    emit(session, [NewEvent("lead.created", lead_id, added)])
    return lead_id


def _default_status(session: TenantSession) -> UUID:
    return session.scalars(select(LeadStatus.id).where(LeadStatus.is_default)).one()


def _retag(session: TenantSession, lead_id: UUID, changes: Sequence[Effect]) -> Lead:
    get_lead(session, lead_id)
    change_leads(session, [lead_id], lambda _: changes, tags=True)
    return get_lead(session, lead_id)


__all__ = [
    "AssignOwner", "SetStatus", "add_tag", "assign_owner", "create_lead", "find_lead", "get_lead", "lead_json",
    "remove_tag", "set_lists", "set_status", "update_lead", "upsert_lead",
]  # fmt: skip
