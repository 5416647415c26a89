"""`sections new`: a module that works as it is."""

from __future__ import annotations

import json

import pytest


def test_the_module_is_a_plugin_that_registers(run, tmp_path, monkeypatch):
    made = run("sections", "new", "crm.greet_lead", "--folder", str(tmp_path))
    assert made.exit_code == 0
    assert made.stdout.strip() == str(tmp_path / "crm_greet_lead.py")
    monkeypatch.syspath_prepend(tmp_path)
    shown = run("sections", "show", "crm.greet_lead", "--json", plugins="crm_greet_lead")
    assert shown.exit_code == 0, shown.stderr
    kind = json.loads(shown.stdout)
    assert (kind["role"], kind["label"], kind["plugin"]) == ("action", "Greet lead", "crm_greet_lead")
    assert kind["schema"]["required"] == ["text"]


@pytest.mark.parametrize("name", ["greet", "Crm.greet", "crm.", "../x.y", "crm.greet-lead", "lead.set_status"])
def test_a_name_that_can_not_be_is_refused(run, tmp_path, name):
    refused = run("sections", "new", name, "--folder", str(tmp_path))
    assert refused.exit_code == 1
    assert refused.stderr.startswith("Error: ")
    assert list(tmp_path.glob("*.py")) == []


def test_nothing_is_overwritten(run, tmp_path):
    (tmp_path / "crm_greet.py").write_text("mine")
    assert run("sections", "new", "crm.greet", "--folder", str(tmp_path)).exit_code == 1
    assert (tmp_path / "crm_greet.py").read_text() == "mine"
