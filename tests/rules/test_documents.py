"""The documents tell the present truth, in their form, and lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from campaigns.settings import variables
from tests.support.sources import ROOT, files, name_of

DOCUMENTS = [*sorted(ROOT.glob("*.md")), *files("docs", ".github", suffix=".md")]
DECISIONS = sorted((ROOT / "docs" / "decisions").glob("[0-9]*.md"))
LINK = re.compile(r"\[[^\]]*\]\((?!https?:|mailto:|#)([^)#\s]+)")
# A path of one person's machine helps nobody else; the last alternative is a path out of the checkout.
MACHINE_PATH = re.compile(r"(?<![\w.~/])/(?:home|root|work|Users)/\w|\.\./shared\b")
SHAPES = ("## Context", "## Decision", "## Consequences")


@pytest.mark.parametrize("path", DOCUMENTS, ids=name_of)
def test_links_lead_to_files(path: Path) -> None:
    targets = LINK.findall(path.read_text(encoding="utf-8"))
    assert [target for target in targets if not (path.parent / target).exists()] == []


def test_no_file_names_somebodys_machine() -> None:
    everything = [*DOCUMENTS, *files("campaigns", "tests", "scripts", "migrations", suffix=".py"), ROOT / "Makefile"]
    found = [name_of(path) for path in everything if MACHINE_PATH.search(path.read_text(encoding="utf-8"))]
    assert [name for name in found if name != name_of(Path(__file__))] == []


def test_the_changelog_begins_with_what_is_unreleased() -> None:
    headings = re.findall(r"^## (.+)$", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert headings[:1] == ["[Unreleased]"]


@pytest.mark.parametrize("path", DECISIONS, ids=lambda path: path.name)
def test_decisions_are_half_a_page_in_one_form(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert [shape for shape in SHAPES if shape not in text] == []
    assert len(text.split()) <= 400, "a decision record is half a page"


def test_decisions_are_numbered_without_gaps_and_listed() -> None:
    assert [int(path.name[:4]) for path in DECISIONS] == list(range(1, len(DECISIONS) + 1))
    index = (ROOT / "docs" / "decisions" / "README.md").read_text(encoding="utf-8")
    assert [path.name for path in DECISIONS if path.name not in index] == []


def test_contributing_fits_two_pages() -> None:
    assert len((ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").split()) <= 1000


def test_the_reference_of_settings_is_complete() -> None:
    text = (ROOT / "docs" / "reference" / "settings.md").read_text(encoding="utf-8")
    rows = [f"`{variable}` | {description}" for variable, description in variables().items()]
    assert [row for row in rows if row not in text] == [], "run: make docs"
