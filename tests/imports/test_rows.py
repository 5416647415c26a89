"""Cells into leads: the rows C15, C18 to C22, C24 and C28 to C32 of the list of bad inputs."""

from __future__ import annotations

import pytest

from campaigns.imports.fields import FieldSpec
from campaigns.imports.merge import names_of, over
from campaigns.imports.records import RowProblem
from campaigns.imports.rows import LeadRow
from tests.imports.reading import bad, lead, leads


def value(type: str, text: str, *choices: str, **options: object) -> object:
    """What a cell of a custom field becomes, or the reason why the row is refused."""
    spec = FieldSpec("it", type, choices)
    found = lead("email\tit", f'a@example.com\t"{text}"', spec, separator="\t", **options)
    return found.fields["it"] if isinstance(found, LeadRow) else found.reason


def refused(type: str, text: str, *choices: str, **options: object) -> bool:
    return isinstance(
        lead("email\tit", f"a@example.com\t{text}", FieldSpec("it", type, choices), separator="\t", **options),
        RowProblem,
    )


def test_a_row_becomes_a_lead() -> None:
    found = lead(
        "E-Mail;Vorname;Nachname;Telefon;Status;score;tags;external_id",
        "Ann@Example.com ;Ann;Müller;+49 30 1234567;Qualified;7;vip, new ,vip;K-1",
    )
    assert isinstance(found, LeadRow)
    assert found[:4] == (2, "Ann@Example.com", "ann@example.com", "K-1")
    assert found.values == {
        "first_name": "Ann", "last_name": "Müller", "phone": "+49 30 1234567", "status": "qualified",
        "score": 7,
    }  # fmt: skip
    assert found.tags == ("vip", "new")


def test_a_row_needs_an_address_or_an_external_id() -> None:
    found = leads(b"email,external_id,first_name\n,K-1,Ann\n , ,Bob\n,,\n")
    assert [line for line, _ in bad(found)] == [3, 4]


def test_c15_missing_cells_are_blank_and_further_ones_refused() -> None:
    found = leads(b"email,first_name,last_name\na@example.com\nb@example.com,Bob,Bee,Boo\n,Cid\n")
    assert isinstance(found[0], LeadRow)
    assert found[0].values == {}
    assert bad(found)[0] == (3, "the row has 4 cells, but the header has 3")
    assert len(found) == 3


def test_c18_the_same_address_twice_is_one_lead_and_the_later_row_wins() -> None:
    data = (
        b"email,first_name,last_name,tags\nAnn@example.com,Ann,Old,a\nbob@example.com,Bob,,\n ann@EXAMPLE.com,,New,b\n"
    )
    first, other, later = (one for one in leads(data) if isinstance(one, LeadRow))
    assert names_of(first) == names_of(later) != names_of(other)
    merged = over(first, later)
    assert (merged.line, merged.email) == (4, "ann@EXAMPLE.com")
    assert merged.values == {"first_name": "Ann", "last_name": "New"}
    assert merged.tags == ("a", "b")


@pytest.mark.parametrize(
    "address", ["ann+shop@example.com", "a.n.n@example.com", "A_n-n@Sub.Example.co.uk", "o'neil@x.test"]
)
def test_c19_plus_tags_and_dots_are_kept(address: str) -> None:
    found = lead("email", address)
    assert isinstance(found, LeadRow)
    assert (found.email, found.email_key) == (address, address.lower())


def test_c20_an_international_domain_is_compared_in_ascii() -> None:
    found = lead("email", "Ann@München.example")
    assert isinstance(found, LeadRow)
    assert found.email == "Ann@München.example"
    assert found.email_key == "ann@xn--mnchen-3ya.example"
    same = lead("email", "ann@xn--mnchen-3ya.example")
    assert isinstance(same, LeadRow)
    assert same.email_key == found.email_key


@pytest.mark.parametrize(
    "address",
    [
        "änne@example.com", "a@b", "a@@example.com", "@example.com", "a@", "a b@example.com", "a@exa mple.com",
        "Ann <ann@example.com>", "<ann@example.com>", "a@example.com;b@example.com",
        "a@example.com, b@example.com",
        '"a b"@example.com', ".a@example.com", "a..b@example.com", "a@-example.com", "a@example..com", "a@[127.0.0.1]",
        "a\n@example.com", "a@example.com\nBcc: b@example.com", "a" * 65 + "@example.com",
        "a@" + "b" * 64 + ".com",
        "a@" + "b." * 125 + "example", "a@example.com" + "x" * 300, "a@example.c0m-", "a@xn--\u00fc.com",
    ],
)  # fmt: skip
def test_c20_c21_what_is_no_single_plain_address_is_a_row_problem(address: str) -> None:
    doubled = address.replace('"', '""')
    (found,) = leads(f'email,first_name\n"{doubled}",Ann\n'.encode())
    assert isinstance(found, RowProblem)
    assert (found.line, found.column) == (2, "email")
    assert found.cells == [address, "Ann"]


@pytest.mark.parametrize("text", ["=1+1", "@SUM(A1)", "-2+3", "+cmd|' /C calc'!A0", "＝1"])
def test_c22_a_formula_is_stored_as_data(text: str) -> None:
    assert value("text", text) == text


@pytest.mark.parametrize(
    ("type", "format", "text", "expected"),
    [
        ("date", None, "2025-04-03", "2025-04-03"),
        ("date", "DD/MM/YYYY", "03/04/2025", "2025-04-03"),
        ("date", "MM/DD/YYYY", "03/04/2025", "2025-03-04"),
        ("date", "DD.MM.YYYY", "3.4.2025", "2025-04-03"),
        ("date", "excel", "45000", "2023-03-15"),
        ("date", None, "9999-12-31", "9999-12-31"),
        ("date", None, "2024-02-29 00:00:00", "2024-02-29"),
        ("datetime", None, "2025-04-03T10:20:30+02:00", "2025-04-03T08:20:30Z"),
        ("datetime", None, "2025-04-03 10:20", "2025-04-03T10:20:00Z"),
        ("datetime", None, "2025-04-03", "2025-04-03T00:00:00Z"),
        ("datetime", "DD.MM.YYYY", "03.04.2025 10:20:30", "2025-04-03T10:20:30Z"),
        ("datetime", "excel", "45000.5", "2023-03-15T12:00:00Z"),
    ],
)
def test_c28_dates_are_read_in_the_chosen_format(type: str, format: str | None, text: str, expected: str) -> None:
    assert value(type, text, date_format=format) == expected


@pytest.mark.parametrize("type", ["date", "datetime"])
@pytest.mark.parametrize(
    ("format", "text"),
    [
        (None, "03/04/2025"), (None, "2025-02-30"), (None, "2025-2-3"), (None, "45000"), (None, "0001-01-01"),
        (None, "0000-00-00"), (None, "10000-01-01"), (None, "tomorrow"), (None, "25-01-01"),
        (None, "2025-13-01"),
        ("DD/MM/YYYY", "04/13/2025"), ("DD/MM/YYYY", "2025-04-13"), ("MM/DD/YYYY", "13/04/2025"),
        ("DD.MM.YYYY", "31.04.2025"), ("DD.MM.YYYY", "01.02.25"), ("excel", "2025-01-01"), ("excel", "9999999"),
        (None, "２０２５-01-01"),
    ],
)  # fmt: skip
def test_c28_impossible_dates_are_row_problems(type: str, format: str | None, text: str) -> None:
    assert refused(type, text, date_format=format)


@pytest.mark.parametrize(
    "text", ["9999-12-31T23:59-05:00", "2025-01-01T24:00", "2025-01-01T10:00+99:00", "2025-01-01T1:60"]
)
def test_c28_instants_that_do_not_exist_are_row_problems(text: str) -> None:
    assert refused("datetime", text)


@pytest.mark.parametrize(
    ("decimal", "text", "expected"),
    [
        (".", "1,234.5", 1234.5), (",", "1.234,5", 1234.5), (".", "-7", -7), (".", "1e308", 1e308),
        (".", "0123", 123),
        (",", "1,5", 1.5), (".", ".5", 0.5), (".", "1,234,567", 1234567), (".", "+5", 5),
        (".", "9007199254740992", 2**53),
    ],
)  # fmt: skip
def test_c29_numbers_are_read_with_the_chosen_decimal_sign(decimal: str, text: str, expected: float) -> None:
    found = value("number", text, decimal=decimal)
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    ("decimal", "text"),
    [
        (".", "NaN"), (".", "Infinity"), (".", "-inf"), (".", "1e309"), (".", "1.234,5"), (",", "1,234.5"),
        (",", "1.5"),
        (".", "1,5"), (".", "12 km"), (".", "0x10"), (".", "1_000"), (".", "٣"), (".", "--5"), (".", "1.2.3"),
        (".", "90071992547409930"), (".", "."), (".", "9" * 5000),
    ],
)  # fmt: skip
def test_c29_what_is_no_finite_number_is_a_row_problem(decimal: str, text: str) -> None:
    assert refused("number", text, decimal=decimal)


def test_c29_text_stays_text() -> None:
    assert [value("text", text) for text in ("0123", "1e5", "NaN", "1.0", "TRUE")] == [
        "0123",
        "1e5",
        "NaN",
        "1.0",
        "TRUE",
    ]


@pytest.mark.parametrize("text", ["yes", "JA", "1", "TRUE", "wahr", "Oui", "sí", "да"])
def test_c30_words_for_yes(text: str) -> None:
    assert value("boolean", text) is True


@pytest.mark.parametrize("text", ["no", "Nein", "0", "false", "FALSCH", "нет"])
def test_c30_words_for_no(text: str) -> None:
    assert value("boolean", text) is False


@pytest.mark.parametrize("text", ["maybe", "2", "-", "yes!"])
def test_c30_other_words_are_row_problems(text: str) -> None:
    assert refused("boolean", text)


def test_c31_text_is_composed_and_otherwise_kept() -> None:
    family, override = "👩‍👩‍👧", "a\u202egnp.exe"
    assert value("text", "Cafe\u0301") == "Café"
    assert value("text", family) == family
    assert value("text", override) == override
    assert value("text", "\u200bx\u200by ") == "x\u200by"


def test_c31_storms_of_marks_and_endless_texts_are_row_problems() -> None:
    assert refused("text", "a" + "\u0301" * 1000)
    assert refused("text", "x" * 10_001)
    assert value("text", "ü" * 10_000) == "ü" * 10_000
    assert isinstance(lead("email,first_name", "a@example.com," + "x" * 256), RowProblem)


@pytest.mark.parametrize("text", ["a\x1bb", "a\x07", "\x9bc"])
def test_c31_control_characters_are_row_problems(text: str) -> None:
    assert refused("text", text)


def test_c32_markup_is_stored_as_text() -> None:
    text = "<script>alert('x')</script>"
    found = lead("email,first_name", f'a@example.com,"{text}"')
    assert isinstance(found, LeadRow)
    assert found.values["first_name"] == text


def test_c33_an_unknown_status_is_a_row_problem() -> None:
    found = lead("email,status", "a@example.com,vip")
    assert isinstance(found, RowProblem)
    assert (found.column, found.reason) == ("status", "is not one of: new, qualified")


@pytest.mark.parametrize("text", ["030 123456", "+49 (0)30 / 123-456", "+1 212 555 0100 ext. 12", "00 49 30 123456"])
def test_plausible_phone_numbers_are_kept_as_typed(text: str) -> None:
    assert value("phone", text) == text


@pytest.mark.parametrize("text", ["123", "call me", "+999999 12345", "+49 30 1234567890123", "12;34567", "+٤٩١٢٣٤٥٦"])
def test_other_phone_numbers_are_row_problems(text: str) -> None:
    assert refused("phone", text)


@pytest.mark.parametrize("text", ["https://example.com/a?b=c#d", "http://bücher.example:8080"])
def test_web_addresses_are_kept(text: str) -> None:
    assert value("url", text) == text


@pytest.mark.parametrize(
    "text",
    ["example.com", "javascript:alert(1)", "https://", "ftp://a.b", "https://a b", "http://[", "http://a:99999/"],
)
def test_other_web_addresses_are_row_problems(text: str) -> None:
    assert refused("url", text)


@pytest.mark.parametrize("text", ["1.5", "ten", "99999999999", "1_0", "٣"])
def test_a_score_is_a_whole_number(text: str) -> None:
    assert isinstance(lead("email;score", f"a@example.com;{text}"), RowProblem)


def test_a_choice_is_found_without_regard_to_case() -> None:
    assert value("choice", "GOLD", "Gold", "Silver") == "Gold"
    assert value("choice", "lead", "Gold", "Silver") == "is not one of: Gold, Silver"
