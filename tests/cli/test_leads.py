from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from campaigns.storage.models import Import, Lead, List, ListMember
from tests.cli.conftest import Run
from tests.support.campaign import Campaign

CSV = "email,first_name,score\nann@example.com,Ann,70\nnot-an-address,Bob,1\ncem@example.com,Cem,\n"
ADD = [{"id": "s1", "type": "list.add", "config": {"list": "hot"}}]


def write(tmp_path: Path, text: str = CSV) -> str:
    path = tmp_path / "people.csv"
    path.write_text(text)
    return str(path)


def test_with_wait_the_rows_and_their_executions_are_done_when_it_ends(run: Run, acme: Campaign, tmp_path) -> None:
    acme.workflow(ADD)
    result = run("leads", "import", write(tmp_path), "--tenant", "acme", "--wait", "--json")
    assert result.exit_code == 0
    found: dict[str, Any] = json.loads(result.stdout)
    counts = {name: found[name] for name in ("status", "rows", "created", "updated", "skipped", "failed", "started")}
    assert counts == {"status": "done", "rows": 3, "created": 2, "updated": 0, "skipped": 0, "failed": 1, "started": 2}
    assert [(one["line"], one["column"]) for one in found["problems"]] == [(3, "email")]
    assert acme.statuses() == {"finished": 2}


def test_what_waits_for_a_time_does_not_hold_it_up(run: Run, acme: Campaign, tmp_path) -> None:
    acme.workflow([{"id": "d1", "type": "flow.delay", "config": {"duration": {"days": 2}}}])
    assert run("leads", "import", write(tmp_path), "--tenant", "acme", "--wait").exit_code == 0
    assert acme.statuses() == {"waiting": 2}


def test_the_table_names_line_column_and_reason(run: Run, acme: Campaign, tmp_path: Path) -> None:
    lines = run("leads", "import", write(tmp_path), "--tenant", "acme", "--wait").stdout.splitlines()
    assert ["created", "2"] in [line.split() for line in lines]
    assert lines[-1].split()[:2] == ["3", "email"]


def test_without_wait_it_is_queued_for_a_worker(run: Run, acme: Campaign, tmp_path: Path) -> None:
    result = run("leads", "import", write(tmp_path), "--tenant", "acme")
    entry = acme.only(Import)
    assert (result.stdout.strip(), entry.status) == (str(entry.id), "pending")
    assert run("worker", "--once").exit_code == 0
    assert acme.only(Import).status == "done"
    assert len(acme.all(Lead)) == 2


def test_no_workflows_starts_none(run: Run, acme: Campaign, tmp_path: Path) -> None:
    acme.workflow(ADD)
    run("leads", "import", write(tmp_path), "--tenant", "acme", "--no-workflows", "--wait")
    assert (len(acme.all(Lead)), acme.statuses()) == (2, {})


def test_a_mapping_says_which_column_goes_where(run: Run, acme: Campaign, tmp_path: Path) -> None:
    mapping = tmp_path / "mapping.json"
    mapping.write_text(json.dumps({"who": "email", "called": "first_name", "secret": None}))
    path = write(tmp_path, "who,called,secret\nann@example.com,Ann,x\n")
    words = ("leads", "import", path, "--tenant", "acme", "--mapping", str(mapping), "--list", "hot", "--wait")
    assert run(*words).exit_code == 0
    assert [(lead.email, lead.first_name, lead.fields) for lead in acme.all(Lead)] == [("ann@example.com", "Ann", {})]
    assert len(acme.all(ListMember)) == 1 == len(acme.all(List))


def test_what_cannot_be_imported_at_all_keeps_nothing(run: Run, acme: Campaign, tmp_path: Path, home: Path) -> None:
    mapping = tmp_path / "mapping.json"
    cases = {
        ("email,shoe size\na@example.com,44\n", "null"): "/mapping/shoe size: ",
        ("first_name\nAnn\n", "null"): "no column holds the email address",
        (CSV, '{"email": "shoe"}'): "/mapping/email: ",
        (CSV, '{"email": 3}'): "/email: ",
        ("%PDF-1.7 \n", "null"): "PDF",
    }
    for (text, given), said in cases.items():
        mapping.write_text(given)
        options = [] if given == "null" else ["--mapping", str(mapping)]
        result = run("leads", "import", write(tmp_path, text), "--tenant", "acme", "--wait", *options)
        assert (result.exit_code, result.stdout) == (1, "")
        assert said in result.stderr
    assert acme.all(Import) == []
    assert [path for path in (home / "uploads").rglob("*") if path.is_file()] == []


def test_the_same_file_twice_needs_a_word(run: Run, acme: Campaign, tmp_path: Path) -> None:
    words = ("leads", "import", write(tmp_path), "--tenant", "acme", "--wait")
    run(*words)
    assert "within the last hour" in run(*words).stderr
    again = run(*words, "--again", "--json")
    found = json.loads(again.stdout)
    assert (found["updated"], found["unchanged"]) == (2, 2)
    assert found["rows"] == sum(found[name] for name in ("created", "updated", "skipped", "failed"))


def test_the_counts_that_are_printed_add_up_to_the_rows(run: Run, acme: Campaign, tmp_path: Path) -> None:
    words = ("leads", "import", write(tmp_path), "--tenant", "acme", "--wait", "--again")
    run(*words)
    told = [line.split() for line in run(*words).stdout.splitlines()]
    counts = {line[0]: int(line[1]) for line in told if len(line) == 2 and line[1].isdigit()}
    assert (counts["updated"], counts["unchanged"]) == (0, 2)
    assert counts["rows"] == sum(counts[name] for name in ("created", "updated", "unchanged", "skipped", "failed"))


def test_a_file_that_vanishes_fails_the_import(run: Run, acme: Campaign, tmp_path: Path, home: Path) -> None:
    run("leads", "import", write(tmp_path), "--tenant", "acme")
    for path in (home / "uploads").rglob("*.csv"):
        path.unlink()
    run("worker", "--once")
    other = write(tmp_path, "email\nzoe@example.com\n")
    assert run("leads", "import", other, "--tenant", "acme", "--wait").exit_code == 0
    assert sorted(entry.status for entry in acme.all(Import)) == ["done", "failed"]


def test_list_filters_and_says_how_many_there_are(run: Run, acme: Campaign, tmp_path: Path) -> None:
    run("leads", "import", write(tmp_path), "--tenant", "acme", "--list", "hot", "--wait")
    found = json.loads(run("leads", "list", "--tenant", "acme", "--search", "ann", "--list", "hot", "--json").stdout)
    assert [(lead["email"], lead["score"]) for lead in found] == [("ann@example.com", 70)]
    limited = run("leads", "list", "--tenant", "acme", "--limit", "1")
    assert len(limited.stdout.splitlines()) == 2
    assert limited.stderr.startswith("1 of 2 leads")


def test_an_unknown_filter_value_is_told(run: Run, acme: Campaign) -> None:
    result = run("leads", "list", "--tenant", "acme", "--status", "imaginary")
    assert (result.exit_code, result.stdout) in ((1, ""), (0, "id  email  first_name  last_name  status  score\n"))


def test_an_import_that_is_not_waited_for_is_told_as_json(run, acme, tmp_path):
    path = tmp_path / "leads.csv"
    path.write_text("email\na@example.com\n")
    result = run("leads", "import", str(path), "--tenant", "acme", "--json")
    assert json.loads(result.stdout).items() >= {"status": "pending", "created": 0, "failed": 0}.items()
