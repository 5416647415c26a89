"""`campaigns demo` does the main job on real input, tells it in a table, and may be repeated."""

from __future__ import annotations

import csv
import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from flask import Flask

from campaigns.cli.program import Program
from campaigns.cli.root import root
from campaigns.services.demo_texts import DOCUMENT
from tests.support.sources import ROOT


def demo(home: Path) -> Result:
    program = Program(lambda _runtime, _demo: Flask("pages"), {"env_file": None, "home": home, "log_level": "error"})
    return CliRunner(catch_exceptions=False).invoke(root, ["demo", "--no-serve"], obj=program)


def count(result: Result, word: str) -> int:
    found = re.search(rf"^{word} +(\d+)$", result.stdout, re.MULTILINE)
    assert found is not None, result.stdout
    return int(found[1])


@pytest.mark.slow
def test_the_demo_tells_what_became_of_every_row_and_changes_nothing_the_second_time(tmp_path: Path) -> None:
    first = demo(tmp_path / "home")
    assert (first.exit_code, first.stderr) == (0, "")
    assert count(first, "created") + count(first, "updated") + count(first, "rejected") == 2000
    assert count(first, "created") == count(first, "waiting") + count(first, "finished")
    assert count(first, "handed over") > count(first, "created")
    refused = re.findall(r"^ *(\d+)  .*\w", first.stdout.partition("Rejected line")[2], re.MULTILINE)
    assert len(refused) == count(first, "rejected") == 13
    assert "From: " in (tmp_path / "home" / "demo-mails.txt").read_text(encoding="utf-8")

    second = demo(tmp_path / "home")
    assert second.exit_code == 0
    assert "rm -r" in second.stdout
    for word in ("created", "rejected", "waiting", "finished", "handed over"):
        assert count(second, word) == count(first, word)
    assert [line for line in second.stdout.splitlines() if "Sign in" in line] == [
        line for line in first.stdout.splitlines() if "Sign in" in line
    ]


def test_the_sample_data_is_what_its_script_makes(tmp_path: Path) -> None:
    (tmp_path / "make_leads.py").write_bytes((ROOT / "demo" / "make_leads.py").read_bytes())
    subprocess.run([sys.executable, str(tmp_path / "make_leads.py")], check=True)
    for name in ("leads.csv", "small.csv"):
        assert (tmp_path / name).read_bytes() == (ROOT / "demo" / name).read_bytes()
    with (ROOT / "demo" / "leads.csv").open(encoding="utf-8", newline="") as file:
        assert len(list(csv.reader(file))) == 2001


def test_the_workflow_is_a_real_one() -> None:
    text = str(DOCUMENT)
    assert len(DOCUMENT["triggers"]) == 2
    assert text.count("'type':") - len(DOCUMENT["triggers"]) >= 8
    for type_ in ("flow.if", "flow.delay", "lead.set_status", "list.add", "email.send", "log.note", "lead.add_points"):
        assert type_ in text
