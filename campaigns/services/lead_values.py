"""A lead's values as the API and the pages send them: checked against the vocabulary, each problem at its pointer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from campaigns.engine.effects import (
    AddTag,
    AddToList,
    AssignOwner,
    Effect,
    RemoveFromList,
    RemoveTag,
    SetField,
    SetStatus,
)
from campaigns.engine.subject import Subject
from campaigns.errors import Invalid, Problem
from campaigns.imports import values as checks
from campaigns.imports.contacts import address_and_key
from campaigns.storage.models import LeadField, List
from campaigns.storage.queries import batch_reads as reads
from campaigns.storage.queries.batch_reads import Names
from campaigns.storage.queries.bulk import Native
from campaigns.storage.transaction import TenantSession

_TYPES = {"external_id": "line", "first_name": "line", "last_name": "line", "phone": "phone", "score": "score"}
KEYS = frozenset({"email", "status", "owner", "tags", "lists", "fields", *_TYPES})
WITHOUT_ADDRESS = "a lead needs an email address or an external id"
MAX_LISTS = 500


@dataclass(slots=True)
class Known:
    """What values may name: statuses and members by key, custom fields, lists with their ids in the driver's form."""

    names: Names
    fields: dict[str, LeadField]
    lists: dict[str, Any]


@dataclass(slots=True)
class Checked:
    """Values that may be written. Only what was given is here; None empties. `tags` and `lists` are whole sets."""

    values: dict[str, Any] = field(default_factory=dict)
    fields: dict[str, Any] = field(default_factory=dict)
    email_key: str | None = None
    tags: tuple[str, ...] | None = None
    lists: tuple[str, ...] | None = None


def load_known(session: TenantSession) -> Known:
    """Return what a lead's values may name in this tenant, in four short queries."""
    session.flush()
    connection = session.connection()
    native = Native(connection)
    return Known(
        reads.names(connection, native.id(session.tenant_id)),
        {row.key: row for row in session.scalars(select(LeadField))},
        {row.key: native.id(row.id) for row in session.scalars(select(List))},
    )


def check_lead(known: Known, values: Mapping[str, Any]) -> Checked:
    """Return the values in the form they are stored; raise Invalid with every problem, by JSON Pointer."""
    checker = _Checker(known)
    for key, value in values.items():
        checker.take(key, value)
    if checker.problems:
        raise Invalid(problems=checker.problems)
    return checker.checked


def check_tag(tag: str) -> str:
    """Return a tag that is to be taken away, as it is stored: also one that nobody could give today."""
    try:
        return checks.plain(tag.strip(checks.BLANK), limit=checks.MAX_TAG)
    except ValueError as error:
        raise Invalid(problems=[Problem("/tags", str(error))]) from None


def effects(checked: Checked, subject: Subject) -> Iterable[Effect]:
    """Yield what has to be done to a lead so that it has these values."""
    for key, value in checked.values.items():
        yield _effect(key, value)
    for key, value in checked.fields.items():
        yield SetField(key, value)
    if checked.tags is not None:
        yield from (RemoveTag(tag) for tag in sorted(subject.tags.difference(checked.tags)))
        yield from (AddTag(tag) for tag in checked.tags)
    if checked.lists is not None:
        yield from (RemoveFromList(key) for key in sorted(subject.lists.difference(checked.lists)))
        yield from (AddToList(key) for key in checked.lists)


def _effect(key: str, value: Any) -> Effect:
    if key == "status":
        return SetStatus(value)
    return AssignOwner(value) if key == "owner" else SetField(key, value)


class _Checker:
    def __init__(self, known: Known) -> None:
        self.known = known
        self.checked = Checked()
        self.problems: list[Problem] = []

    def take(self, key: str, value: Any) -> None:
        if key not in KEYS:
            self._refuse(f"/{_pointer(key)}", "is no field of a lead; custom fields stand under “fields”")
        elif key == "fields":
            self._fields(value)
        elif key == "lists":
            self._lists(value)
        elif key == "tags" and (problems := _tag_problems(value)):
            self.problems += problems
        else:
            try:
                self._built_in(key, value)
            except ValueError as error:
                self._refuse(f"/{key}", str(error))

    def _built_in(self, key: str, value: Any) -> None:
        checked = self.checked
        if key == "tags":
            checked.tags = checks.tags(value if value is not None else ())
        elif key == "email":
            address = _text(value)
            checked.values["email"], checked.email_key = address_and_key(address) if address else (None, None)
        elif key in {"status", "owner"}:
            checked.values[key] = self._status(value) if key == "status" else self._owner(value)
        else:
            given = checks.check_value(_TYPES[key], value)
            checked.values[key] = 0 if key == "score" and given is None else given

    def _status(self, value: Any) -> str:
        key = _text(value)
        if not key:
            raise ValueError("a lead always has a status")
        if key not in self.known.names.status_ids:
            raise ValueError(f"there is no status {key}")
        return key

    def _owner(self, value: Any) -> str | None:
        address = _text(value)
        if not address:
            return None
        members = {member.casefold(): member for member in self.known.names.user_ids}
        if address.casefold() not in members:
            raise ValueError(f"{address} is no member here")
        return members[address.casefold()]

    def _fields(self, given: Any) -> None:
        if not isinstance(given, Mapping):
            self._refuse("/fields", "must be an object")
            return
        for key, value in given.items():
            path, kind = f"/fields/{_pointer(key)}", self.known.fields.get(key)
            if kind is None:
                self._refuse(path, f"there is no custom field {key}")
                continue
            try:
                self.checked.fields[key] = checks.check_value(kind.type, value, choices=kind.choices)
            except ValueError as error:
                self._refuse(path, str(error))

    def _lists(self, given: Any) -> None:
        if not isinstance(given, list | tuple) or len(given) > MAX_LISTS:
            self._refuse("/lists", f"must be a list of at most {MAX_LISTS} keys")
            return
        for index, key in enumerate(given):
            if not isinstance(key, str) or key not in self.known.lists:
                self._refuse(f"/lists/{index}", f"there is no list {key}")
        self.checked.lists = tuple(dict.fromkeys(key for key in given if isinstance(key, str)))

    def _refuse(self, path: str, message: str) -> None:
        self.problems.append(Problem(path, message))


def _tag_problems(given: Any) -> list[Problem]:
    """Return what is wrong with single tags of a list; a text has them split already."""
    words = [(index, one) for index, one in enumerate(given) if isinstance(one, str)] if isinstance(given, list) else []
    found = [(index, checks.tag_problem(one)) for index, one in words]
    return [Problem(f"/tags/{index}", problem) for index, problem in found if problem]


def _text(value: Any) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise ValueError("must be text")
    return checks.plain(value.strip(checks.BLANK))


def _pointer(key: str) -> str:
    """Return a key as one step of a JSON Pointer."""
    return str(key).replace("~", "~0").replace("/", "~1")
