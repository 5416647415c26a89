"""Write the parts of docs/reference that come from code: `make docs`."""

from __future__ import annotations

import json
from pathlib import Path

from campaigns.cli.reference import page
from campaigns.sections.reference import sections_page
from campaigns.sections.reference_pages import document_page, events_page
from campaigns.sections.registry import kinds
from campaigns.sections.schema import document_schema
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
    for name, text in workflow_pages().items():
        (REFERENCE / name).write_text(text, encoding="utf-8")


def workflow_pages() -> dict[str, str]:
    """Return the pages about workflows, by file name."""
    known = kinds()
    return {
        "sections.md": sections_page(known),
        "workflow-document.md": document_page(known),
        "events.md": events_page(),
        "workflow.schema.json": json.dumps(document_schema(known), indent=2, ensure_ascii=False) + "\n",
    }


if __name__ == "__main__":
    main()
