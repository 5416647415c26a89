"""The program `campaigns`, also as `python -m campaigns`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaigns.cli.program import Program
from campaigns.cli.root import root

if TYPE_CHECKING:
    from flask import Flask

    from campaigns.runtime import Runtime


def main() -> None:
    root(obj=Program(make_app), prog_name="campaigns")


def make_app(runtime: Runtime, demo: str) -> Flask:
    """Make the web app on the process's own parts. Imported late: most commands need no web framework."""
    from campaigns.app import create_app  # noqa: PLC0415

    return create_app(runtime.settings, runtime=runtime, demo=demo)


if __name__ == "__main__":
    main()
