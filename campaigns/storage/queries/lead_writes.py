"""Writing what was changed of leads in memory: fields, lists, tags. For batches, imports and bulk edits alike."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.engine import Connection

from campaigns.engine.subject import Subject
from campaigns.imports.contacts import address_and_key, phone_key
from campaigns.storage.queries.batch_reads import Names
from campaigns.storage.queries.bulk import Native, Same, change, insert, remove

_KEYED = {"email": "email_key", "phone": "phone_key"}
_NAME_COLUMNS = ("first_name", "last_name", "email", "phone")

Scope = dict[str, Sequence[Any] | Same]


def change_subjects(
    connection: Connection,
    tenant_id: Any,
    subjects: list[Subject],
    names: Names | None,
    lists: dict[str, Any],
    *,
    now: datetime,
) -> None:
    """Write what was changed of leads in memory: fields, lists, tags. `names` may be None when no field was."""
    scope: Scope = {"tenant_id": Same(tenant_id)}
    at = Same(Native(connection).moment(now))
    if names is not None:
        _change_leads(connection, scope, subjects, names, now)
    _change_lists(connection, scope, subjects, lists, at)
    _change_tags(connection, scope, subjects, at)


def _change_leads(connection: Connection, scope: Scope, subjects: list[Subject], names: Names, now: datetime) -> None:
    """Update changed leads, grouped by what changed, so that each group is one statement."""
    native = Native(connection)
    groups: dict[tuple[tuple[str, ...], bool], list[Subject]] = defaultdict(list)
    for subject in subjects:
        if subject.patch or subject.points:
            groups[tuple(sorted(_columns_of(subject))), bool(subject.points)].append(subject)
    for (columns, points), members in sorted(groups.items(), key=lambda item: item[0]):
        series: dict[str, Any] = {"id": [subject.id for subject in members]}
        sets = ["updated_at = {updated_at}", "revision = leads.revision + 1"]
        for column in columns:
            series[column] = [_native_value(native, names, subject, column) for subject in members]
            sets.append(_set_of(column, native))
        if points:
            series["score"] = [subject.points for subject in members]
            sets.append("score = leads.score + {score}")
        where = "leads.tenant_id = {tenant_id} AND leads.id = {id}"
        change(connection, "leads", ", ".join(sets), where, scope | {"updated_at": Same(native.moment(now))} | series)


def _columns_of(subject: Subject) -> set[str]:
    columns = set()
    for key in subject.patch:
        column = _COLUMN_OF.get(key, "fields")
        columns.add(column)
        if key in _NAME_COLUMNS:
            columns.add("search_text")
        if key in _KEYED:
            columns.add(_KEYED[key])
    return columns


_COLUMN_OF = {
    "email": "email",
    "external_id": "external_id",
    "first_name": "first_name",
    "last_name": "last_name",
    "phone": "phone",
    "score": "score",
    "status": "status_id",
    "owner": "owner_id",
}


def _set_of(column: str, native: Native) -> str:
    if column != "fields":
        return f"{column} = {{{column}}}"
    if native.is_sqlite:
        return "fields = json_patch(leads.fields, {fields})"  # null removes a key (RFC 7396)
    return "fields = jsonb_strip_nulls(leads.fields || {fields})"


def _native_value(native: Native, names: Names, subject: Subject, column: str) -> Any:
    match column:
        case "fields":
            return native.json({key: value for key, value in subject.patch.items() if key not in _COLUMN_OF})
        case "status_id":
            return names.status_ids[subject.patch["status"]]
        case "owner_id":
            return names.user_ids.get(subject.patch["owner"])
        case "email_key":
            email = subject.patch["email"]
            return address_and_key(email)[1] if email else None
        case "phone_key":
            return phone_key(subject.patch["phone"])
        case "search_text":
            return search_text(subject.values)
        case _:
            return subject.patch[column]


def search_text(values: dict[str, Any]) -> str:
    """Return what the lead search looks in: names, address and phone without regard to case."""
    return " ".join(str(values[key]) for key in _NAME_COLUMNS if values.get(key)).casefold()


def _change_lists(
    connection: Connection,
    scope: Scope,
    subjects: list[Subject],
    lists: dict[str, Any],
    at: Same,
) -> None:
    added = [(lists[key], subject.id) for subject in subjects for key in subject.added_lists]
    gone = [(lists[key], subject.id) for subject in subjects for key in subject.removed_lists]
    if added:
        added.sort()
        columns = scope | {"list_id": [a for a, _ in added], "lead_id": [b for _, b in added], "added_at": at}
        insert(connection, "list_members", columns, suffix="ON CONFLICT DO NOTHING")
    if gone:
        remove(connection, "list_members", scope | {"list_id": [a for a, _ in gone], "lead_id": [b for _, b in gone]})


def _change_tags(connection: Connection, scope: Scope, subjects: list[Subject], at: Same) -> None:
    added = [(tag, subject.id) for subject in subjects for tag in subject.added_tags]
    gone = [(tag, subject.id) for subject in subjects for tag in subject.removed_tags]
    if added:
        new = sorted({tag for tag, _ in added})
        insert(connection, "tags", scope | {"key": new, "created_at": at}, suffix="ON CONFLICT DO NOTHING")
        columns = scope | {"tag": [tag for tag, _ in added], "lead_id": [lead for _, lead in added]}
        insert(connection, "lead_tags", columns, suffix="ON CONFLICT DO NOTHING")
    if gone:
        remove(
            connection, "lead_tags", scope | {"tag": [tag for tag, _ in gone], "lead_id": [lead for _, lead in gone]}
        )
