"""The tenant's vocabulary: lists, statuses and tags, and everything that documents may name."""

from __future__ import annotations

import unicodedata
from typing import Any, TypeVar

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from campaigns.engine.kinds import FieldType, Vocabulary
from campaigns.errors import Conflict, InUse, Invalid, NotFound, Problem
from campaigns.imports.values import MAX_TAG, tag_problem
from campaigns.services.keys import check_key, check_name, make_key
from campaigns.services.references import refuse_if_used
from campaigns.storage.models import Lead, LeadField, LeadStatus, List, Tag
from campaigns.storage.queries import vocabulary as queries
from campaigns.storage.transaction import TenantSession

Keyed = TypeVar("Keyed", List, LeadStatus, LeadField)
_KINDS: dict[type[Any], str] = {List: "list", LeadStatus: "status", LeadField: "field"}

__all__ = [
    "create_list", "create_status", "create_tag", "delete_list", "delete_status", "delete_tag", "find_keyed",
    "get_list", "get_status", "list_lists", "list_sizes", "list_statuses", "load_vocabulary", "make_key", "new_key",
    "save_new", "status_sizes", "tag_sizes", "update_list", "update_status",
]  # fmt: skip


def load_vocabulary(session: TenantSession) -> Vocabulary:
    """Return everything that exists in the tenant, by key, in two queries."""
    names: dict[str, dict[str, str]] = {
        kind: {} for kind in ("list", "status", "template", "workflow", "user", "tenant", "secret")
    }
    classes: dict[str, str] = {}
    for kind, key, name, mail_class, _ in queries.load_names(session):
        names[kind][key] = name
        if kind == "template":
            classes[key] = mail_class
    fields = session.scalars(select(LeadField).order_by(LeadField.position, LeadField.key))
    return Vocabulary(
        fields={field.key: FieldType(field.type, tuple(field.choices), field.name) for field in fields},
        lists=names["list"],
        statuses=names["status"],
        templates=names["template"],
        template_classes=classes,
        workflows=names["workflow"],
        users=names["user"],
        tenants=names["tenant"],
        secrets=names["secret"],
    )


def list_lists(session: TenantSession) -> list[List]:
    """Return all lists by name."""
    return list(session.scalars(select(List).order_by(List.name, List.key)))


def list_sizes(session: TenantSession) -> dict[str, int]:
    """Return how many leads are on each list, by key."""
    return queries.load_list_sizes(session)


def get_list(session: TenantSession, key: str) -> List:
    """Return a list; raise NotFound."""
    return find_keyed(session, List, key)


def create_list(session: TenantSession, *, name: str, key: str | None = None) -> List:
    """Make a list; raise Conflict when the key is taken."""
    name = check_name(name)
    row = List(key=new_key(session, List, name, key), name=name, created_at=session.now)
    return save_new(session, row)


def update_list(session: TenantSession, key: str, *, name: str) -> List:
    """Rename a list; its key stays."""
    row = get_list(session, key)
    row.name = check_name(name)
    return row


def delete_list(session: TenantSession, key: str) -> None:
    """Delete a list with its memberships; raise InUse with the workflows that use it."""
    row = get_list(session, key)
    refuse_if_used(session, "list", [row.id], row.name)
    _delete(session, row, row.name)


def list_statuses(session: TenantSession) -> list[LeadStatus]:
    """Return all statuses in their order."""
    return list(session.scalars(select(LeadStatus).order_by(LeadStatus.position, LeadStatus.key)))


def status_sizes(session: TenantSession) -> dict[str, int]:
    """Return how many leads have each status, by key."""
    return queries.load_status_sizes(session)


def get_status(session: TenantSession, key: str) -> LeadStatus:
    """Return a status; raise NotFound."""
    return find_keyed(session, LeadStatus, key)


def create_status(session: TenantSession, *, name: str, key: str | None = None) -> LeadStatus:
    """Make a status, last in order; a tenant's first one is its default."""
    name = check_name(name)
    before = list_statuses(session)
    position = max((status.position for status in before), default=-1) + 1
    row = LeadStatus(key=new_key(session, LeadStatus, name, key), name=name, position=position, is_default=not before)
    return save_new(session, row)


def update_status(
    session: TenantSession, key: str, *, name: str | None = None, position: int | None = None, default: bool = False
) -> LeadStatus:
    """Rename or move a status, or make it the default; the default can only be handed on."""
    row = get_status(session, key)
    if name is not None:
        row.name = check_name(name)
    if position is not None:
        row.position = position
    if default and not row.is_default:
        session.flush()
        queries.make_default(session, row.id)
        session.refresh(row)
    return row


def delete_status(session: TenantSession, key: str) -> None:
    """Delete a status that no lead has, no workflow uses, and that is not the default."""
    row = get_status(session, key)
    if row.is_default:
        raise InUse(f"“{row.name}” is the status of new leads: make another one the default first.")
    if session.scalar(select(Lead.id).where(Lead.status_id == row.id).limit(1)) is not None:
        raise InUse(f"“{row.name}” is in use by leads: give them another status first.")
    refuse_if_used(session, "status", [row.id], row.name)
    _delete(session, row, row.name)


def tag_sizes(session: TenantSession) -> dict[str, int]:
    """Return all tags, with how many leads carry each."""
    return queries.load_tag_sizes(session)


def create_tag(session: TenantSession, name: str) -> Tag:
    """Make a tag, or return the one there is."""
    key = unicodedata.normalize("NFC", name).strip()
    if not key or len(key) > MAX_TAG or not key.isprintable():
        raise Invalid(problems=[Problem("/tag", f"is 1 to {MAX_TAG} printable characters")])
    if problem := tag_problem(key):
        raise Invalid(problems=[Problem("/tag", problem)])
    found = session.scalar(select(Tag).where(Tag.key == key))
    return found or save_new(session, Tag(key=key, created_at=session.now))


def delete_tag(session: TenantSession, key: str) -> None:
    """Delete a tag, from all leads too."""
    found = session.scalar(select(Tag).where(Tag.key == key))
    if found is None:
        raise NotFound(f"There is no tag {key}.")
    session.delete(found)
    session.flush()


def find_keyed(session: TenantSession, model: type[Keyed], key: str) -> Keyed:
    """Return a list, status or field by key; raise NotFound."""
    row = session.scalar(select(model).where(model.key == key))
    if row is None:
        raise NotFound(f"There is no {_KINDS[model]} {key}.")
    return row


def new_key(
    session: TenantSession, model: Any, name: str, key: str | None, *, reserved: frozenset[str] = frozenset()
) -> str:
    """Return the key of something new: the one asked for when it is free, else one made from the name."""
    taken = reserved | set(session.scalars(select(model.key)))
    if key is None:
        return make_key(name, taken, otherwise=model.__name__.lower())
    if check_key(key) in reserved:
        raise Invalid(problems=[Problem("/key", f"{key} is the name of a built-in field")])
    if key in taken:
        raise Conflict(f"The key {key} is taken already.", problems=[Problem("/key", "is taken already")])
    return key


Row = TypeVar("Row")


def save_new(session: TenantSession, row: Row) -> Row:
    """Write a new row; somebody who took the same key in the same moment wins, and this raises Conflict."""
    session.add(row)
    try:
        session.flush()
    except IntegrityError:
        raise Conflict("Something with this key was made in the same moment.") from None
    return row


def _delete(session: TenantSession, row: object, name: str) -> None:
    """The database has the last word: a version that was frozen in the same moment keeps what it uses."""
    session.delete(row)
    try:
        session.flush()
    except IntegrityError:
        raise InUse(f"“{name}” is in use.") from None
