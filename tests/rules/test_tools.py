"""The checks that other tools make: style, format, types, layers, spelling, templates. All must be silent."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.sources import ROOT, files

BIN = Path(sys.executable).parent
TOOLS = {
    "style": ["ruff", "check", "--no-fix", "."],
    "format": ["ruff", "format", "--check", "."],
    "types": ["mypy"],
    "layers": ["lint-imports", "--no-logo"],
    "spelling": ["codespell", "."],
    "templates": ["djlint", "templates", "--lint", "--quiet"],
}


@pytest.mark.parametrize("check", TOOLS)
def test_the_tools_find_nothing(check: str) -> None:
    name, *arguments = TOOLS[check]
    tool = BIN / name
    if not tool.exists():
        pytest.skip(f"{name} is not installed here; `make test` installs it")
    done = subprocess.run([tool, *arguments], cwd=ROOT, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, f"{name} found:\n{done.stdout}\n{done.stderr}"


def test_every_layer_of_the_package_is_in_the_contracts() -> None:
    """Import-linter checks this as well (`exhaustive`); here the message says what to do."""
    contracts = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    tops = {p.stem if p.is_file() else p.name for p in (ROOT / "campaigns").iterdir() if is_module(p)}
    missing = sorted(name for name in tops if name not in contracts)
    assert missing == [], "add the module to the layers in pyproject.toml"


@pytest.mark.parametrize("path", sorted((ROOT / "scripts").glob("*")), ids=lambda path: path.name)
def test_shell_scripts_parse(path: Path) -> None:
    if not path.is_file() or path.suffix:
        return
    assert path.stat().st_mode & 0o111, "a script must be executable"
    assert subprocess.run(["bash", "-n", path], check=False).returncode == 0


def test_files_carry_no_stray_whitespace_markers_or_keys() -> None:
    texts = [*files("campaigns", "tests", "scripts", suffix=".py"), *files("templates", suffix=".html")]
    script = ROOT / "scripts" / "tidy.py"
    done = subprocess.run([sys.executable, script, *texts], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def is_module(path: Path) -> bool:
    return (path.suffix == ".py" and path.stem != "__init__") or (path / "__init__.py").exists()
