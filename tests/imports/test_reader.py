"""Bad files and bad bytes: the rows C01 to C17 and C27 of the list of bad inputs."""

from __future__ import annotations

import csv
import gzip
import io
import zipfile

import pytest

from campaigns.errors import Invalid
from campaigns.imports import encodings, reader
from campaigns.imports.reader import UnreadableFile
from campaigns.imports.records import Position, Row, RowProblem
from tests.imports.reading import bad, good, inspected, read

PEOPLE = "email,first_name,city\nänne@example.com,Änne,Köln\nzoë@example.com,Zoë,Łódź\n"


@pytest.mark.parametrize("data", [b"", b"\xef\xbb\xbf", b"\xff\xfe", b"\n \r\n\n"])
def test_c01_an_empty_file_is_refused(data: bytes) -> None:
    with pytest.raises(UnreadableFile, match="empty"):
        inspected(data)


@pytest.mark.parametrize("data", [b"email,name", b"email,name\n", b"\xef\xbb\xbfemail,name\r\n\r\n"])
def test_c02_a_header_alone_has_no_rows(data: bytes) -> None:
    sample = inspected(data)
    assert sample.header == ("email", "name")
    assert sample.rows == ()
    assert read(data) == []


def test_c03_data_in_the_first_row_is_noticed_and_kept() -> None:
    data = b"ann@example.com,Ann\nbob@example.com,Bob\n"
    sample = inspected(data)
    assert not sample.has_header
    assert sample.columns(header=False) == ("Column 1", "Column 2")
    assert sample.first_row == ("ann@example.com", "Ann")
    assert [line for line, _ in good(read(data, header=False))] == [1, 2]


@pytest.mark.parametrize("first", ["email,name", "E-Mail;Vorname", "name"])
def test_c03_names_in_the_first_row_are_taken_for_a_header(first: str) -> None:
    assert inspected(f"{first}\na@example.com,Ann\n".encode()).has_header


def test_c04_a_byte_order_mark_is_no_part_of_the_first_name() -> None:
    data = b"\xef\xbb\xbf" + PEOPLE.encode()
    assert inspected(data).header[0] == "email"
    assert good(read(data))[0] == (2, ["änne@example.com", "Änne", "Köln"])
    assert read(data)[-1].position == Position(len(data), 4)


@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("encoding", ["utf_16_le", "utf_16_be"])
@pytest.mark.parametrize("text", [PEOPLE, "имя,email\nОльга,o@example.com\nИван,i@example.com\n"])
def test_c05_utf_16_is_detected_with_and_without_mark(encoding: str, mark: str, text: str) -> None:
    data = (mark + text).encode(encoding)
    sample = inspected(data)
    assert sample.encoding == encoding
    assert [",".join(cells) for cells in (sample.header, *sample.rows)] == text.splitlines()
    assert good(read(data, encoding=sample.encoding)) == [
        (line, row.split(",")) for line, row in enumerate(text.splitlines()[1:], start=2)
    ]


@pytest.mark.parametrize("data", ["email\na@b.de".encode("utf_32"), b"+/v8-email\n\x1b$B"])
def test_c05_other_wide_encodings_are_refused(data: bytes) -> None:
    encoding = "utf-7" if data.startswith(b"+/v8") else None
    with pytest.raises(Invalid):
        inspected(data, encoding=encoding)


@pytest.mark.parametrize(
    ("encoding", "word"),
    [
        ("cp1252", "Müller €5"),
        ("iso8859_15", "Œuvre €"),
        ("shift_jis", "ソフト表"),
        ("gb18030", "张伟|€"),
        ("cp1251", "Ольга"),
    ],
)
def test_c06_the_chosen_encoding_holds_for_all_rows(encoding: str, word: str) -> None:
    data = ("email,name\n" + f"a@example.com,{word}\n" * 3000).encode(encoding)
    sample = inspected(data, encoding=encoding)
    assert sample.rows[0] == ("a@example.com", word)
    found = read(data, encoding=encoding)
    assert {tuple(row.cells) for row in found} == {("a@example.com", word)}
    assert found[-1].position == Position(len(data), 3002)


def test_c06_windows_1252_and_1251_are_detected() -> None:
    german = "email,name,city\n" + "a@example.com,Jürgen Großmann,Köln\nb@example.com,Zoë Müller,Düsseldorf\n" * 5
    russian = "email,name\n" + "a@example.com,Ольга Иванова\nb@example.com,Дмитрий Соколов\n" * 20
    assert inspected(german.encode("cp1252")).encoding == "cp1252"
    assert inspected("email,amount\na@example.com,€5\n".encode("cp1252")).encoding == "cp1252"
    assert inspected(russian.encode("cp1251")).encoding == "cp1251"


@pytest.mark.parametrize("name", ["klingon", "rot13", "base64", "idna", "utf-32", "unicode_escape", ""])
def test_c06_an_encoding_that_is_none_is_refused_by_name(name: str) -> None:
    with pytest.raises(Invalid) as caught:
        encodings.exact(name, b"")
    assert caught.value.problems[0].path == "/encoding"


def test_c07_invalid_utf8_far_down_is_one_row_problem() -> None:
    rows = [b"ann%d@example.com,\xc3\x84nne\n" % number for number in range(60_000)]
    rows[50_000] = b"ann@example.com,\xc3\x28bad\n"
    data = b"email,name\n" + b"".join(rows)
    assert inspected(data).encoding == "utf_8"
    found = list(reader.read_rows(io.BytesIO(data), encoding="utf_8", separator=",", columns=("email", "name")))
    problems = [one for one in found if isinstance(one, RowProblem)]
    assert [(one.line, one.column) for one in problems] == [(50_002, "name")]
    assert "utf_8" in problems[0].reason
    assert problems[0].cells == ["ann@example.com", "\ufffd(bad"]
    assert len(found) == 60_000


@pytest.mark.parametrize("bytes_", [b"a\xff@example.com", b"a\xc3@example.com", b"\xfe\xffa"])
def test_c07_damage_in_a_plain_file_does_not_change_its_encoding(bytes_: bytes) -> None:
    data = b"email\nok@example.com\n" + bytes_ + b"\nfine@example.com\n"
    assert inspected(data).encoding == "utf_8"
    assert [line for line, _ in bad(read(data))] == [3]


@pytest.mark.parametrize("encoding", ["utf_8", "utf_16_le", "cp1252"])
def test_c08_a_nul_is_a_row_problem(encoding: str) -> None:
    data = "email,name\na@example.com,A\0nn\nb@example.com,Bob\n".encode(encoding)
    found = read(data, encoding=encoding)
    assert bad(found) == [(2, "holds a NUL character")]
    assert good(found) == [(3, ["b@example.com", "Bob"])]
    if encoding == "utf_8":
        assert inspected(data).encoding == "utf_8"


@pytest.mark.parametrize("ends", ["\n\n\n\n", ["\r\n"] * 4, "\r\r\r\r", ["\r\n", "\r", "\n", ""]])
@pytest.mark.parametrize("encoding", ["utf_8", "utf_16_be"])
def test_c09_all_line_ends_read_alike(ends: list[str], encoding: str) -> None:
    lines = ["email,name", "a@example.com,Ann", "b@example.com,Bob", "c@example.com,Cid"]
    data = "".join(map("".join, zip(lines, ends, strict=True))).encode(encoding)
    expected = [(number, text.split(",")) for number, text in enumerate(lines[1:], start=2)]
    assert good(read(data, encoding=encoding)) == expected


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_c10_the_separator_is_detected(separator: str) -> None:
    data = separator.join(["email", "name", "amount"]) + "\n" + separator.join(["a@example.com", "Ann", '"1,5"']) + "\n"
    assert inspected(data.encode()).separator == separator


def test_c10_decimal_commas_are_not_separators() -> None:
    data = b"email;height;weight\n" + b"a@example.com;1,75;70,5\n" * 5
    assert inspected(data).separator == ";"
    assert inspected(data, separator=",").header == ("email;height;weight",)


def test_c10_an_unknown_separator_is_a_problem() -> None:
    with pytest.raises(UnreadableFile) as caught:
        inspected(b"a,b\n", separator="x")
    assert caught.value.problems[0].path == "/separator"


def test_c11_a_quote_never_closed_costs_one_row_and_is_never_held_whole() -> None:
    row = b"someone@example.com,Ann,Berlin\n"
    data = b"email,name,city\n" + row * 10 + b'b@example.com,"Bob,Bonn\n' + row * 400_000
    stream = io.BytesIO(data)
    found = 0
    problems = []
    ahead = 0
    for one in reader.read_rows(stream, encoding="utf_8", separator=","):
        if isinstance(one, RowProblem):
            problems.append((one.line, one.reason))
        assert one.position is not None
        ahead = max(ahead, stream.tell() - one.position.offset)
        found += 1
    assert [line for line, _ in problems] == [12]
    assert "quote" in problems[0][1]
    assert found == 400_011
    assert ahead < 3_000_000, "more than the longest cell and one block was held"


def test_c11_a_quote_never_closed_in_a_short_file_costs_one_row() -> None:
    found = read(b'email,name\na@example.com,"Ann\nb@example.com,Bob\nc@example.com,Cid')
    assert bad(found) == [(2, "a quote is opened and never closed")]
    assert [line for line, _ in good(found)] == [3, 4]


def test_c11_a_stray_quote_swallows_no_rows() -> None:
    found = read(b'email,name\na@example.com,"Ann\nb@example.com,Bob\nc@example.com,"Cid"\nd@example.com,Dan\n')
    assert [line for line, _ in bad(found)] == [2]
    assert [line for line, _ in good(found)] == [3, 4, 5]


def test_c12_quoted_line_ends_and_doubled_quotes_are_kept_exactly() -> None:
    data = b'email,note\r\na@example.com,"one\r\ntwo\nthree\rfour ""five"""\r\nb@example.com,5" pipe\r\n'
    assert good(read(data)) == [
        (2, ["a@example.com", 'one\r\ntwo\nthree\rfour "five"']),
        (6, ["b@example.com", '5" pipe']),
    ]


@pytest.mark.parametrize("quote", [b"", b'"'])
@pytest.mark.parametrize("size", [1_500_000, 10_000_000])
def test_c13_a_giant_field_is_a_row_problem(quote: bytes, size: int) -> None:
    data = b"email,note\na@example.com," + quote + b"x" * size + quote + b"\r\nb@example.com,fine\n"
    found = read(data)
    assert [line for line, _ in bad(found)] == [2]
    assert sum(map(len, found[0].cells)) <= 1000
    assert good(found) == [(3, ["b@example.com", "fine"])]


def test_c13_a_field_just_below_the_limit_is_kept() -> None:
    data = b"email,note\na@example.com," + b"x" * 999_000 + b"\n"
    assert len(good(read(data))[0][1][1]) == 999_000


@pytest.mark.parametrize("columns", [501, 100_000])
def test_c14_more_than_500_columns_are_refused(columns: int) -> None:
    data = ",".join(f"c{number}" for number in range(columns)).encode() + b"\n"
    with pytest.raises(UnreadableFile, match="500 columns"):
        inspected(data)
    assert len(inspected(",".join(f"c{number}" for number in range(500)).encode()).header) == 500


def test_c16_blank_and_double_names_get_names_of_their_own() -> None:
    sample = inspected(b"email,Name,,name,city,\na@example.com,A,B,C,D,E\n")
    assert sample.header == ("email", "Name", "Column 3", "name (2)", "city", "Column 6")
    assert sample.unclear == ("Name", "Column 3", "name (2)", "Column 6")


def test_c17_names_lose_what_nobody_can_see() -> None:
    data = "\u200bE\u00ad-Mail\u00a0 , First\u00a0\u00a0Name\ufeff,Cafe\u0301\n".encode()
    assert inspected(data).header == ("E-Mail", "First Name", "Café")


def _zipped() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("leads.csv", "email\n")
    return out.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        _zipped(),
        gzip.compress(b"email\na@example.com\n"),
        b"%PDF-1.7\nemail",
        b"email,name\n%PDF-1.4 a polyglot\n",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1rest",
        b"\x89PNG\r\n\x1a\nrest",
        b"<!DOCTYPE html><html></html>",
        bytes(range(256)) * 20,
    ],
    ids=["zip", "gzip", "pdf", "polyglot", "xls", "png", "html", "bytes"],  # some hold the time at which they are made
)
def test_c27_what_is_no_text_is_refused_by_content(data: bytes) -> None:
    with pytest.raises(UnreadableFile, match="CSV"):
        inspected(data)


def test_the_cell_limit_of_others_is_never_lowered() -> None:
    before = csv.field_size_limit(3_000_000)
    try:
        read(b"a\nb\n")
        assert csv.field_size_limit() == 3_000_000
    finally:
        csv.field_size_limit(max(before, 1_000_000))


def test_a_problem_carries_the_mark_behind_it() -> None:
    data = b'email,name\na@example.com,"Ann" x\nb@example.com,Bob\n'
    problem, row = read(data)
    assert isinstance(problem, RowProblem)
    assert isinstance(row, Row)
    again = list(reader.read_rows(io.BytesIO(data), encoding="utf_8", separator=",", start_at=problem.position))
    assert again == [row]
