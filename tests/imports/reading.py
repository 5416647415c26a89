"""What the import tests say again and again, said once."""

from __future__ import annotations

import io
from collections.abc import Sequence

from campaigns.imports import fields, mapping, reader, rows
from campaigns.imports.fields import FieldSpec
from campaigns.imports.options import ImportOptions
from campaigns.imports.records import Row, RowProblem
from campaigns.imports.rows import LeadRow


def read(data: bytes, *, encoding: str = "utf_8", separator: str = ",", header: bool = True) -> list[Row | RowProblem]:
    return list(reader.read_rows(io.BytesIO(data), encoding=encoding, separator=separator, header=header))


def good(found: Sequence[Row | RowProblem]) -> list[tuple[int, list[str]]]:
    return [(one.line, one.cells) for one in found if isinstance(one, Row)]


def bad(found: Sequence[Row | RowProblem | LeadRow]) -> list[tuple[int, str]]:
    return [(one.line, one.reason) for one in found if isinstance(one, RowProblem)]


def inspected(data: bytes, *, encoding: str | None = None, separator: str | None = None) -> reader.Sample:
    return reader.inspect(io.BytesIO(data), encoding=encoding, separator=separator)


def leads(data: bytes, *custom: FieldSpec, **options: object) -> list[LeadRow | RowProblem]:
    """The whole way from bytes to leads, with everything detected and mapped by name."""
    chosen = ImportOptions.model_validate(options)
    sample = inspected(data, encoding=chosen.encoding, separator=chosen.separator)
    specs = (*fields.built_in(statuses=("new", "qualified")), *custom)
    settled = mapping.settle(None, header=sample.header, unclear=sample.unclear, fields=specs)
    compiled = rows.compile_rows(sample.header, settled.columns, fields=specs, options=chosen)
    found = reader.read_rows(
        io.BytesIO(data), encoding=sample.encoding, separator=sample.separator, columns=sample.header
    )
    return [one if isinstance(one, RowProblem) else compiled(one) for one in found]


def lead(header: str, cells: str, *custom: FieldSpec, **options: object) -> LeadRow | RowProblem:
    (found,) = leads(f"{header}\n{cells}\n".encode(), *custom, **options)
    return found
