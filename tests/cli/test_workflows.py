from __future__ import annotations

import json
from pathlib import Path

import pytest

from campaigns.services import stories
from campaigns.services.trial_specs import StorySpec
from tests.cli.conftest import Run
from tests.support.campaign import Campaign

DOCUMENT = {
    "format": 1,
    "settings": {},
    "triggers": [{"id": "t1", "type": "lead.created", "config": {}}],
    "sections": [{"id": "s1", "type": "list.add", "config": {"list": "hot"}}],
}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "warm-up.json"
    path.write_text(json.dumps(DOCUMENT))
    return path


def test_a_document_goes_in_and_comes_out_as_it_was(run: Run, acme: Campaign, file: Path) -> None:
    assert run("workflow", "import", str(file), "--tenant", "acme").stdout == "warm-up\n"
    result = run("workflow", "export", "warm-up", "--tenant", "acme")
    assert json.loads(result.stdout) == DOCUMENT


def test_importing_again_changes_the_draft(run: Run, acme: Campaign, file: Path) -> None:
    run("workflow", "import", str(file), "--tenant", "acme", "--key", "flow")
    changed = json.dumps({**DOCUMENT, "sections": []})
    assert run("workflow", "import", "-", "--tenant", "acme", "--key", "flow", input=changed).stdout == "flow\n"
    assert json.loads(run("workflow", "export", "flow", "--tenant", "acme").stdout)["sections"] == []
    [row] = json.loads(run("workflow", "list", "--tenant", "acme", "--json").stdout)
    assert (row["key"], row["draft_revision"]) == ("flow", 2)


def test_activate_publishes_and_deactivate_ends_it(run: Run, acme: Campaign, file: Path) -> None:
    run("workflow", "import", str(file), "--tenant", "acme")
    assert run("workflow", "check", "warm-up", "--tenant", "acme").exit_code == 0
    assert run("workflow", "activate", "warm-up", "--tenant", "acme").stdout == "1\n"
    assert "active" in run("workflow", "list", "--tenant", "acme").stdout
    assert json.loads(run("workflow", "export", "warm-up", "--tenant", "acme", "--version", "1").stdout) == DOCUMENT
    assert run("workflow", "deactivate", "warm-up", "--tenant", "acme", "--running", "cancel").exit_code == 0
    [row] = json.loads(run("workflow", "list", "--tenant", "acme", "--json").stdout)
    assert row["state"] == "inactive"


def test_check_warns_of_what_is_hardly_meant_and_lets_it_be(run: Run, acme: Campaign) -> None:
    sections = [{"id": "s1", "type": "flow.finish", "config": {}}, *DOCUMENT["sections"]]
    sections[1] = {**sections[1], "id": "s2"}
    run(
        "workflow",
        "import",
        "-",
        "--tenant",
        "acme",
        "--key",
        "flow",
        input=json.dumps({**DOCUMENT, "sections": sections}),
    )
    result = run("workflow", "check", "flow", "--tenant", "acme")
    assert (result.exit_code, result.stdout) == (0, "The workflow can be activated.\n")
    assert result.stderr == "Warning: /sections/1: nobody comes to this section: s1, above it, always ends the way\n"
    assert json.loads(run("workflow", "check", "flow", "--tenant", "acme", "--json").stdout) == []


def test_check_and_activate_name_what_is_missing(run: Run, acme: Campaign) -> None:
    broken = {**DOCUMENT, "sections": [{"id": "s1", "type": "list.add", "config": {"list": "nowhere"}}]}
    run("workflow", "import", "-", "--tenant", "acme", "--key", "flow", input=json.dumps(broken))
    for words in (["check"], ["activate"]):
        result = run("workflow", *words, "flow", "--tenant", "acme")
        assert result.exit_code == 1
        assert "  /sections/0/config/list: " in result.stderr
    result = run("workflow", "check", "flow", "--tenant", "acme", "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)[0]["path"] == "/sections/0/config/list"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "line 1, column 2"),
        ("[]", "must begin with {"),
        (json.dumps({**DOCUMENT, "sections": [{"id": "s1", "type": "flow.fly", "config": {}}]}), "/sections/0/type: "),
        (json.dumps({**DOCUMENT, "extra": 1}), "/extra: "),
    ],
)
def test_what_is_no_document_makes_nothing(run: Run, acme: Campaign, text: str, said: str) -> None:
    result = run("workflow", "import", "-", "--tenant", "acme", "--key", "flow", input=text)
    assert result.exit_code == 1
    assert said in result.stderr
    assert json.loads(run("workflow", "list", "--tenant", "acme", "--json").stdout) == []


def test_activate_at_once_makes_nothing_that_cannot_run(run: Run, acme: Campaign) -> None:
    incomplete = json.dumps({**DOCUMENT, "triggers": []})
    result = run("workflow", "import", "-", "--tenant", "acme", "--activate", input=incomplete)
    assert result.exit_code == 1
    assert json.loads(run("workflow", "list", "--tenant", "acme", "--json").stdout) == []


def test_unknown_tenants_and_workflows_are_told(run: Run, acme: Campaign) -> None:
    assert run("workflow", "list", "--tenant", "umbrella").stderr == "Error: There is no tenant umbrella.\n"
    assert run("workflow", "export", "none", "--tenant", "acme").stderr == "Error: There is no workflow none.\n"


def test_a_file_can_be_checked_before_it_is_imported(run: Run, acme: Campaign, file: Path) -> None:
    assert run("workflow", "check", str(file), "--tenant", "acme").stdout == "The workflow can be activated.\n"
    broken = {**DOCUMENT, "sections": [{"id": "s1", "type": "list.add", "config": {"list": "nowhere"}}]}
    result = run("workflow", "check", "-", "--tenant", "acme", input=json.dumps(broken))
    assert (result.exit_code, "  /sections/0/config/list: " in result.stderr) == (1, True)
    assert json.loads(run("workflow", "list", "--tenant", "acme", "--json").stdout) == []


def test_check_runs_the_story_tests(run: Run, acme: Campaign) -> None:
    run("workflow", "import", "-", "--tenant", "acme", "--key", "flow", input=json.dumps(DOCUMENT))
    check = {"kind": "ends_as", "status": "stopped"}
    for name, blocks in (("Ends early", True), ("Warns", False)):
        spec = StorySpec.model_validate({"name": name, "blocks": blocks, "trial": {}, "checks": [check]})
        with acme.write() as session:
            stories.save_story(session, "flow", spec, acme.kinds)
    result = run("workflow", "check", "flow", "--tenant", "acme")
    assert result.exit_code == 1
    assert "  /tests/Ends early: expected that it ends as stopped, but it ends as finished" in result.stderr
    assert "Warning: the test “Warns” fails" in result.stderr
    assert run("workflow", "activate", "flow", "--tenant", "acme").exit_code == 1


def test_ready_made_ones_are_listed_and_found_by_words(run: Run) -> None:
    everything = json.loads(run("workflow", "templates", "--json").stdout)
    assert "welcome-series" in [row["key"] for row in everything]
    [row] = json.loads(run("workflow", "templates", "--search", "birthday", "--json").stdout)
    assert (row["key"], row["category"]) == ("birthday-greetings", "Customers")
    assert "birthday-greetings" in run("workflow", "templates").stdout
