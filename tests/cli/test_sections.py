from __future__ import annotations

import json

from campaigns.sections.describing import describe, markdown
from campaigns.sections.registry import kinds
from tests.cli.conftest import Run
from tests.support.sources import ROOT


def test_list_shows_every_type_with_its_role(run: Run) -> None:
    rows = json.loads(run("sections", "list", "--json").stdout)
    assert {"flow.if": "condition", "lead.created": "trigger", "email.send": "action"}.items() <= {
        row["type"]: row["role"] for row in rows
    }.items()
    assert all(row["help"] and row["label"] for row in rows)
    assert "flow.delay" in run("sections", "list").stdout


def test_show_gives_the_schema_of_the_config(run: Run) -> None:
    found = json.loads(run("sections", "show", "list.add", "--json").stdout)
    assert found["schema"]["required"] == ["list"]


def test_show_says_what_the_reference_says(run: Run) -> None:
    shown = run("sections", "show", "list.add").stdout
    assert shown == markdown(describe(kinds()["list.add"], kinds()))
    assert shown in (ROOT / "docs" / "reference" / "sections.md").read_text(encoding="utf-8")


def test_an_unknown_type_is_told(run: Run) -> None:
    result = run("sections", "show", "flow.teleport")
    assert (result.exit_code, result.stderr) == (1, "Error: There is no section type flow.teleport.\n")


def test_a_plugin_that_does_not_load_is_a_warning(run: Run) -> None:
    result = run("sections", "list", plugins="no_such_module")
    assert result.exit_code == 0
    assert "no_such_module" in result.stderr
