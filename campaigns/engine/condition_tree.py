"""Conditions as documents write them: all, any, not, and the tests. Reading reports every error at its own path."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    StrictBool,
    StringConstraints,
    WrapValidator,
    model_serializer,
    model_validator,
)
from typing_extensions import TypeAliasType

from campaigns.engine.condition_values import Operator, TestValue, read_value
from campaigns.engine.duration import Duration

MAX_DEPTH = 20
MAX_NODES = 500

Key = Annotated[str, StringConstraints(min_length=1, max_length=200)]
_FIELD = r"^(now|(lead|event|state|session)(\.[^.\s]+)+)$"


class ConditionNode(BaseModel):
    """Every part of a condition refuses keys it does not know, and is written without what was not given."""

    model_config = ConfigDict(extra="forbid", frozen=True, serialize_by_alias=True)

    @model_serializer(mode="wrap")
    def _as_given(self, inner: SerializerFunctionWrapHandler) -> dict[str, Any]:
        given = self.model_fields_set
        names = {(spec.alias or name): name for name, spec in type(self).model_fields.items()}
        return {key: value for key, value in inner(self).items() if names[key] in given}


class All(ConditionNode):
    """Holds when every part holds; without parts it holds."""

    all: list[Condition]


class AnyOf(ConditionNode):
    """Holds when at least one part holds; without parts it does not."""

    any: list[Condition]


class Not(ConditionNode):
    """Holds when the part does not."""

    part: Condition = Field(alias="not")


class FieldTest(ConditionNode):
    """Compares a field of the lead, the event, the state or the session with a value."""

    field: Annotated[str, StringConstraints(pattern=_FIELD, max_length=200)]
    op: Operator
    value: Annotated[TestValue, WrapValidator(read_value)] = Field(None, validate_default=True)
    ignore_case: StrictBool = False


class InList(ConditionNode):
    """Holds when the lead is on the list."""

    in_list: Key


class HasTag(ConditionNode):
    """Holds when the lead has the tag."""

    has_tag: Key


class InWorkflow(ConditionNode):
    """Holds while the lead is in the workflow."""

    in_workflow: Key


class Times(ConditionNode):
    """How often something happened: one of the three."""

    exactly: Annotated[int, Field(ge=0, strict=True)] | None = None
    at_least: Annotated[int, Field(ge=0, strict=True)] | None = None
    at_most: Annotated[int, Field(ge=0, strict=True)] | None = None

    @model_validator(mode="after")
    def _one(self) -> Times:
        if [self.exactly, self.at_least, self.at_most].count(None) != 2:
            raise ValueError("times has exactly one of exactly, at_least and at_most")
        return self

    def fit(self, count: int) -> bool:
        """Return whether a count is as often as asked."""
        if self.exactly is not None:
            return count == self.exactly
        return count >= self.at_least if self.at_least is not None else count <= (self.at_most or 0)


class Did(ConditionNode):
    """Holds when an event of this name happened as often as asked, at any time or within a span before now."""

    did: Key
    times: Times = Times(at_least=1)
    within: Duration | None = None


_MODELS: Mapping[str, type[ConditionNode]] = {
    "all": All,
    "any": AnyOf,
    "not": Not,
    "field": FieldTest,
    "in_list": InList,
    "has_tag": HasTag,
    "in_workflow": InWorkflow,
    "did": Did,
}


def _read(raw: object, _inner: Callable[[object], object]) -> object:
    """Read by the key that tells what it is. A model's own errors keep their places below this one."""
    if isinstance(raw, ConditionNode):
        return raw
    _measure(raw)
    if not isinstance(raw, Mapping):
        raise ValueError('a condition is an object, such as {"field": "lead.city", "op": "eq", "value": "Berlin"}')
    for key, model in _MODELS.items():
        if key in raw:
            return model.model_validate(raw)
    raise ValueError(f"a condition has one of the keys {', '.join(_MODELS)}")


Condition = TypeAliasType(
    "Condition",
    Annotated[All | AnyOf | Not | FieldTest | InList | HasTag | InWorkflow | Did, WrapValidator(_read)],
)


def children(node: Condition) -> Iterator[tuple[str, Condition]]:
    """Yield the parts of a node, each with its JSON Pointer below it."""
    if isinstance(node, All):
        yield from ((f"/all/{index}", part) for index, part in enumerate(node.all))
    elif isinstance(node, AnyOf):
        yield from ((f"/any/{index}", part) for index, part in enumerate(node.any))
    elif isinstance(node, Not):
        yield "/not", node.part


def walk(node: Condition, path: str = "") -> Iterator[tuple[str, Condition]]:
    """Yield the node and all below it, each with its JSON Pointer, in reading order."""
    yield path, node
    for step, part in children(node):
        yield from walk(part, path + step)


def _measure(raw: object) -> None:
    """Refuse what is too deep or too large before any of it is read; walks level by level, so it cannot overflow."""
    level, depth, nodes = [raw], 0, 0
    while level:
        depth, nodes = depth + 1, nodes + len(level)
        if depth > MAX_DEPTH:
            raise ValueError(f"conditions are nested at most {MAX_DEPTH} deep")
        if nodes > MAX_NODES:
            raise ValueError(f"a condition has at most {MAX_NODES} parts")
        level = [part for item in level for part in _raw_parts(item)]


def _raw_parts(raw: object) -> list[object]:
    if not isinstance(raw, Mapping):
        return []
    parts = [part for key in ("all", "any") for part in (raw[key] if isinstance(raw.get(key), list) else ())]
    return parts + ([raw["not"]] if "not" in raw else [])


for _model in (All, AnyOf, Not):
    _model.model_rebuild()
