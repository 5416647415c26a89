"""Forms: the CSRF guard of every page, and problems by field."""

from __future__ import annotations

from collections.abc import Iterable

from flask_wtf.csrf import CSRFProtect

from campaigns.errors import Problem

csrf = CSRFProtect()


def by_field(problems: Iterable[Problem]) -> dict[str, str]:
    """Return the sentences by field name, from problems whose path is `/field` or below it."""
    found: dict[str, list[str]] = {}
    for problem in problems:
        found.setdefault(problem.path.strip("/").split("/")[0], []).append(problem.message)
    return {name: _sentence("; ".join(messages)) for name, messages in found.items()}


def _sentence(text: str) -> str:
    text = text[:1].upper() + text[1:]
    return text if text.endswith((".", "?", "!")) else text + "."
