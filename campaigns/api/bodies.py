"""The JSON of a request, read strictly: one document, no key twice, no text or number that a database can't hold."""

from __future__ import annotations

from typing import Any, TypeVar

from flask import request
from pydantic import BaseModel, ConfigDict, ValidationError

from campaigns.engine.json_text import read_json
from campaigns.engine.validation import problems_of
from campaigns.errors import Invalid, Malformed, Problem, UnsupportedType

Model = TypeVar("Model", bound=BaseModel)


class Body(BaseModel):
    """A body: unknown keys are errors, and a number in quotes is no number."""

    model_config = ConfigDict(extra="forbid", strict=True)


def json_body() -> Any:
    """Return the request's JSON; raise UnsupportedType, Malformed with the position, or Invalid with paths."""
    if request.mimetype != "application/json" or request.mimetype_params.get("charset", "utf-8").lower() != "utf-8":
        raise UnsupportedType
    try:
        text = request.get_data().decode("utf-8")
    except UnicodeDecodeError as error:
        raise Malformed(f"The body is not UTF-8 at byte {error.start}.") from None
    return read_json(text)


def body_of(model: type[Model], raw: Any = None) -> Model:
    """Return the request's JSON as a model; raise Invalid with a problem per field."""
    try:
        return model.model_validate(json_body() if raw is None else raw)
    except ValidationError as error:
        raise Invalid(problems=problems_of(error)) from None


def object_body() -> dict[str, Any]:
    """Return the request's JSON object."""
    found = json_body()
    if not isinstance(found, dict):
        raise Invalid(problems=[Problem("", "must be an object")])
    return found
