"""Write the parts of docs/reference that come from code: `make docs`."""

from __future__ import annotations

import json
from pathlib import Path

from campaigns.cli.reference import page
from campaigns.sections.reference import sections_page
from campaigns.sections.reference_pages import document_page, events_page
from campaigns.sections.registry import kinds
from campaigns.sections.schema import document_schema
from campaigns.settings import defaults, variables

REFERENCE = Path(__file__).resolve().parent.parent / "docs" / "reference"
SETTINGS = """# Settings

Read once when a process starts, from the environment, or from a file `.env` in the current folder; the environment
wins. A wrong value, or a variable that looks like a misspelt one of these, ends the program with a message that names
it. This page is written by `make docs`.

| variable | meaning | default |
|---|---|---|
"""


def main() -> None:
    for name, text in pages().items():
        (REFERENCE / name).write_text(text, encoding="utf-8")


def pages() -> dict[str, str]:
    """Return every page of the reference that comes from code, by file name."""
    known = kinds()
    return {
        "settings.md": settings_page(),
        "command-line.md": page(),
        "sections.md": sections_page(known),
        "workflow-document.md": document_page(known),
        "events.md": events_page(known),
        "workflow.schema.json": json.dumps(document_schema(known), indent=2, ensure_ascii=False) + "\n",
    }


def settings_page() -> str:
    """Return docs/reference/settings.md."""
    given = defaults()
    return SETTINGS + "".join(f"| `{name}` | {meaning} | {given[name]} |\n" for name, meaning in variables().items())


if __name__ == "__main__":
    main()
