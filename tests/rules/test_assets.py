"""What the browser is given: vendored files are what they claim to be, and everything that is named exists."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from pathlib import Path

import pytest

from campaigns.web.assets import FROM_CDN, icon_names, script_sources
from tests.support.sources import ROOT, files, name_of

STATIC = ROOT / "static"
MANIFEST = json.loads((STATIC / "vendor" / "manifest.json").read_text(encoding="utf-8"))
ENTRIES = [entry for package in MANIFEST.values() for entry in package["files"].values()]
SHEETS = files("static/css", suffix=".css")
MODULES = files("static/js", suffix=".js")
TEMPLATES = files("templates", suffix=".html")


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry["path"])
def test_a_vendored_file_has_the_hash_that_the_page_demands(entry: dict[str, str]) -> None:
    digest = hashlib.sha384((STATIC / entry["path"]).read_bytes()).digest()
    assert entry["integrity"] == "sha384-" + base64.b64encode(digest).decode()


def test_the_manifest_names_every_vendored_file() -> None:
    present = {path for path in (STATIC / "vendor").rglob("*") if path.is_file()}
    named = {STATIC / entry["path"] for entry in ENTRIES}
    others = {path.name for path in present - named}
    assert others == {"LICENSE", "manifest.json"}, "run scripts/vendor.py, and commit what it writes"


def test_each_vendored_folder_holds_its_licence_under_its_version() -> None:
    for package in MANIFEST.values():
        homes = {(STATIC / entry["path"]).parent for entry in package["files"].values()}
        assert all("Copyright" in text or "Permission" in text for text in map(licence, homes))
        assert all(home == STATIC / "icons" or home.name == package["version"] for home in homes)


def test_the_pins_are_those_of_the_script() -> None:
    pins = (ROOT / "scripts" / "vendored.py").read_text(encoding="utf-8")
    assert [name for name, package in MANIFEST.items() if f'"{name}", "{package["version"]}"' not in pins] == []


def test_the_cdn_address_says_the_exact_version() -> None:
    sources = script_sources("cdn", root=STATIC)
    assert sources == ["https://cdn.jsdelivr.net/npm/htmx.org@2.0.11/dist/htmx.min.js"]
    assert len(sources) == len(FROM_CDN)
    assert script_sources("local", root=STATIC) == []


@pytest.mark.parametrize("path", SHEETS, ids=name_of)
def test_a_style_sheet_refers_only_to_what_is_there(path: Path) -> None:
    named = re.findall(r"url\([\"']?(?!data:)([^\"')]+)", path.read_text(encoding="utf-8"))
    assert [name for name in named if not (path.parent / name).is_file()] == []


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_script_imports_only_what_is_there_and_evaluates_nothing(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    imported = re.findall(r"from \"(\.[^\"]+)\"", source)
    assert [name for name in imported if not (path.parent / name).is_file()] == []
    assert re.findall(r"\beval\(|new Function|innerHTML\s*=|insertAdjacentHTML|document\.write", source) == []


def test_only_one_script_knows_the_events_of_htmx() -> None:
    knowing = [name_of(path) for path in MODULES if re.search(r"[\"'`]htmx:", path.read_text(encoding="utf-8"))]
    assert knowing == ["static/js/events.js"], "listen through events.js, which knows both spellings"


def test_colours_are_named_in_one_sheet() -> None:
    # White on the mark, on red and on a switch's knob is the same in both themes; paper has one theme.
    same_everywhere = re.compile(r"#(fff|c42b2b|a32020)\b")
    for path in SHEETS:
        if path.name not in {"tokens.css", "print.css"}:
            colours = re.findall(r"#[0-9a-fA-F]{3,8}\b(?=[;\s,)])", path.read_text(encoding="utf-8"))
            assert [c for c in colours if not same_everywhere.match(c)] == [], f"{path.name}: name it in tokens.css"


def test_every_role_has_its_colours_in_both_themes() -> None:
    light, dark = (STATIC / "css" / "tokens.css").read_text(encoding="utf-8").split('[data-bs-theme="dark"]')
    for role in "start trigger action condition delay fork finish failed".split():
        for name in (f"--role-{role}:", f"--role-{role}-soft:"):
            assert name in light, f"{name} in the light theme"
            assert name in dark, f"{name} in the dark theme"


def test_templates_name_only_files_and_icons_that_exist() -> None:
    icons, lost = icon_names(STATIC), []
    for path in TEMPLATES:
        source = path.read_text(encoding="utf-8")
        named = re.findall(r"\basset\(['\"]([\w./-]+)['\"]\)", source)
        lost += [f"{name_of(path)}: {name}" for name in named if not (STATIC / name).is_file()]
        drawn = re.findall(r"(?:\bicon\(|icon_name=|\"icon\":\s*)[\"']([\w-]+)[\"']", source)
        lost += [f"{name_of(path)}: icon {name}" for name in drawn if name not in icons]
    assert lost == [], "add icons to scripts/icons.txt and run scripts/vendor.py"


def test_every_layout_and_component_says_on_line_one_what_it_needs() -> None:
    pages = [path for path in TEMPLATES if path.parent.name in {"layouts", "components", "errors"}]
    assert [name_of(path) for path in pages if not path.read_text(encoding="utf-8").startswith("{#")] == []


def licence(home: Path) -> str:
    return (home / "LICENSE").read_text(encoding="utf-8")
