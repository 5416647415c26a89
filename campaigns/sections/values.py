"""Values that a config gives: literal, or {"template": "…"} rendered over lead, event, state, session and now."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, JsonValue, WithJsonSchema

from campaigns.engine.context import Context
from campaigns.engine.fields import BUILT_IN_FIELDS
from campaigns.engine.kinds import Vocabulary
from campaigns.errors import CampaignsError, Problem
from campaigns.personalise import compile_value, unknown_variables

Getter = Callable[[Context], tuple[Any, tuple[str, ...]]]
_ROOTS = ("lead", "event", "state", "session", "now")


class Template(BaseModel):
    """A Liquid template in the place of a value."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    template: str


def _as_value(raw: object) -> object:
    if isinstance(raw, dict) and set(raw) == {"template"} and isinstance(raw["template"], str):
        try:
            compile_value(raw["template"])
        except CampaignsError as error:
            raise ValueError(error.message) from None
    return raw


Value = Annotated[JsonValue, BeforeValidator(_as_value)]


def _texts(*, least: int, most: int) -> tuple[BeforeValidator, WithJsonSchema]:
    """Return what checks and describes a text of so many characters, or a template in its place."""

    def check(raw: object) -> object:
        if is_template(raw):
            return _as_value(raw)
        if not isinstance(raw, str):
            raise ValueError('must be text, or {"template": "…"}')
        if not least <= len(raw.strip()) <= most:
            raise ValueError(f"must have at most {most} characters" if raw.strip() else "must not be empty")
        return raw

    template = {"type": "string", "minLength": 1}
    described = {"type": "object", "properties": {"template": template}, "required": ["template"]}
    literal = {"type": "string", "minLength": least, "maxLength": most}
    return BeforeValidator(check), WithJsonSchema({"anyOf": [literal, {**described, "additionalProperties": False}]})


TextOrTemplate = str | dict[str, str]
LineValue = Annotated[TextOrTemplate, *_texts(least=1, most=200)]
TextValue = Annotated[TextOrTemplate, *_texts(least=0, most=4000)]


def is_template(value: object) -> bool:
    """Return whether a config value is a template and not a literal."""
    return isinstance(value, dict) and set(value) == {"template"} and isinstance(value["template"], str)


def getter(value: Any) -> Getter:
    """Return a function that gives the value for a context, with the names of what was missing."""
    if is_template(value):
        compiled = compile_value(value["template"])
        return lambda context: compiled.render(context.values())
    if isinstance(value, dict):
        inner = {key: getter(item) for key, item in value.items()}
        return lambda context: _render_all(inner, context)
    if isinstance(value, list):
        items = dict(enumerate(getter(item) for item in value))
        return lambda context: _as_list(*_render_all(items, context))
    return lambda _context: (value, ())


def _as_list(values: dict[int, Any], missing: tuple[str, ...]) -> tuple[Any, tuple[str, ...]]:
    return list(values.values()), missing


def _render_all(inner: dict[Any, Getter], context: Context) -> tuple[Any, tuple[str, ...]]:
    rendered = {key: get(context) for key, get in inner.items()}
    return {key: value for key, (value, _) in rendered.items()}, tuple(
        m for _, missing in rendered.values() for m in missing
    )


def check_templates(value: Any, path: str, vocabulary: Vocabulary) -> list[Problem]:
    """Return a problem for each variable that is unknown for certain."""
    if is_template(value):
        return _check_template(value["template"], f"{path}/template", vocabulary)
    if isinstance(value, list):
        return [p for n, item in enumerate(value) for p in check_templates(item, f"{path}/{n}", vocabulary)]
    if isinstance(value, dict):
        return [
            problem for key, item in value.items() for problem in check_templates(item, f"{path}/{key}", vocabulary)
        ]
    return []


def _check_template(source: str, path: str, vocabulary: Vocabulary) -> list[Problem]:
    try:
        variables = compile_value(source).variables
    except CampaignsError as error:
        return [Problem(path, error.message)]
    unknown = unknown_variables(variables, roots=_ROOTS, lead_fields={*BUILT_IN_FIELDS, *vocabulary.fields})
    return [Problem(path, f"there is nothing called {name}") for name in unknown]
