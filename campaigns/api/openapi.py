"""The OpenAPI description, made from the routes and the models that check the bodies."""

from __future__ import annotations

import re
from typing import Any

from flask import Blueprint, Response, current_app
from pydantic import BaseModel

from campaigns.api import events, vocabulary, workflows
from campaigns.api.requests import answer
from campaigns.services.rights import public, right_of

bp = Blueprint("api_openapi", __name__)
PREFIX = "/api/v1"
_BODIES: dict[str, type[BaseModel]] = {
    "api_vocabulary.create_list": vocabulary.Named,
    "api_vocabulary.change_list": vocabulary.Renamed,
    "api_vocabulary.create_status": vocabulary.Named,
    "api_vocabulary.change_status": vocabulary.StatusChange,
    "api_vocabulary.create_field": vocabulary.FieldBody,
    "api_vocabulary.change_field": vocabulary.FieldChange,
    "api_vocabulary.create_template": vocabulary.TemplateBody,
    "api_vocabulary.change_template": vocabulary.TemplateBody,
    "api_workflows.create": workflows.WorkflowBody,
    "api_workflows.change": workflows.WorkflowChange,
}
_ERRORS = {
    "400": "The request can't be read",
    "401": "No API key, or none that holds",
    "403": "The key lacks the scope",
    "404": "There is no such thing here",
    "409": "It clashes with the present state",
    "415": "Not JSON",
    "422": "Something of it is not valid",
}
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


@bp.get("/openapi.json")
@public
def show() -> Response:
    return answer(document())


def document() -> dict[str, Any]:
    """Return the description of every call below /api/v1."""
    schemas: dict[str, Any] = {"Error": _error_schema()}
    paths: dict[str, Any] = {}
    for rule in current_app.url_map.iter_rules():
        if rule.rule.startswith(PREFIX):
            path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)
            for method in sorted(set(rule.methods or ()) & set(_METHODS)):
                paths.setdefault(path, {})[method.lower()] = _call(rule.endpoint, path, schemas)
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


def _call(endpoint: str, path: str, schemas: dict[str, Any]) -> dict[str, Any]:
    view = current_app.view_functions[endpoint]
    right = right_of(view)
    names = re.findall(r"{(\w+)}", path)
    call: dict[str, Any] = {
        "operationId": endpoint.removeprefix("api_").replace(".", "_"),
        "tags": [endpoint.removeprefix("api_").partition(".")[0]],
        "description": " ".join(
            filter(None, [view.__doc__, f"Scope: {right.permission}." if right and right.permission else ""])
        ),
        "parameters": [{"name": n, "in": "path", "required": True, "schema": {"type": "string"}} for n in names],
        "responses": {"2XX": {"description": "Done"}} | {status: _refusal(text) for status, text in _ERRORS.items()},
    }
    schema = _body_schema(endpoint, schemas)
    if schema is not None:
        call["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
    return call


def _body_schema(endpoint: str, schemas: dict[str, Any]) -> dict[str, Any] | None:
    if endpoint == "api_events.take":
        return {"anyOf": [_reference(events.EventBody, schemas), _reference(events.EventsBody, schemas)]}
    model = _BODIES.get(endpoint)
    return _reference(model, schemas) if model is not None else None


def _reference(model: type[BaseModel], schemas: dict[str, Any]) -> dict[str, Any]:
    schema = model.model_json_schema(ref_template="#/components/schemas/{model}", by_alias=True)
    schemas.update(schema.pop("$defs", {}))
    schemas[model.__name__] = schema
    return {"$ref": f"#/components/schemas/{model.__name__}"}


def _refusal(text: str) -> dict[str, Any]:
    return {"description": text, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}}


def _error_schema() -> dict[str, Any]:
    problem = {"type": "object", "properties": {"path": {"type": "string"}, "message": {"type": "string"}}}
    inner = {
        "type": "object",
        "required": ["code", "message", "problems"],
        "properties": {
            "code": {"type": "string"},
            "message": {"type": "string"},
            "problems": {"type": "array", "items": problem},
            "limit": {"type": "string"},
        },
    }
    return {"type": "object", "required": ["error"], "properties": {"error": inner}}
