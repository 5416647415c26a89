"""The JSON Schema of the workflow document: its parts, and the config of every section type there is."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from campaigns.engine.document import Document, Listener, SectionItem, TriggerItem
from campaigns.engine.kinds import Kinds

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_TEMPLATE = "#/$defs/{model}"


def document_schema(kinds: Kinds) -> dict[str, Any]:
    """Return the schema, draft 2020-12. What only the tenant knows (keys that exist) is checked when activating."""
    models: list[type[BaseModel]] = [Document, SectionItem, TriggerItem, Listener]
    models += [kinds[name].model for name in sorted(kinds)]
    found, shared = models_json_schema([(model, "validation") for model in models], ref_template=_TEMPLATE)
    definitions: dict[str, Any] = shared["$defs"]
    configs = {name: found[kinds[name].model, "validation"] for name in kinds}
    triggers = sorted(name for name in kinds if kinds[name].is_trigger)
    sections = sorted(name for name in kinds if not kinds[name].is_trigger)
    needed = {name for name, config in configs.items() if _definition(definitions, config).get("required")}
    _bind(_definition(definitions, found[SectionItem, "validation"]), configs, sections, needed)
    for model in (TriggerItem, Listener):
        _bind(_definition(definitions, found[model, "validation"]), configs, triggers, needed)
    root = _definition(definitions, found[Document, "validation"])
    return {"$schema": DIALECT, "title": "Workflow", **root, "$defs": definitions}


def config_schema(kinds: Kinds, name: str) -> dict[str, Any]:
    """Return the schema of one type's config, with what it refers to below `$defs`."""
    return kinds[name].model.model_json_schema(by_alias=True, ref_template=_TEMPLATE)


def _definition(definitions: dict[str, Any], reference: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = definitions[reference["$ref"].rpartition("/")[2]]
    return found


def _bind(part: dict[str, Any], configs: dict[str, Any], names: list[str], needed: set[str]) -> None:
    """Let the type decide what the config looks like; one that has required keys needs to be there."""
    part["properties"]["type"] = {"title": "Type", "enum": names}
    part["allOf"] = [
        {
            "if": {"properties": {"type": {"const": name}}, "required": ["type"]},
            "then": {"properties": {"config": configs[name]}, "required": ["config"] if name in needed else []},
        }
        for name in names
    ]
