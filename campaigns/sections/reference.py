"""The reference pages that come from the section types and the document's models: Markdown, no I/O."""

from __future__ import annotations

from typing import Any

from campaigns.engine.kinds import Kinds
from campaigns.sections.describing import describe, markdown
from campaigns.sections.schema_words import default_of, meaning_of, value_of

_SECTIONS = """# Section types

What a workflow is made of. Each type is a module of its own with its config, its help and its tests, and registers by
the decorator that plugins use, too. `campaigns sections list` shows those of your installation, and
`campaigns sections show <type>` the text below, as the Docs tab of a section's dialog does. This page is written by
`make docs`.

Of each: what it does, its settings by their name in the form and their key in JSON, its branches, what can go wrong, a
whole document as an example, and the JSON Schema of its config. What schemas share stands in
[the schema of the document](workflow.schema.json).

True of all: a key that is not listed, or a value that does not fit, is refused with its path. A section that raises
fails its execution with the reason; it rests there until somebody retries or cancels it, and nobody else is touched.
A section with `only_if` that does not hold, or that is switched off, is skipped.
"""
_ROLES = {"condition", "delay", "finish", "fork", "join"}


def sections_page(kinds: Kinds) -> str:
    """Return docs/reference/sections.md."""
    parts = [_SECTIONS]
    for title, chosen in (
        ("Triggers", [kind for kind in kinds.values() if kind.is_trigger]),
        ("Flow", [kind for kind in kinds.values() if kind.role in _ROLES]),
        ("Actions", [kind for kind in kinds.values() if kind.role == "action"]),
    ):
        parts.append(f"## {title}\n")
        parts += [markdown(describe(kind, kinds)) for kind in sorted(chosen, key=lambda kind: kind.name)]
    return "\n".join(parts)


def config_table(schema: dict[str, Any], definitions: dict[str, Any] | None = None) -> str:
    """Return a Markdown table of an object's keys; empty when it has none."""
    known = definitions if definitions is not None else schema.get("$defs", {})
    required = set(schema.get("required", ()))
    rows = [
        f"| `{key}` | {value_of(spec, known)} | {default_of(key, spec, required)} | {_meaning(key, spec)} |\n"
        for key, spec in schema.get("properties", {}).items()
    ]
    return "| key | value | default | meaning |\n|---|---|---|---|\n" + "".join(rows) if rows else ""


def _meaning(key: str, spec: dict[str, Any]) -> str:
    """Say what a key means; a title that Pydantic made out of the key says nothing."""
    title = spec.get("title", "")
    own = "" if title == key.replace("_", " ").title() else title
    return ": ".join(part for part in (own, meaning_of(spec)) if part)
