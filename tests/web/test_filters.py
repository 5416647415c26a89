from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from campaigns.web.filters import (
    dom_id,
    duration,
    exact,
    initials,
    number,
    percent,
    pieces,
    plural,
    relative,
    rfc3339,
    url_with,
)

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (0, "just now"),
        (-59, "just now"),
        (30, "in a moment"),
        (-60, "1 min ago"),
        (-3599, "59 min ago"),
        (3600, "in 1 h"),
        (-86400, "1 day ago"),
        (5 * 86400, "in 5 days"),
        (7 * 86400 - 1, "in 7 days"),
        (-7 * 86400 + 1, "6 days ago"),
        (3599, "in 1 h"),
        (-21 * 86400, "3 weeks ago"),
        (-90 * 86400, "22 Aug 2026"),
    ],
)
def test_relative_says_a_time_as_a_person_does(seconds: int, told: str) -> None:
    assert relative(NOON + timedelta(seconds=seconds), NOON) == told


def test_exact_names_the_viewers_zone_and_utc() -> None:
    assert exact(NOON, "Europe/Berlin") == "Fri 20 Nov 2026, 13:00:00 CET · 2026-11-20 12:00:00 UTC"
    assert exact(NOON) == "2026-11-20 12:00:00 UTC"


def test_rfc3339_ends_in_z() -> None:
    assert rfc3339(NOON) == "2026-11-20T12:00:00Z"


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(0, "< 1 s"), (59, "59 s"), (200, "3 min 20 s"), (86400, "1 d"), (86400 + 30, "1 d"), (187200, "2 d 4 h")],
)
def test_duration_tells_two_neighbouring_units(seconds: int, told: str) -> None:
    assert duration(seconds) == told
    assert duration(timedelta(seconds=seconds)) == told


def test_numbers_have_narrow_spaces_and_a_real_minus() -> None:
    assert number(1204567) == "1\u202f204\u202f567"
    assert number(-3.25, 1) == "\u22123.2"
    assert number(None) == "–"
    assert percent(1, 8, 1) == "12.5\u202f%"
    assert percent(1, 0) == "–"


def test_plural_agrees_with_the_count() -> None:
    assert [plural(1, "lead"), plural(0, "lead"), plural(2, "entry", "entries")] == ["1 lead", "0 leads", "2 entries"]


@pytest.mark.parametrize(
    ("name", "letters"), [("Ada Lovelace", "AL"), ("ada@acme.example", "A"), ("Ana María de Soto", "AS"), ("", "?")]
)
def test_initials_stand_for_a_name(name: str, letters: str) -> None:
    assert initials(name) == letters


def test_dom_id_names_a_thing_by_its_class_or_noun() -> None:
    @dataclass
    class EmailTemplate:
        id: str

    assert dom_id(EmailTemplate("7f"), "rows") == "email-template-7f-rows"
    assert dom_id("lead", "a b/c", 3) == "lead-a-b-c-3"


def test_url_with_keeps_the_other_values_of_the_address() -> None:
    with Flask("app").test_request_context("/leads?q=a%26b&tag=x&tag=y&page=4"):
        assert url_with(page=None, sort="-name") == "/leads?q=a%26b&tag=x&tag=y&sort=-name"
        assert url_with(q=None, tag=None, page=None) == "/leads"


def test_text_of_the_docs_comes_apart_into_code_and_words():
    text = "`yes` or a [condition](workflow-document.md), <b>"
    assert pieces(text) == [("yes", True), (" or a condition, <b>", False)]
