"""What holds for every file: it reads back as written, and from every mark the rest is the same."""

from __future__ import annotations

import csv
import io
from functools import partial
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns.imports import reader, records
from campaigns.imports.records import Position, Row, RowProblem
from tests.imports.reading import good, read

START = Position(0, 1)
BLOCKS = st.sampled_from([1, 3, 64, 256 * 1024])
ENCODINGS = ("utf_8", "utf_16_le", "utf_16_be", "cp1252", "iso8859_15", "shift_jis", "gb18030", "cp1251")
PIECES = {
    "cp1251": "Ольга Ж",
    "shift_jis": "ソ表能 ｱ",
    "cp1252": "äß€Ž",
    "iso8859_15": "äß€Ž",
}
SPECIAL = ["\n", "\r", "\r\n", '"', '""', ",", ";", "\t", "|", " ", "=", "'", "\x0b", "\x0c", "\x1c", "a", "b7"]
WIDE = ["\x85", "\u2028", "é", "表", "😀", "\u0301", "\ufeff"]


def cells(encoding: str) -> st.SearchStrategy[str]:
    more = list(PIECES[encoding]) if encoding in PIECES else WIDE
    return st.lists(st.sampled_from(SPECIAL + more), max_size=8).map("".join)


@st.composite
def files(draw: st.DrawFn) -> tuple[str, str, bytes, list[tuple[int, list[str]]]]:
    """Encoding, separator, the bytes, and the rows with the physical lines they begin at."""
    encoding = draw(st.sampled_from(ENCODINGS))
    style: Literal[0, 1]
    separator = draw(st.sampled_from([",", ";", "\t", "|"]))
    ends = draw(st.sampled_from(["\n", "\r\n", "\r"]))
    style = draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
    width = draw(st.integers(1, 4))
    table = draw(st.lists(st.lists(cells(encoding), min_size=width, max_size=width), max_size=8))
    pieces = [separator.join("h" * width) + ends]
    for row in table:
        out = io.StringIO(newline="")
        # Python's writer quotes only the line end it writes itself, so a row with another one is quoted whole.
        quoting = csv.QUOTE_ALL if {"\r", "\n"} & set("".join(row)) else style
        csv.writer(out, delimiter=separator, lineterminator=ends, quoting=quoting).writerow(row)
        pieces.append(out.getvalue())
    lines = [len(_physical("".join(pieces[: number + 1]))) + 1 for number in range(len(table))]
    data = "".join(pieces).encode(encoding)
    return encoding, separator, data, list(zip(lines, table, strict=True))


def _physical(text: str) -> list[str]:
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")[:-1]


class Slow(io.BytesIO):
    """A stream that gives few bytes at a time."""

    def __init__(self, data: bytes, *, size: int) -> None:
        super().__init__(data)
        self._size = size

    def read(self, wanted: int | None = -1, /) -> bytes:
        return super().read(self._size if wanted is None or wanted < 0 else min(wanted, self._size))


def in_blocks(
    size: int, data: bytes, *, encoding: str = "utf_8", separator: str = ",", at: Position = START, limit: int = 10_000
) -> list[Row | RowProblem]:
    found = records.Records(encoding=encoding, separator=separator, at=at, limit=limit)
    return list(reader.from_stream(Slow(data, size=size), found))


@settings(max_examples=60, deadline=None)
@given(size=BLOCKS, file=files())
def test_what_a_csv_writer_wrote_reads_back_exactly(
    size: int, file: tuple[str, str, bytes, list[tuple[int, list[str]]]]
) -> None:
    encoding, separator, data, table = file
    found = in_blocks(size, data, encoding=encoding, separator=separator)
    assert good(found)[1:] == table
    assert len(found) == len(table) + 1
    assert found[-1].position == Position(len(data), len(_physical(data.decode(encoding))) + 1)


@settings(max_examples=60, deadline=None)
@given(
    size=BLOCKS,
    limit=st.sampled_from([20, 60, 10_000]),
    file=files(),
    damage=st.lists(st.tuples(st.integers(0, 10_000), st.sampled_from(b'"\0\xff,\n\r\x80a')), max_size=6),
)
def test_reading_on_from_any_mark_gives_exactly_the_rest(
    size: int,
    limit: int,
    file: tuple[str, str, bytes, object],
    damage: list[tuple[int, int]],
) -> None:
    encoding, separator, data, _ = file
    broken = bytearray(data)
    for place, byte in damage:
        broken[place % len(broken)] = byte
    how = partial(in_blocks, size, bytes(broken), encoding=encoding, separator=separator, limit=limit)
    whole = how()
    marks = [one.position for one in whole if one.position is not None]
    assert len(marks) == len(whole)
    assert [mark.offset for mark in marks] == sorted({mark.offset for mark in marks}), "marks rise"
    assert [one.line for one in whole] == sorted({one.line for one in whole}), "one answer a line"
    for number, mark in enumerate(marks, start=1):
        assert how(at=mark) == whole[number:]


@settings(max_examples=60, deadline=None)
@given(data=st.binary(max_size=300), encoding=st.sampled_from(ENCODINGS))
def test_any_bytes_give_rows_or_problems_and_never_a_crash(data: bytes, encoding: str) -> None:
    for one in read(data, encoding=encoding):
        assert isinstance(one, Row | RowProblem)
        assert "\0" not in "".join(one.cells)
        "".join(one.cells).encode()


@settings(max_examples=100, deadline=None)
@given(pieces=st.lists(st.sampled_from(["a", "xxxxxxxx" * 3, '"', '""', ",", "\n", "\r", "\r\n", '\n"']), max_size=60))
@pytest.mark.parametrize("encoding", ["utf_8", "utf_16_be"])
def test_the_answer_is_the_same_whatever_the_size_of_the_blocks(encoding: str, pieces: list[str]) -> None:
    data = "".join(pieces).encode(encoding)
    answers = [in_blocks(size, data, encoding=encoding, limit=40) for size in (1, 7, 30, 100, 10_000)]
    assert all(answer == answers[0] for answer in answers)
