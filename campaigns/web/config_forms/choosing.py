"""Which control a setting gets, from what its type's model says of it."""

from __future__ import annotations

from collections.abc import Mapping
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from typing_extensions import TypeAliasType

from campaigns.engine.conditions import Condition
from campaigns.engine.duration import Duration, Offset
from campaigns.engine.fields import BUILT_IN_FIELDS, SETTABLE
from campaigns.engine.kinds import Vocabulary
from campaigns.engine.recurring import LAST, LeadsSpec
from campaigns.engine.waiting import TriggerSpec
from campaigns.sections.values import TextOrTemplate
from campaigns.web.config_forms.cases import Cases
from campaigns.web.config_forms.conditions import Conditions
from campaigns.web.config_forms.events import Event, Events, Forms
from campaigns.web.config_forms.groups import Group, Words
from campaigns.web.config_forms.lines import Lines
from campaigns.web.config_forms.plain import Choice, Json, Number, Text, Tick, Ticks, named
from campaigns.web.config_forms.records import Column, Records
from campaigns.web.config_forms.recurring import DayOfMonth, Whom
from campaigns.web.config_forms.spans import Shift, Span
from campaigns.web.config_forms.values import Pairs, Value
from campaigns.web.config_forms.widget import Codec, Option

LONG_TEXT = 200
_PLAIN: set[Any] = {str, int, float, bool}
_WORDS = {
    "mon": "Monday", "tue": "Tuesday", "wed": "Wednesday", "thu": "Thursday", "fri": "Friday", "sat": "Saturday",
    "sun": "Sunday", "api": "API",
}  # fmt: skip
_JOINS = {  # how a fork goes on
    "all": "Go on when all branches have arrived",
    "any": "Go on with the first",
    "none": "Go on at once, without waiting",
}
_NAMES = {
    "list": "lists", "status": "statuses", "template": "templates", "tenant": "tenants", "user": "users",
    "workflow": "workflows", "secret": "secrets",
}  # fmt: skip

_MADE = ("list", "status", "template")  # what can be made where it is chosen


def codec_for(name: str, spec: FieldInfo, forms: Forms) -> Codec:
    """Return the codec of a field of a config. `forms` draws the configs of triggers inside of it."""
    vocabulary = forms.vocabulary
    kind = _bare(spec.annotation)
    extra = spec.json_schema_extra if isinstance(spec.json_schema_extra, Mapping) else {}
    reference = str(extra.get("reference", ""))
    if reference:
        besides: Any = extra.get("besides", {})
        return _reference(reference, many=get_origin(kind) is list, besides=besides)
    if kind is Condition:
        return Conditions(vocabulary, optional=not spec.is_required())
    if kind is TriggerSpec and forms.kinds:
        return Event(forms)
    return _by_type(name, kind, spec, forms)


def _by_type(name: str, kind: Any, spec: FieldInfo, forms: Forms) -> Codec:
    simple: dict[Any, Codec] = {
        Duration: Span(), Offset: Shift(), bool: Tick(default=spec.default is True), int: Number(),
        float: Number(whole=False), str: _text(name, spec), LeadsSpec: Whom(), int | LAST: DayOfMonth(),
    }  # fmt: skip
    if kind in simple:
        return simple[kind]
    if get_origin(kind) is Literal:
        default = spec.default if spec.default in get_args(kind) else ""
        return Choice(lambda _v: _options(kind), default=str(default))
    if get_origin(kind) is list:
        return _several(get_args(kind)[0], forms)
    if isinstance(kind, type) and issubclass(kind, BaseModel) and kind is not TriggerSpec:
        parts: Mapping[str, FieldInfo] = kind.model_fields
        return Group(parts, {key: codec_for(key, part, forms) for key, part in parts.items()}, spec.is_required())
    if name == "value" or set(get_args(kind)) - {NoneType} == set(get_args(TextOrTemplate)):
        return Value("field")
    return Pairs(liquid=_bare(get_args(kind)[1]) is not str) if get_origin(kind) is dict else Json()


def _several(item: Any, forms: Forms) -> Codec:
    if get_origin(item) is Literal:
        return Ticks(lambda _v: _options(item))
    if _bare(item) is str:
        return Words()
    if set(get_args(_bare(item))) == set(get_args(TextOrTemplate)):
        return Lines()
    fields: Mapping[str, FieldInfo] = getattr(item, "model_fields", {})
    if set(fields) == {"name", "condition"}:
        return Cases(forms.vocabulary)
    if set(fields) == {"name", "trigger"} and forms.kinds:
        return Events(forms)
    return _records(fields) if fields and {_bare(spec.annotation) for spec in fields.values()} <= _PLAIN else Json()


def _records(fields: Mapping[str, FieldInfo]) -> Records:
    codecs: dict[Any, Codec] = {str: Text(), int: Number(), float: Number(whole=False), bool: Tick()}
    columns = [
        Column(key, spec.title or key, codecs[_bare(spec.annotation)], spec.is_required())
        for key, spec in fields.items()
    ]
    return Records(columns, {key: spec.default for key, spec in fields.items() if not spec.is_required()})


def _reference(reference: str, *, many: bool, besides: Mapping[str, Any]) -> Codec:
    """`besides`: what may be chosen that is none of the tenant's, by key."""
    if reference == "tag":
        return Text()
    if reference == "field":
        return Choice(_fields, refresh=True)
    names = _NAMES[reference]
    if many:
        return Ticks(lambda vocabulary: named(getattr(vocabulary, names)), ordered=True)
    create = reference if reference in _MADE else ""
    return Choice(lambda vocabulary: [*besides.items(), *named(getattr(vocabulary, names))], create=create)


def _fields(vocabulary: Vocabulary) -> list[Option]:
    built_in = [(key, kind.name) for key, kind in BUILT_IN_FIELDS.items() if key in SETTABLE]
    return [*built_in, *named(vocabulary.names("field"))]


def _text(name: str, spec: FieldInfo) -> Text:
    longest = next((item.max_length for item in spec.metadata if hasattr(item, "max_length")), 0) or 0
    if name == "at" or name.startswith("time_of_day"):
        return Text("time")
    extra = spec.json_schema_extra if isinstance(spec.json_schema_extra, Mapping) else {}
    return Text("area" if longest > LONG_TEXT else "text", liquid=bool(extra.get("liquid")))


def _options(kind: Any) -> list[Option]:
    if get_args(kind) == tuple(_JOINS):
        return list(_JOINS.items())
    return [(str(item), _WORDS.get(str(item), str(item).replace("_", " ").capitalize())) for item in get_args(kind)]


def _bare(annotation: Any) -> Any:
    """Return a type without what says that it may be absent, and how it is checked."""
    if get_origin(annotation) is Annotated:
        return _bare(get_args(annotation)[0])
    if get_origin(annotation) in {Union, UnionType}:
        kinds = [kind for kind in get_args(annotation) if kind is not NoneType]
        return _bare(kinds[0]) if len(kinds) == 1 else annotation
    if isinstance(annotation, TypeAliasType):
        return annotation
    return annotation
