"""Records out of bytes: CSV cells with the physical line of each row and the mark from which reading can go on."""

from __future__ import annotations

import csv
from bisect import bisect_right
from collections.abc import Generator, Iterator, Sequence
from itertools import accumulate, chain
from typing import NamedTuple

from campaigns.imports import encodings

MAX_CELL = 1_000_000  # characters
MAX_RECORD = 4 * 1024 * 1024  # bytes
HELD_BACK = 4  # bytes at the end of a piece that may belong to a line end or character still to come
SHOWN = 1_000  # characters of an unreadable row kept for its report

UNCLOSED = "a quote is opened and never closed"
LONG_CELL = "a cell is longer than 1,000,000 characters; perhaps a quote is opened and never closed"
LONG_ROW = "the row is longer than 4 MB; perhaps a quote is opened and never closed"
AFTER_QUOTE = "text follows a closing quote; a quote inside a cell must be doubled"


class Position(NamedTuple):
    """Where reading goes on: byte offset, physical line (1 = first), and up to which offset each line stands alone."""

    offset: int
    line: int
    guarded: int = 0


class Row(NamedTuple):
    """One record. `line` is the physical line where it begins, `position` the mark just after it."""

    line: int
    cells: list[str]
    position: Position


class RowProblem(NamedTuple):
    """Why a row can't be taken. `column` is empty when the row as a whole is wrong."""

    line: int
    column: str
    reason: str
    cells: Sequence[str] = ()
    position: Position | None = None


class Records:
    """Cuts records out of pieces of a file. After each `feed`, `at` is where the next piece must begin.

    A record that can't be read costs its first line only: the lines that a never closed quote
    ran over are read again, each for itself, so every byte is looked at a bounded number of times.
    """

    def __init__(
        self, *, encoding: str, separator: str, at: Position, columns: Sequence[str] = (), limit: int = MAX_RECORD
    ) -> None:
        # The limit is one for the whole process; it is only ever raised, so nobody else reads less than before.
        csv.field_size_limit(max(csv.field_size_limit(), MAX_CELL))
        self.at = at
        self._encoding = encoding
        self._separator = separator
        self._columns = columns
        self._limit = limit  # bytes of one record
        self._skipping = False  # inside a line that is too long to be held

    def feed(self, data: bytes, *, final: bool) -> Iterator[Row | RowProblem]:
        """Rows and problems of `data`, which begins at `at.offset`; an unfinished record is left for the next piece."""
        found = encodings.split(data, encoding=self._encoding, final=final)
        ends = list(accumulate(found.sizes, initial=self.at.offset))
        piece = _Piece(found.texts, ends, self.at.line, found.odd, self.at.offset + len(data), final)
        if not found.texts:
            self._pass_over(data)
            return
        index = 0
        if self._skipping:
            self._skipping, index = False, 1
            yield self._problem(piece, 0, LONG_ROW)
        while index < len(found.texts):
            before = index
            step = self._alone if ends[index] < self.at.guarded else self._run
            index = yield from step(piece, index)
            if index == before:
                return

    def _run(self, piece: _Piece, first: int) -> Generator[Row | RowProblem, None, int]:
        """Rows from line `first` on, until the lines end or a record fails; gives the next line's index."""
        ends, base, begin = piece.ends, piece.line, first
        reader = csv.reader(_then_stop(piece.texts, first), delimiter=self._separator, strict=True)
        may_be_long = ends[-1] - ends[first] > self._limit
        try:
            for cells in reader:
                end = first + reader.line_num
                if may_be_long and ends[end] - ends[begin] > self._limit:
                    yield self._failed(piece, begin, end - 1, LONG_ROW)
                    return begin + 1
                self.at = mark = Position(ends[end], base + end)
                if cells:
                    row = Row(base + begin, cells, mark)
                    yield self._checked(row) if piece.odd else row
                begin = end
        except csv.Error as error:
            yield self._failed(piece, begin, first + reader.line_num - 1, _reason(error))
            return begin + 1
        except _OutOfLinesError:
            if begin < len(piece.texts) and (piece.final or piece.stop - ends[begin] > self._limit + HELD_BACK):
                yield self._failed(piece, begin, len(piece.texts) - piece.final, UNCLOSED)
                return begin + 1
        return begin

    def _alone(self, piece: _Piece, index: int) -> Generator[Row | RowProblem, None, int]:
        """The line `index` as a record of its own."""
        try:
            cells = next(csv.reader(piece.texts[index : index + 1], delimiter=self._separator, strict=True))
        except csv.Error as error:
            yield self._problem(piece, index, LONG_ROW if piece.size(index) > self._limit else _reason(error))
            return index + 1
        if piece.size(index) > self._limit:
            yield self._problem(piece, index, LONG_ROW)
            return index + 1
        self.at = self._behind(piece, index)
        if cells:
            row = Row(piece.line + index, cells, self.at)
            yield self._checked(row) if piece.odd else row
        return index + 1

    def _failed(self, piece: _Piece, begin: int, failed: int, reason: str) -> RowProblem:
        """The record that begins with line `begin` is lost at line `failed`: go on behind its first line."""
        long = bisect_right(piece.ends, piece.ends[begin] + self._limit) - 1
        if long <= failed:
            failed, reason = long, LONG_ROW
        self.at = self.at._replace(guarded=piece.ends[failed] if failed > begin + 1 else 0)
        return self._problem(piece, begin, reason)

    def _problem(self, piece: _Piece, index: int, reason: str) -> RowProblem:
        line = piece.line + index
        self.at = self._behind(piece, index)
        if reason == LONG_ROW:  # its beginning may be gone already
            return RowProblem(line, "", reason, (), self.at)
        shown = encodings.printable(piece.texts[index][:SHOWN].rstrip("\r\n"))
        return RowProblem(line, "", reason, (shown,), self.at)

    def _behind(self, piece: _Piece, index: int) -> Position:
        end, guarded = piece.ends[index + 1], self.at.guarded
        return Position(end, piece.line + index + 1, guarded if guarded > end else 0)

    def _pass_over(self, data: bytes) -> None:
        """Drop what has come of a line too long to be held, but for the bytes that may be half of its end."""
        if self._skipping or len(data) > self._limit + HELD_BACK:
            self._skipping = True
            dropped = max(len(data) - HELD_BACK, 0) & ~1
            self.at = self.at._replace(offset=self.at.offset + dropped)

    def _checked(self, row: Row) -> Row | RowProblem:
        """The row, unless a cell holds a NUL or bytes that are no text."""
        for number, cell in enumerate(row.cells):
            nul = "\0" in cell
            if nul or encodings.unreadable(cell):
                column = self._columns[number] if number < len(self._columns) else f"Column {number + 1}"
                reason = "holds a NUL character" if nul else f"holds bytes that are not valid {self._encoding}"
                shown = [encodings.printable(one) for one in row.cells]
                return RowProblem(row.line, column, reason, shown, row.position)
        return row


class _Piece(NamedTuple):
    """The whole lines of one piece: line `i` spans the bytes ends[i] to ends[i + 1]; `stop` is where the piece ends."""

    texts: list[str]
    ends: list[int]
    line: int
    odd: bool
    stop: int
    final: bool

    def size(self, index: int) -> int:
        return self.ends[index + 1] - self.ends[index]


class _OutOfLinesError(Exception):
    """The lines at hand are used up; whether within a record, the caller can tell."""


def _then_stop(texts: list[str], first: int) -> Iterator[str]:
    # Indexing by range begins anywhere at no cost, where a slice would copy the rest after every failure.
    return chain(map(texts.__getitem__, range(first, len(texts))), map(_out_of_lines, texts[:1]))


def _out_of_lines(_: str) -> str:
    raise _OutOfLinesError


def _reason(error: csv.Error) -> str:
    text = str(error)
    if "field limit" in text:
        return LONG_CELL
    return UNCLOSED if "end of data" in text else AFTER_QUOTE
