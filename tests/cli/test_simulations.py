"""`campaigns simulate`: a table for people, JSON for programs, and nothing done."""

from __future__ import annotations

import json

from tests.cli.conftest import Run
from tests.support.campaign import Campaign

DELAY = [{"id": "d1", "type": "flow.delay", "config": {"duration": {"days": 2}}}]


def test_a_sample_is_told_by_section(run: Run, acme: Campaign) -> None:
    acme.workflow(DELAY)
    acme.imports("email\nann@example.com\nbob@example.com\n")
    found = json.loads(run("simulate", "flow", "--tenant", "acme", "--sample", "5", "--json").stdout)
    assert (found["leads"], found["sections"]) == (2, {"d1": 2})
    shown = run("simulate", "flow", "--tenant", "acme", "--lead", "ann@example.com").stdout
    assert "leads: 1" in shown
    assert "flow.delay" in shown
    assert acme.statuses() == {"waiting": 2}


def test_what_is_not_there_or_too_much_is_refused(run: Run, acme: Campaign) -> None:
    acme.workflow(DELAY)
    assert run("simulate", "flow", "--tenant", "acme", "--lead", "nobody@example.com").exit_code == 1
    assert run("simulate", "none", "--tenant", "acme", "--sample", "1").exit_code == 1
    assert "exactly one" in run("simulate", "flow", "--tenant", "acme").stderr
