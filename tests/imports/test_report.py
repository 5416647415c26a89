"""The file of refused rows, and cells on their way out (S06)."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.imports.records import RowProblem
from campaigns.imports.report import export_cell, imported_cell, write_report
from tests.imports.reading import inspected, read

SIGNS = st.text(st.sampled_from("=+-@\t\r\n\0'\"＝＋－＠ \u00a0\u200bab1"), max_size=6)


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+1",
        "-1",
        "@a",
        "\tx",
        "\rx",
        "\nx",
        "\0x",
        "  =1",
        "\u00a0=1",
        "\u200b=1",
        "＝1",
        "＋1",
        "－1",
        "＠a",
        "'=1",
        '"=1',
        "' =1",
    ],
)
def test_s06_what_would_run_gets_an_apostrophe(text: str) -> None:
    assert export_cell(text) == "'" + text


@pytest.mark.parametrize("cell", ["Ann", "a=b", "'quoted'", "1-2", "O'Neil", ""])
def test_s06_other_texts_stay(cell: str) -> None:
    assert export_cell(cell) == cell


def test_s06_numbers_stay_numbers_and_nothing_is_blank() -> None:
    assert [export_cell(value) for value in (-5, 1.5, True, None)] == ["-5", "1.5", "True", ""]


@given(text=st.one_of(st.text(), SIGNS))
def test_s06_export_and_import_give_the_text_back(text: str) -> None:
    assert imported_cell(export_cell(text)) == text


@pytest.mark.parametrize("text", ["'\0", "'\t", "''=1", "' =1", "'Ann", "'"])
def test_s06_an_apostrophe_of_ones_own_comes_back(text: str) -> None:
    assert imported_cell(export_cell(text)) == text


@given(text=SIGNS)
def test_s06_nothing_that_starts_a_formula_leaves(text: str) -> None:
    assert export_cell(text)[:1] not in set("=+-@\t\r\n\0＝＋－＠")


def test_refused_rows_are_written_one_by_one_with_their_cells() -> None:
    problems = (RowProblem(number, "email", "is wrong, sadly", ["=1", "x"]) for number in range(2, 4))
    written = write_report(problems, header=("email", "name"))
    assert next(written) == "\ufeffline,column,reason,email,name\r\n"
    assert next(written) == '2,email,"is wrong, sadly",\'=1,x\r\n'
    assert len(list(written)) == 1


@given(
    rows=st.lists(
        st.lists(
            st.text(st.characters(exclude_categories=["Cs", "Cc"], include_characters="\r\n\t")), min_size=2, max_size=2
        )
    )
)
def test_the_report_reads_back_through_the_import(rows: list[list[str]]) -> None:
    problems = [RowProblem(line, "name", "is wrong", cells) for line, cells in enumerate(rows, start=2)]
    data = "".join(write_report(problems, header=("email", "name"))).encode()
    sample = inspected(data, separator=",")
    assert (sample.encoding, sample.header[3:]) == ("utf_8", ("email", "name"))
    found = [[imported_cell(cell) for cell in one.cells[3:]] for one in read(data)]
    assert found == rows


def test_the_report_is_plain_csv_for_others_too() -> None:
    text = "".join(write_report([RowProblem(2, "", 'a "b"', ["two\nlines"])], header=("x",)))
    assert list(csv.reader(io.StringIO(text, newline="")))[1] == ["2", "", 'a "b"', "two\nlines"]
