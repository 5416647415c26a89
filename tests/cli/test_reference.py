from __future__ import annotations

from campaigns.cli.reference import page
from tests.support.sources import ROOT


def test_the_reference_of_the_command_line_is_what_the_commands_say() -> None:
    written = (ROOT / "docs" / "reference" / "command-line.md").read_text(encoding="utf-8")
    assert written == page(), "run: make docs"
