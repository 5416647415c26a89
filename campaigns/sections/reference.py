"""The reference pages that come from the section types and the document's models: Markdown, no I/O."""

from __future__ import annotations

import json
from collections.abc import Iterator
from inspect import cleandoc
from typing import Any

from campaigns.engine.kinds import Kind, Kinds
from campaigns.sections.examples import example
from campaigns.sections.schema import config_schema

_SECTIONS = """# Section types

What a workflow is made of. Each type is a module of its own with its config, its help and its tests, and registers by
the decorator that plugins use, too. `campaigns sections list` shows those of your installation. Keys that are not
listed are refused. This page is written by `make docs`.
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
        parts += [_type(kind, kinds) for kind in sorted(chosen, key=lambda kind: kind.name)]
    return "\n".join(parts)


def config_table(schema: dict[str, Any], definitions: dict[str, Any] | None = None) -> str:
    """Return a Markdown table of an object's keys; empty when it has none."""
    known = definitions if definitions is not None else schema.get("$defs", {})
    required = set(schema.get("required", ()))
    rows = [
        f"| `{key}` | {_words(spec, known)} | {_default(key, spec, required)} | {_meaning(key, spec)} |\n"
        for key, spec in schema.get("properties", {}).items()
    ]
    return "| key | value | default | meaning |\n|---|---|---|---|\n" + "".join(rows) if rows else ""


def _type(kind: Kind, kinds: Kinds) -> str:
    schema = config_schema(kinds, kind.name)
    shown = json.dumps(example(kind.name, is_trigger=kind.is_trigger), indent=2, ensure_ascii=False)
    lines = [f"### `{kind.name}`\n", f"*{kind.label}*, {kind.role}.\n", cleandoc(kind.model.__doc__ or "") + "\n"]
    table = config_table(schema)
    lines.append(table or "No config.\n")
    branches = _branches(kind)
    if branches:
        lines.append(f"Branches: {branches}.\n")
    lines.append(f"```json\n{shown}\n```\n")
    return "\n".join(lines)


def _branches(kind: Kind) -> str:
    made = example(kind.name, is_trigger=kind.is_trigger)
    if kind.is_trigger or "branches" not in made:
        return ""
    names = kind.model.model_validate(made["config"]).branches()
    return ", ".join(f"`{name}`" for name in names) + (" (in the example)" if "cases" in made["config"] else "")


def _words(spec: dict[str, Any], known: dict[str, Any]) -> str:
    """Say a schema in a few words."""
    return " or ".join(dict.fromkeys(_alternatives(spec, known)))


def _alternatives(spec: dict[str, Any], known: dict[str, Any]) -> Iterator[str]:
    if "$ref" in spec:
        name = spec["$ref"].rpartition("/")[2]
        yield f"[{_LINKED[name]}](workflow-document.md)" if name in _LINKED else _words(known.get(name, {}), known)
    elif "anyOf" in spec:
        for part in spec["anyOf"]:
            yield from _alternatives(part | _reference(spec), known)
    elif "enum" in spec or "const" in spec:
        yield ", ".join(f"`{json.dumps(value)}`" for value in spec.get("enum", [spec.get("const")]))
    elif spec.get("type") == "array":
        yield f"list of: {_words(spec.get('items', {}) | _reference(spec), known)}"
    elif spec.get("type") == "object" and "properties" in spec:
        yield "object of " + ", ".join(f"`{key}`" for key in spec["properties"])
    elif spec.get("type") == "null":
        yield "null"
    else:
        yield _plain(spec)


_LINKED = {
    "Condition": "condition",
    "Duration": "duration",
    "Offset": "duration, before if negative",
    "Limits": "limits",
    "Listener": "listener",
    "SectionItem": "section",
    "TriggerItem": "trigger",
    "WorkflowSettings": "settings",
}
_TYPES = {"string": "text", "integer": "whole number", "number": "number", "boolean": "true or false"}


def _plain(spec: dict[str, Any]) -> str:
    if "reference" in spec and spec.get("type") == "string":
        return f"key of a {spec['reference']}" if spec["reference"] != "user" else "a member's address"
    kind = spec.get("type")
    if "maxLength" in spec:
        return f"text of at most {spec['maxLength']:,} characters"
    bounds = [f"{word} {spec[key]:,}" for key, word in _BOUNDS if key in spec]
    words = _TYPES.get(kind, kind) if isinstance(kind, str) else "any value"
    return ", ".join([words, *bounds])


_BOUNDS = (("minimum", "at least"), ("maximum", "at most"))


def _reference(spec: dict[str, Any]) -> dict[str, Any]:
    return {"reference": spec["reference"]} if "reference" in spec else {}


def _default(key: str, spec: dict[str, Any], required: set[str]) -> str:
    if key in required:
        return "required"
    return f"`{json.dumps(spec['default'], ensure_ascii=False)}`" if "default" in spec else "none"


def _meaning(key: str, spec: dict[str, Any]) -> str:
    """Say what a key means; a title that Pydantic made out of the key says nothing."""
    title = spec.get("title", "")
    return ": ".join(
        part for part in ("" if title == key.replace("_", " ").title() else title, spec.get("description")) if part
    )
