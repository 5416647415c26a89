"""One noun, one name: tests mirror the package, and no module has a name that says nothing."""

from __future__ import annotations

from pathlib import Path

from tests.support.sources import ROOT, files, name_of

# Folders of tests that stand for a promise or a seam instead of a package.
OF_PROMISES = {"conformance", "parity", "rules", "journeys", "browser", "simulation", "bench", "support"}
EMPTY_NAMES = {"utils", "util", "helpers", "helper", "common", "manager", "managers", "misc", "base2", "stuff"}


def test_every_test_file_mirrors_a_module() -> None:
    lost = [name_of(path) for path in files("tests", suffix=".py") if is_test(path) and not mirrors(path)]
    assert lost == [], "name the test after the module it tests: test_<module>.py or test_<module>_<aspect>.py"


def test_names_say_something() -> None:
    empty = [name_of(path) for path in files("campaigns", "tests", suffix=".py") if path.stem in EMPTY_NAMES]
    assert empty == [], "name a module after what it is about"


def test_templates_lie_in_the_folder_of_their_blueprint() -> None:
    known = {"layouts", "components", "errors", "mail"}
    nouns = {path.stem for path in (ROOT / "campaigns" / "web").rglob("*") if path.stem != "__init__"}
    folders = {path.relative_to(ROOT / "templates").parts[0] for path in files("templates", suffix=".html")}
    assert folders - known - nouns == set()


def is_test(path: Path) -> bool:
    inside = path.relative_to(ROOT / "tests").parts
    return path.name.startswith("test_") and inside[0] not in OF_PROMISES


def mirrors(path: Path) -> bool:
    """Tell whether tests/a/test_leads_search.py finds a module or folder `leads` in campaigns/a, at any depth."""
    folder = ROOT / "campaigns" / path.parent.relative_to(ROOT / "tests")
    subject = path.stem.removeprefix("test_")
    there = folder.rglob("*") if folder != ROOT / "campaigns" else folder.iterdir()
    modules = {item.stem for item in there if item.suffix == ".py" or item.is_dir()} - {"__init__", "__pycache__"}
    return any(subject == module or subject.startswith(f"{module}_") for module in {*modules, folder.name})
