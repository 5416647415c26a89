"""What the docs say of one section type. One source: the reference, the Docs tab and the command line all show it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from inspect import cleandoc
from typing import Any

from pydantic import ValidationError

from campaigns.engine.kinds import Kind, Kinds, Section
from campaigns.sections.examples import example, example_document, named_in_config
from campaigns.sections.needs import UNDECLARED
from campaigns.sections.performing import Performing
from campaigns.sections.schema import config_schema
from campaigns.sections.schema_words import default_of, meaning_of, value_of

_SCHEMA = "workflow.schema.json#/$defs/"
_MADE_WHEN_NEEDED = {"tag"}
_WORDS = {"user": "member", "template": "email template", "tenant": "tenant in this tree"}


@dataclass(frozen=True, slots=True)
class Setting:
    """One key of the config: its label in the form, what it takes, and what it means."""

    label: str
    key: str
    value: str
    default: str
    meaning: str


@dataclass(frozen=True, slots=True)
class TypeDocs:
    """A section type for people. Texts may hold `code` and [links](page) as Markdown does."""

    name: str
    label: str
    role: str
    help: tuple[str, ...]
    settings: tuple[Setting, ...]
    branches: str
    example: str
    schema: str
    wrong: tuple[str, ...]
    needs: tuple[str, ...] = ()


def describe(kind: Kind, kinds: Kinds) -> TypeDocs:
    """Return everything that the docs say of a type."""
    schema = config_schema(kinds, kind.name)
    return TypeDocs(
        name=kind.name,
        label=kind.label,
        role=kind.role,
        help=tuple(cleandoc(kind.model.__doc__ or "").split("\n\n")),
        settings=tuple(_settings(schema)),
        branches=_branches(kind),
        example=_example(kind),
        schema=_json(_bare(schema)),
        wrong=tuple(_wrong(kind, schema)),
        needs=needs_of(kind),
    )


def needs_of(kind: Kind) -> tuple[str, ...]:
    """Return what a type that performs says it needs, a sentence each; nothing of any other."""
    if not issubclass(kind.model, Performing):
        return ()
    found = tuple(kind.model.needs.sentences())
    return found if kind.model.needs is not UNDECLARED else ("Does not declare what it needs.", *found)


def markdown(docs: TypeDocs) -> str:
    """Return the docs of a type as Markdown, with a heading of the third level."""
    lines = [f"### `{docs.name}`\n", f"*{docs.label}*, {docs.role}.\n", *(f"{part}\n" for part in docs.help)]
    lines.append(_table(docs.settings) if docs.settings else "No settings.\n")
    if docs.branches:
        lines.append(f"Branches: {docs.branches}.\n")
    if docs.wrong:
        lines += ["What can go wrong:\n", "".join(f"- {sentence}\n" for sentence in docs.wrong)]
    if docs.needs:
        lines += ["What it needs:\n", "".join(f"- {sentence}\n" for sentence in docs.needs)]
    if docs.example:
        lines += ["Example:\n", f"```json\n{docs.example}\n```\n"]
    lines += ["JSON Schema of the config:\n", f"```json\n{docs.schema}\n```\n"]
    return "\n".join(lines)


def _table(settings: tuple[Setting, ...]) -> str:
    rows = [f"| {s.label} | `{s.key}` | {s.value} | {s.default} | {s.meaning} |\n" for s in settings]
    return "| in the form | key | value | default | meaning |\n|---|---|---|---|---|\n" + "".join(rows)


def _settings(schema: dict[str, Any]) -> Iterator[Setting]:
    known, required = schema.get("$defs", {}), set(schema.get("required", ()))
    for key, spec in schema.get("properties", {}).items():
        label = spec.get("title") or key.replace("_", " ").capitalize()
        yield Setting(label, key, value_of(spec, known), default_of(key, spec, required), meaning_of(spec))


def _branches(kind: Kind) -> str:
    """Return the branches' names; where the config or the document gives them, those of the example."""
    if kind.is_trigger:
        return ""
    if kind.model.free_branches:
        return "as many as wanted, with names of their own"
    config, names = _config(kind), named_in_config(kind.name)
    told = ", ".join(f"`{name}`" for name in (config.branches() if config is not None else ()) if name not in names)
    own = "one for each name in the config" if names else ""
    return ", ".join(part for part in (own, told) if part)


def _example(kind: Kind) -> str:
    """Return a whole document; of a plugin's type only where it needs no config, for nobody knows another."""
    return _json(example_document(kind.name, is_trigger=kind.is_trigger)) if _config(kind) is not None else ""


def _config(kind: Kind) -> Section | None:
    try:
        return kind.model.model_validate(example(kind.name, is_trigger=kind.is_trigger)["config"])
    except ValidationError:
        return None


def _bare(schema: dict[str, Any]) -> dict[str, Any]:
    """Return a config's schema, with what it shares with others named in the schema of the whole document."""
    text = json.dumps({key: value for key, value in schema.items() if key != "$defs"}, ensure_ascii=False)
    found: dict[str, Any] = json.loads(text.replace('"#/$defs/', f'"{_SCHEMA}'))
    found.pop("description", None)
    return found


def _wrong(kind: Kind, schema: dict[str, Any]) -> Iterator[str]:
    """Yield what is true of what it refers to, then what the type says itself."""
    for name in dict.fromkeys(_references(schema.get("properties", {}))):
        yield f"A {_WORDS.get(name, name)} that does not exist keeps the workflow from being activated."
    yield from kind.model.goes_wrong


def _references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        if isinstance(part.get("reference"), str) and part["reference"] not in _MADE_WHEN_NEEDED:
            yield part["reference"]
        for value in part.values():
            yield from _references(value)
    elif isinstance(part, list):
        for value in part:
            yield from _references(value)


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)
