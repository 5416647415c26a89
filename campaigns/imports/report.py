"""Cells on their way out: the file of refused rows, with nothing in it that a spreadsheet would run as a formula."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence

from campaigns.imports.records import RowProblem

REPORT_COLUMNS = ("line", "column", "reason")

# A formula's first sign (full-width forms too) or a control character, also behind spaces, invisible characters or
# quotes. It must hold for a text behind an apostrophe whenever it holds for the text, else there is no way back.
_BEFORE = "\\s\u200b-\u200f\u2060\ufeff'\"`\u2018\u2019\u201c\u201d\uff02\uff07"
_FORMULA = re.compile(f"[{_BEFORE}]*[=+\\-@\uff1d\uff0b\uff0d\uff20\t\r\n\0]")


def export_cell(value: object) -> str:
    """A cell for a file that people open in a spreadsheet. Texts that would run there get a leading apostrophe."""
    if value is None:
        return ""
    if isinstance(value, str):
        return "'" + value if _FORMULA.match(value) else value
    return str(value)


def imported_cell(cell: str) -> str:
    """What `export_cell` was given: an apostrophe before something that would run as a formula is taken off."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell, 1) else cell


def write_report(problems: Iterable[RowProblem], *, header: Sequence[str], separator: str = ",") -> Iterator[str]:
    """The lines of the CSV file of refused rows, one by one: line, column, reason, then the original cells.

    It begins with a byte order mark, so that spreadsheets read it as UTF-8.
    """
    yield "\ufeff" + _line((*REPORT_COLUMNS, *header), separator)
    for problem in problems:
        yield _line((problem.line, problem.column, problem.reason, *problem.cells), separator)


def _line(cells: Sequence[object], separator: str) -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=separator).writerow([export_cell(cell) for cell in cells])
    return out.getvalue()
