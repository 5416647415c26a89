"""Rows into leads: every cell checked by its field's type; the first wrong one refuses its row."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from campaigns.imports import values
from campaigns.imports.contacts import address_and_key
from campaigns.imports.fields import BUILT_IN_KEYS, FieldSpec
from campaigns.imports.options import ImportOptions
from campaigns.imports.records import Row, RowProblem
from campaigns.imports.report import imported_cell

_APART = frozenset({"email", "external_id", "tags"})


class LeadRow(NamedTuple):
    """What a row says about a lead. Blank cells are left out: they change nothing.

    `email` is as typed, `email_key` what it is compared by. `values` are built-in fields, `fields` custom ones.
    """

    line: int
    email: str | None
    email_key: str | None
    external_id: str | None
    values: dict[str, Any]
    fields: dict[str, Any]
    tags: tuple[str, ...]
    cells: Sequence[str]


class _Cell(NamedTuple):
    number: int
    column: str
    key: str
    parse: Callable[[str], Any]


def compile_rows(
    header: Sequence[str],
    mapping: Mapping[str, str | None],
    *,
    fields: Sequence[FieldSpec],
    options: ImportOptions,
) -> Callable[[Row], LeadRow | RowProblem]:
    """A function from rows to leads, prepared for this header, mapping (settled) and these formats."""
    specs = {field.key: field for field in fields}
    plan = [
        _Cell(number, column, key, _parser(specs[key], options))
        for number, column in enumerate(header)
        if (key := mapping.get(column)) is not None
    ]
    width = len(header)

    def lead(row: Row) -> LeadRow | RowProblem:
        if len(row.cells) > width:
            reason = f"the row has {len(row.cells)} cells, but the header has {width}"
            return RowProblem(row.line, "", reason, row.cells, row.position)
        return _lead(row, plan)

    return lead


def _lead(row: Row, plan: Sequence[_Cell]) -> LeadRow | RowProblem:
    cells = row.cells
    filled = len(cells)
    apart: dict[str, Any] = {}
    built_in: dict[str, Any] = {}
    custom: dict[str, Any] = {}
    for number, column, key, parse in plan:
        text = cells[number].strip(values.BLANK) if number < filled else ""
        if not text:
            continue
        if text[0] == "'":
            text = imported_cell(text)
        try:
            value = parse(text)
        except ValueError as error:
            return RowProblem(row.line, column, str(error), cells, row.position)
        target = apart if key in _APART else built_in if key in BUILT_IN_KEYS else custom
        target[key] = value
    email, email_key = apart.get("email", (None, None))
    external_id = apart.get("external_id")
    if email is None and external_id is None:
        return RowProblem(row.line, "", "the row has neither an email address nor an external id", cells, row.position)
    return LeadRow(row.line, email, email_key, external_id, built_in, custom, apart.get("tags", ()), cells)


def _parser(spec: FieldSpec, options: ImportOptions) -> Callable[[str], Any]:
    if spec.key == "email":
        return address_and_key
    if spec.choices is None:
        return values.line
    return values.parser(spec.type, choices=spec.choices, formats=options.formats)
