"""The OpenAPI description, made from the routes, the models that check the bodies, and the shapes of the answers."""

from __future__ import annotations

import json
import re
from typing import Any

from flask import Blueprint, Response, current_app
from pydantic import BaseModel
from werkzeug.routing import Rule

from campaigns.api.contract import ANSWERS, BODIES, OPTIONAL_BODIES, Paged, Schema
from campaigns.api.queries import QUERIES
from campaigns.api.requests import answer, runtime
from campaigns.sections.schema import document_schema
from campaigns.services.idempotency import LONGEST
from campaigns.services.rights import public, right_of

bp = Blueprint("api_openapi", __name__)
PREFIX = "/api/v1"
_ERRORS = {
    "400": "The request can't be read",
    "401": "No API key, or none that holds",
    "403": "The key lacks the scope",
    "404": "There is no such thing here",
    "409": "It clashes with the present state",
    "412": "Somebody else has changed it meanwhile",
    "413": "It is larger than allowed",
    "415": "Not JSON",
    "422": "Something of it is not valid",
}
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
_SCHEMAS = "#/components/schemas/"
_IDS = {"lead_id", "import_id", "execution_id", "task_id", "move_id"}
_WITH_REVISION = {"api_workflows.save_draft", "api_workflows.change"}


@bp.get("/openapi.json")
@public
def show() -> Response:
    return answer(document())


def document() -> Schema:
    """Return the description of every call below /api/v1."""
    schemas: Schema = {"Error": _error_schema(), **_document_schemas()}
    paths: Schema = {}
    for rule in current_app.url_map.iter_rules():
        if rule.rule.startswith(PREFIX):
            path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)
            for method in sorted(set(rule.methods or ()) & set(_METHODS)):
                paths.setdefault(path, {})[method.lower()] = _call(rule, method, schemas)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Campaigns", "version": "1", "description": "Leads, events, imports, workflows, executions."},
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": schemas,
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer", "description": "An API key of one tenant"}},
        },
        "security": [{"key": []}],
    }


def _call(rule: Rule, method: str, schemas: Schema) -> Schema:
    view, endpoint = current_app.view_functions[rule.endpoint], rule.endpoint
    right = right_of(view)
    scope = f"Scope: {right.permission}." if right and right.permission else ""
    call: Schema = {
        "operationId": endpoint.removeprefix("api_").replace(".", "_"),
        "tags": [endpoint.removeprefix("api_").partition(".")[0]],
        "description": " ".join(filter(None, [view.__doc__, scope])),
        "parameters": _parameters(rule, method),
        "responses": {status: _answer(shape, schemas) for status, shape in ANSWERS.get(endpoint, {}).items()}
        | {status: _refusal(text) for status, text in _ERRORS.items()},
    }
    if not scope:
        call["security"] = []
    if endpoint in BODIES:
        call["requestBody"] = _body(endpoint, schemas)
    return call


def _parameters(rule: Rule, method: str) -> list[Schema]:
    named = re.findall(r"<(?:\w+:)?(\w+)>", rule.rule)
    found = [{"name": name, "in": "path", "required": True, "schema": _path_schema(name)} for name in named]
    found += [{"name": name, "in": "query", "schema": one} for name, one in QUERIES.get(rule.endpoint, {}).items()]
    if method == "POST":
        text = "The call is done once; the first answer is given again for seven days."
        schema = {"type": "string", "minLength": 1, "maxLength": LONGEST}
        found.append({"name": "Idempotency-Key", "in": "header", "description": text, "schema": schema})
    if rule.endpoint in _WITH_REVISION:
        text = "The revision, as ETag gave it, that the change was made from."
        found.append({"name": "If-Match", "in": "header", "description": text, "schema": {"type": "string"}})
    return found


def _path_schema(name: str) -> Schema:
    if name == "number":
        return {"type": "integer", "minimum": 1}
    return {"type": "string", "format": "uuid"} if name in _IDS else {"type": "string"}


def _body(endpoint: str, schemas: Schema) -> Schema:
    parts = [part if isinstance(part, dict) else _reference(part, schemas, "validation") for part in BODIES[endpoint]]
    kind = "multipart/form-data" if endpoint == "api_imports.start" else "application/json"
    schema = parts[0] if len(parts) == 1 else {"anyOf": parts}
    return {"required": endpoint not in OPTIONAL_BODIES, "content": {kind: {"schema": schema}}}


def _answer(shape: Any, schemas: Schema) -> Schema:
    if shape is None:
        return {"description": "Done; there is nothing to say"}
    kind = "text/csv" if isinstance(shape, dict) and "contentMediaType" in shape else "application/json"
    if isinstance(shape, Paged):
        item = _reference(shape.item, schemas, "serialization")
        schema = _object({"items": {"type": "array", "items": item}, "next": {"type": ["string", "null"]}})
    else:
        schema = shape if isinstance(shape, dict) else _reference(shape, schemas, "serialization")
    return {"description": "Done", "content": {kind: {"schema": schema}}}


def _reference(model: type[BaseModel], schemas: Schema, mode: Any) -> Schema:
    schema = model.model_json_schema(ref_template=_SCHEMAS + "{model}", by_alias=True, mode=mode)
    if mode == "serialization":  # what has a default may be left out of an answer
        fields = model.model_fields.items()
        schema["required"] = [field.alias or name for name, field in fields if field.is_required()]
    schemas.update(schema.pop("$defs", {}))
    schemas[model.__name__] = schema
    return {"$ref": _SCHEMAS + model.__name__}


def _document_schemas() -> Schema:
    """Return the workflow document's own schema, and below names of its own what it refers to."""
    whole = json.loads(json.dumps(document_schema(runtime().kinds)).replace("#/$defs/", f"{_SCHEMAS}Document."))
    whole.pop("$schema")
    return {f"Document.{name}": part for name, part in whole.pop("$defs").items()} | {"Document": whole}


def _refusal(text: str) -> Schema:
    return {"description": text, "content": {"application/json": {"schema": {"$ref": _SCHEMAS + "Error"}}}}


def _error_schema() -> Schema:
    problem = _object({"path": {"type": "string"}, "message": {"type": "string"}})
    told = {
        "code": {"type": "string"},
        "message": {"type": "string"},
        "problems": {"type": "array", "items": problem},
    }
    inner = _object(told)
    inner["properties"] = told | {"limit": {"type": "string"}}
    return _object({"error": inner})


def _object(properties: Schema) -> Schema:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
