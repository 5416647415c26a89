"""Columns and fields: suggestions, refusals by path, C16 and C24 and C33 of the list of bad inputs."""

from __future__ import annotations

from typing import get_args

import pytest
from pydantic import ValidationError

from campaigns.imports.dates import PATTERNS
from campaigns.imports.fields import FieldSpec, built_in
from campaigns.imports.mapping import ColumnMap, Settled, UnmappedColumns, settle, suggest
from campaigns.imports.options import DateFormat, ImportOptions

CITY = FieldSpec("city", "text", label="Home town")
FIELDS = (*built_in(), CITY)


def settled(given: dict[str, str | None] | None, header: str, unclear: str = "", *, create: bool = False) -> Settled:
    return settle(
        given,
        header=header.split(),
        unclear=unclear.split(),
        fields=FIELDS,
        make_key=str.lower if create else None,
    )


def paths(given: dict[str, str | None] | None, header: str, unclear: str = "") -> list[str]:
    with pytest.raises(UnmappedColumns) as caught:
        settled(given, header, unclear)
    return [problem.path for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("column", "key"),
    [
        ("email", "email"), ("E-Mail", "email"), ("Mail", "email"), ("EMAIL ADDRESS", "email"),
        ("Vorname", "first_name"),
        ("Nachname", "last_name"), ("Surname", "last_name"), ("First Name", "first_name"),
        ("Prénom", "first_name"),
        ("Telefon", "phone"), ("Phone number", "phone"), ("ExternalID", "external_id"), ("Tags", "tags"),
        ("city", "city"), ("HOME TOWN", "city"), ("Imię", "first_name"), ("hobby", None), ("id", None),
        ("created_at", None),
    ],
)  # fmt: skip
def test_a_field_is_suggested_by_key_name_or_usual_word(column: str, key: str | None) -> None:
    assert suggest([column], FIELDS) == {column: key}


def test_each_field_is_suggested_once_and_exact_names_come_first() -> None:
    assert suggest(["Mail", "email", "E-Mail"], FIELDS) == {"Mail": None, "email": "email", "E-Mail": None}


def test_without_a_mapping_every_column_must_match() -> None:
    assert settled(None, "email city").columns == {"email": "email", "city": "city"}
    assert paths(None, "email hobby a/b~c") == ["/mapping/hobby", "/mapping/a~1b~0c"]


def test_a_given_mapping_names_columns_and_fields_that_exist() -> None:
    assert settled({"x": "EMAIL", "y": None}, "x y z").columns == {"x": "email", "y": None, "z": None}
    assert paths({"nowhere": "email", "x": "nothing"}, "x") == ["/mapping/nowhere", "/mapping/x"]


def test_one_field_takes_one_column() -> None:
    assert paths({"a": "email", "b": "email"}, "a b") == ["/mapping/b"]


def test_a_lead_must_be_recognisable() -> None:
    assert paths({"a": "city"}, "a") == ["/mapping"]


def test_c16_unclear_columns_are_refused_until_mapped() -> None:
    header, unclear = "email name name_(2)", "name name_(2)"
    assert paths(None, header, unclear) == ["/mapping/name", "/mapping/name_(2)"]
    assert paths({"email": "email", "name": "first_name"}, header, unclear) == ["/mapping/name_(2)"]
    given: ColumnMap = {"email": "email", "name": "first_name", "name_(2)": None}
    assert settled(given, header, unclear).columns == given


@pytest.mark.parametrize("key", ["id", "tenant_id", "created_at", "updated_at", "Tenant_ID"])
def test_c24_what_the_product_keeps_can_not_be_mapped(key: str) -> None:
    assert paths({"email": "email", "x": key}, "email x") == ["/mapping/x"]
    with pytest.raises(UnmappedColumns):
        settled({"email": "email", "x": key}, "email x", create=True)
    assert paths(None, f"email {key}") == [f"/mapping/{key}"]


def test_unknown_columns_become_fields_when_asked_for() -> None:
    found = settled(None, "email Hobby city", create=True)
    assert found.columns == {"email": "email", "Hobby": "hobby", "city": "city"}
    assert found.created == (FieldSpec("hobby", "text", label="Hobby"),)


def test_c33_at_most_100_fields_are_created() -> None:
    header = "email " + " ".join(f"f{number}" for number in range(100))
    assert len(settled(None, header, create=True).created) == 100
    with pytest.raises(UnmappedColumns, match="matched") as caught:
        settled(None, header + " f100", create=True)
    assert [problem.path for problem in caught.value.problems] == ["/mapping"]


def test_a_report_of_refused_rows_can_come_back() -> None:
    assert settled(None, "line column reason email").columns == {
        "line": None, "column": None, "reason": None, "email": "email",
    }  # fmt: skip


@pytest.mark.parametrize("options", [{"other": 1}, {"existing": "replace"}, {"separator": "x"}, {"date_format": "D"}])
def test_options_are_closed(options: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        ImportOptions.model_validate(options)


def test_the_date_formats_offered_are_those_that_can_be_read() -> None:
    assert set(get_args(DateFormat)) == set(PATTERNS)
