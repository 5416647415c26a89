"""How commands print data: tables for people, JSON for programs, bars while a terminal looks on."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import click


def print_json(data: Any) -> None:
    """Print as JSON; moments as in the API."""
    click.echo(json.dumps(data, default=_plain, ensure_ascii=False, indent=2))


def print_rows(rows: Iterable[Mapping[str, Any]], *, columns: Sequence[str], as_json: bool) -> None:
    """Print rows as JSON with all they hold, or as a table of some columns."""
    found = list(rows)
    if as_json:
        print_json(found)
    else:
        print_table([[_cell(row.get(column)) for column in columns] for row in found], heads=columns)


def print_table(rows: Sequence[Sequence[str]], *, heads: Sequence[str]) -> None:
    """Print aligned columns; numbers stand on the right."""
    widths = [max([len(head), *(len(row[at]) for row in rows)]) for at, head in enumerate(heads)]
    right = [bool(rows) and all(row[at].replace(".", "").isdigit() for row in rows) for at in range(len(heads))]
    for row in (heads, *rows):
        cells = (
            cell.rjust(width) if is_right else cell.ljust(width)
            for cell, width, is_right in zip(row, widths, right, strict=True)
        )
        click.echo("  ".join(cells).rstrip())


@contextmanager
def progress(label: str, *, length: int) -> Iterator[Callable[[int], None]]:
    """Show a bar on standard error while a terminal looks on; give a function that takes how far it has come."""
    if not sys.stderr.isatty() or length <= 0:
        yield lambda _position: None
        return
    with click.progressbar(length=length, label=label, file=sys.stderr) as bar:
        yield lambda position: bar.update(max(0, min(position, length) - bar.pos))


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
    return str(value).replace("\n", " ")


def _plain(value: Any) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return str(value)
