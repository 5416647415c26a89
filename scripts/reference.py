"""Write the parts of docs/reference that come from code: `make docs`."""

from __future__ import annotations

from pathlib import Path

from campaigns.cli.reference import page
from campaigns.settings import variables

REFERENCE = Path(__file__).resolve().parent.parent / "docs" / "reference"
SETTINGS = """# Settings

Read once when a process starts, from the environment, or from a file `.env` in the current folder; the environment
wins. A wrong value, or a variable that looks like a misspelt one of these, ends the program with a message that names
it. This page is written by `make docs`.

| variable | meaning |
|---|---|
"""


def main() -> None:
    rows = "".join(f"| `{variable}` | {description} |\n" for variable, description in variables().items())
    (REFERENCE / "settings.md").write_text(SETTINGS + rows, encoding="utf-8")
    (REFERENCE / "command-line.md").write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
