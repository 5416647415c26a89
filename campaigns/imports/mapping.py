"""Which column goes into which field: suggested by name, settled before the first row is read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from campaigns.errors import Invalid, Problem
from campaigns.imports.fields import NEVER, SYNONYMS, FieldSpec, folded
from campaigns.imports.report import REPORT_COLUMNS

MAX_NEW_FIELDS = 100

ColumnMap = dict[str, str | None]


class UnmappedColumns(Invalid):
    """The columns of the file can't be matched with fields."""


@dataclass(frozen=True, slots=True)
class Settled:
    """The mapping to import by. `created` are fields still to be made, as texts, labelled with their column's name."""

    columns: ColumnMap
    created: tuple[FieldSpec, ...] = ()


def suggest(header: Sequence[str], fields: Sequence[FieldSpec]) -> ColumnMap:
    """For every column the field of the same key or name, or of a usual word for it, else None; each field once."""
    by_name = {folded(field.label): field.key for field in fields if field.label}
    by_name |= {folded(field.key): field.key for field in fields}
    keys = {field.key for field in fields}
    by_word = {word: key for word, key in SYNONYMS.items() if key in keys}
    found: ColumnMap = dict.fromkeys(header)
    columns = _own_columns(header)
    # Exact names first, so that a column "Mail" never takes the field from a later column "email".
    for words in (by_name, by_word):
        for column in columns:
            key = words.get(folded(column))
            if found[column] is None and key is not None and key not in found.values():
                found[column] = key
    return found


def settle(
    given: Mapping[str, str | None] | None,
    *,
    header: Sequence[str],
    unclear: Sequence[str],
    fields: Sequence[FieldSpec],
    make_key: Callable[[str], str] | None = None,
) -> Settled:
    """The mapping to use, or UnmappedColumns with every problem by JSON Pointer into what was sent.

    With `given`, columns it leaves out are not imported, but unclear ones must be in it. Without, every column must
    match a field. With `make_key` (name to key), what is unknown becomes a new text field instead of a problem.
    """
    columns, problems = _wished(given, header=header, fields=fields)
    missing = [column for column in unclear if given is None or column not in given]
    problems += [_problem(column, "is blank or stands there twice: map it by hand") for column in missing]
    columns = {column: key for column, key in columns.items() if column not in missing}
    created = _created(columns, fields=fields, make_key=make_key, by_column=given is None)
    problems += _unknown(columns, known={one.key for one in (*fields, *created)})
    problems += _twice(columns)
    if not problems and not {"email", "external_id"} & set(columns.values()):
        problems.append(Problem("/mapping", "no column holds the email address or the external id of the leads"))
    if len(created) > MAX_NEW_FIELDS:
        problems.append(Problem("/mapping", f"would create {len(created)} fields: at most {MAX_NEW_FIELDS}"))
    if problems:
        raise UnmappedColumns(problems=problems)
    return Settled({column: columns.get(column) for column in header}, created)


def _wished(
    given: Mapping[str, str | None] | None, *, header: Sequence[str], fields: Sequence[FieldSpec]
) -> tuple[ColumnMap, list[Problem]]:
    if given is None:
        found = suggest(header, fields)
        # A column that matches nothing stands for itself: it is unknown, or becomes a field of its name.
        return {column: found[column] or column for column in _own_columns(header)}, []
    strangers = [column for column in given if column not in header]
    problems = [_problem(column, "the file has no such column") for column in strangers]
    keys = {field.key.casefold(): field.key for field in fields}
    known = {column: key for column, key in given.items() if column in header}
    return {column: keys.get(key.casefold(), key) if key else None for column, key in known.items()}, problems


def _created(
    columns: ColumnMap, *, fields: Sequence[FieldSpec], make_key: Callable[[str], str] | None, by_column: bool
) -> tuple[FieldSpec, ...]:
    """Specs for what no field is there for; the mapping is led to their keys."""
    if make_key is None:
        return ()
    known = {field.key for field in fields}
    made: dict[str, FieldSpec] = {}
    for column, key in columns.items():
        if key is None or key in known or key.casefold() in NEVER:
            continue
        new = make_key(key)
        if new in made and by_column:
            continue
        columns[column] = new
        if new not in known:
            made[new] = FieldSpec(new, "text", label=column if by_column else key)
    return tuple(made.values())


def _unknown(columns: ColumnMap, *, known: set[str]) -> list[Problem]:
    problems = []
    for column, key in columns.items():
        if key is None:
            continue
        if key.casefold() in NEVER:
            problems.append(_problem(column, f"{key!r} is kept by the product and can't be imported"))
        elif key not in known:
            problems.append(_problem(column, f"there is no field {key!r}"))
    return problems


def _twice(columns: ColumnMap) -> list[Problem]:
    seen: dict[str, str] = {}
    problems = []
    for column, key in columns.items():
        if key is not None and seen.setdefault(key, column) != column:
            problems.append(_problem(column, f"the field {key!r} is filled by the column {seen[key]!r} already"))
    return problems


def _own_columns(header: Sequence[str]) -> Sequence[str]:
    """The columns that were the user's own: a report of refused rows may come back with its columns in front."""
    size = len(REPORT_COLUMNS)
    return header[size:] if tuple(header[:size]) == REPORT_COLUMNS else header


def _problem(column: str, message: str) -> Problem:
    return Problem("/mapping/" + column.replace("~", "~0").replace("/", "~1"), message)
