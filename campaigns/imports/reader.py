"""A lead file as a stream: look at its beginning, then read its rows one after another, from any mark."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from campaigns.errors import Invalid, Problem
from campaigns.imports import encodings, sniffing
from campaigns.imports.records import MAX_RECORD, Position, Records, Row, RowProblem

HEAD_BYTES = 256 * 1024
BLOCK_BYTES = 256 * 1024
MAX_COLUMNS = 500
PREVIEW_ROWS = 20


class UnreadableFile(Invalid):
    """The file can't be read as CSV."""


@dataclass(frozen=True, slots=True)
class Sample:
    """What the beginning of a file shows. `size` is in bytes; `has_header` is a guess for people to confirm.

    `header` are unique names; those in `unclear` were blank or shared, and must be mapped by hand.
    `first_row` is the first row as it stands, `rows` those after it.
    """

    encoding: str
    separator: str
    header: tuple[str, ...]
    unclear: tuple[str, ...]
    first_row: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    has_header: bool
    size: int

    def columns(self, *, header: bool) -> tuple[str, ...]:
        """The names of the columns: from the first row, or numbered when the first row is data."""
        return self.header if header else tuple(f"Column {number}" for number in range(1, len(self.header) + 1))


def inspect(stream: BinaryIO, *, encoding: str | None = None, separator: str | None = None) -> Sample:
    """Look at the head of a seekable stream. Raises UnreadableFile, saying why; problems point into the options."""
    size = stream.seek(0, os.SEEK_END)
    stream.seek(0)
    head = stream.read(HEAD_BYTES)
    _refuse_foreign(head)
    encoding = encodings.exact(encoding, head) if encoding else encodings.detect(head)
    _refuse_blank(head, encoding)
    if separator is not None and separator not in sniffing.SEPARATORS:
        raise UnreadableFile(problems=[Problem("/separator", "must be a comma, semicolon, tab or pipe")])
    whole = len(head) == size
    separator = separator or _separator(head, encoding=encoding, whole=whole)
    rows = _first_rows(head, encoding=encoding, separator=separator, whole=whole)
    header, unclear = sniffing.column_names(rows[0])
    first, *others = [tuple(map(encodings.printable, cells)) for cells in rows]
    return Sample(
        encoding=encoding,
        separator=separator,
        header=header,
        unclear=unclear,
        first_row=first,
        rows=tuple(others),
        has_header=sniffing.is_header(first),
        size=size,
    )


def read_rows(
    stream: BinaryIO,
    *,
    encoding: str,
    separator: str,
    start_at: Position | None = None,
    header: bool = True,
    columns: Sequence[str] = (),
) -> Iterator[Row | RowProblem]:
    """Rows and unreadable rows of a seekable stream, in order, holding a few MB at most.

    Each carries the mark just behind it; with `start_at`, reading goes on there and gives exactly the rest.
    Without, the first row is passed over when `header`. `columns` name the cells in problems.
    """
    stream.seek(0)
    head = stream.read(HEAD_BYTES if encoding.replace("-", "_").lower() == "utf_16" else 4)
    encoding = encodings.exact(encoding, head)
    at = start_at or Position(encodings.mark_size(head, encoding=encoding), 1)
    records = Records(encoding=encoding, separator=separator, at=at, columns=columns)
    rows = from_stream(stream, records)
    if header and start_at is None:
        next(rows, None)
    return rows


def from_stream(stream: BinaryIO, records: Records) -> Iterator[Row | RowProblem]:
    """What `records` still finds in a seekable stream, read block by block from where it stands."""
    stream.seek(records.at.offset)
    data = stream.read(BLOCK_BYTES)
    while data:
        # As much again as is left over, so that a long record is not looked at over and over.
        offset = records.at.offset
        yield from records.feed(data, final=False)
        left = data[records.at.offset - offset :]
        more = stream.read(min(max(BLOCK_BYTES, len(left)), MAX_RECORD))
        if not more:
            yield from records.feed(left, final=True)
            return
        data = left + more


def _refuse_foreign(head: bytes) -> None:
    if not head:
        raise UnreadableFile("the file is empty")
    kind = sniffing.foreign(head)
    if kind:
        raise UnreadableFile(f"the file is {kind}, not CSV: save it as CSV (UTF-8) and try again")


def _refuse_blank(head: bytes, encoding: str) -> None:
    if not encoding.startswith("utf_16") and sniffing.is_binary(head):
        raise UnreadableFile("the file is not text, so it can't be CSV: save it as CSV (UTF-8) and try again")
    if not head.decode(encoding, "replace").strip("\ufeff\u200b \t\r\n"):
        raise UnreadableFile("the file is empty: it has no header and no rows")


def _separator(head: bytes, *, encoding: str, whole: bool) -> str:
    def score(separator: str) -> tuple[float, int]:
        found = _records(head, encoding=encoding, separator=separator, whole=whole, limit=100)
        return sniffing.separator_score([one.cells for one in found if isinstance(one, Row)])

    return max(sniffing.SEPARATORS, key=score)


def _first_rows(head: bytes, *, encoding: str, separator: str, whole: bool) -> list[list[str]]:
    found = _records(head, encoding=encoding, separator=separator, whole=whole, limit=PREVIEW_ROWS + 1)
    first = found[0] if found else None
    width = len(first.cells) if isinstance(first, Row) else head.count(separator.encode())
    if width > MAX_COLUMNS:
        raise UnreadableFile(f"the file has more than {MAX_COLUMNS} columns")
    if first is None:
        raise UnreadableFile("the first row is longer than 256 KB: is the separator right, is a quote never closed?")
    if isinstance(first, RowProblem):
        raise UnreadableFile(f"the first row can't be read: {first.reason}")
    return [one.cells for one in found if isinstance(one, Row)]


def _records(head: bytes, *, encoding: str, separator: str, whole: bool, limit: int) -> list[Row | RowProblem]:
    start = encodings.mark_size(head, encoding=encoding)
    records = Records(encoding=encoding, separator=separator, at=Position(start, 1))
    return [one for one, _ in zip(records.feed(head[start:], final=whole), range(limit), strict=False)]
