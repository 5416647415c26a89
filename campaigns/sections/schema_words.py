"""A JSON Schema in a few words: what a key takes, its default, and what it means. For tables of the reference."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any


def value_of(spec: dict[str, Any], known: dict[str, Any]) -> str:
    """Say what a key takes. `known`: what the schema may refer to."""
    return " or ".join(dict.fromkeys(_alternatives(spec, known)))


def default_of(key: str, spec: dict[str, Any], required: set[str]) -> str:
    """Say what holds where the key is absent."""
    if key in required:
        return "required"
    return f"`{json.dumps(spec['default'], ensure_ascii=False)}`" if "default" in spec else "none"


def meaning_of(spec: dict[str, Any]) -> str:
    """Say what a key means, beyond its name."""
    return str(spec.get("description") or "")


def _alternatives(spec: dict[str, Any], known: dict[str, Any]) -> Iterator[str]:
    if "$ref" in spec:
        name = spec["$ref"].rpartition("/")[2]
        yield f"[{_LINKED[name]}](workflow-document.md)" if name in _LINKED else value_of(known.get(name, {}), known)
    elif "anyOf" in spec:
        for part in spec["anyOf"]:
            yield from _alternatives(part | _reference(spec), known)
    elif "enum" in spec or "const" in spec:
        yield ", ".join(f"`{json.dumps(value)}`" for value in spec.get("enum", [spec.get("const")]))
    elif spec.get("type") == "array":
        yield f"list of: {value_of(spec.get('items', {}) | _reference(spec), known)}"
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
