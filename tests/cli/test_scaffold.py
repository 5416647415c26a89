"""`sections new`: a module that works as it is."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest

from campaigns.cli.scaffold import files_for
from campaigns.cli.scaffold_texts import Shape
from tests.support.sources import ROOT


def test_the_module_is_a_plugin_that_registers(run, tmp_path, monkeypatch):
    made = run("sections", "new", "crm.greet_lead", "--folder", str(tmp_path))
    assert made.exit_code == 0
    names = ["crm_greet_lead.py", "test_crm_greet_lead.py", "crm_greet_lead.md"]
    assert made.stdout.split() == [str(tmp_path / name) for name in names]
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
    assert list(tmp_path.glob("*.[pm]*")) == []


def test_nothing_is_overwritten(run, tmp_path):
    (tmp_path / "crm_greet.py").write_text("mine")
    assert run("sections", "new", "crm.greet", "--folder", str(tmp_path)).exit_code == 1
    assert (tmp_path / "crm_greet.py").read_text() == "mine"
    assert [path.name for path in tmp_path.glob("*crm_greet*")] == ["crm_greet.py"]


@pytest.mark.parametrize("shape", get_args(Shape))
def test_what_is_written_passes_its_own_tests(run, tmp_path, shape):
    assert run("sections", "new", "crm.greet_lead", "--as", shape, "--folder", str(tmp_path)).exit_code == 0
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--import-mode=importlib", str(tmp_path)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)])}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert "passed" in done.stdout


@pytest.mark.parametrize("shape", get_args(Shape))
def test_what_is_written_keeps_the_rules_of_style(tmp_path, shape):
    for name, text in files_for("crm.greet_lead", shape).items():
        (tmp_path / name).write_text(text)
    ruff = Path(sys.executable).parent / "ruff"
    if not ruff.exists():
        pytest.skip("ruff is not installed here; `make test` installs it")
    options = ["--isolated", "--line-length", "120", "--select", "E,F,W,UP,B"]
    checked = subprocess.run([ruff, "check", *options], cwd=tmp_path, capture_output=True, text=True, check=False)
    formatted = [ruff, "format", "--isolated", "--line-length", "120", "--check", "--diff"]
    shaped = subprocess.run(formatted, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (checked.returncode, shaped.returncode) == (0, 0), checked.stdout + shaped.stdout
