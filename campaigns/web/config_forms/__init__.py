"""The form of a section's config, made from the type's Pydantic model: what it shows, and what it sends.

The form keeps what was typed, valid or not; the one validation of the document says what is wrong, by path. A setting
that its control can't show (a condition nested deeper, for one) is shown as JSON, so that nothing is lost.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from pydantic.fields import FieldInfo
from werkzeug.datastructures import MultiDict

from campaigns.engine.kinds import Kind, Vocabulary
from campaigns.errors import Problem
from campaigns.web.config_forms.choosing import codec_for
from campaigns.web.config_forms.conditions import Conditions, condition_in, form_of_condition
from campaigns.web.config_forms.plain import Json
from campaigns.web.config_forms.rows import wants_rows, with_rows
from campaigns.web.config_forms.widget import ABSENT, Codec, Look, Sent, Widget

__all__ = [
    "Sent", "Widget", "condition_in", "condition_widget", "config_in", "form_of_condition", "form_of_config",
    "unplaced", "wants_rows", "widgets", "with_rows",
]  # fmt: skip
PREFIX = "config"
MANY = 4  # a form with more settings folds away those that are optional and empty


def form_of_config(kind: Kind, config: Mapping[str, Any], vocabulary: Vocabulary) -> Sent:
    """Return a config as the values of its form."""
    form: Sent = MultiDict()
    for key, spec in _fields(kind):
        if config.get(key) is not None or (key in config and spec.is_required()):
            _write(codec_for(key, spec, vocabulary), f"{PREFIX}.{key}", config[key], form)
    return form


def config_in(form: Sent, kind: Kind, vocabulary: Vocabulary) -> dict[str, Any]:
    """Return the config that a form holds. It never raises: what is wrong is found by the document's validation."""
    config = {}
    for key, spec in _fields(kind):
        name = f"{PREFIX}.{key}"
        value = _codec(name, key, spec, form, vocabulary).read(name, form)
        if value is ABSENT or (not spec.is_required() and value == spec.default and type(value) is type(spec.default)):
            continue
        config[key] = value
    return config


def widgets(kind: Kind, form: Sent, vocabulary: Vocabulary, *, problems: Sequence[Problem] = ()) -> list[Widget]:
    """Return a widget for each setting, in the model's order. `problems`: by JSON Pointers inside the config."""
    fields = list(_fields(kind))
    found = []
    for number, (key, spec) in enumerate(fields):
        name, required = f"{PREFIX}.{key}", spec.is_required()
        own = _below(problems, f"/{key}")
        look = Look(spec.title or key, vocabulary, spec.description or "", required, own)
        codec = _codec(name, key, spec, form, vocabulary)
        shown = codec.show(name, form, look)
        empty = codec.read(name, form) in (ABSENT, spec.default)
        aside = len(fields) > MANY and number > 0 and not required and empty and not own
        found.append(_put_aside(shown) if aside else shown)
    return found


def condition_widget(
    name: str, form: Sent, vocabulary: Vocabulary, *, label: str, problems: Sequence[Problem] = ()
) -> Widget:
    """Return the widget of an optional condition outside of a config; `problems` by paths below the condition."""
    look = Look(label, vocabulary, problems=problems)
    return Conditions(vocabulary, optional=True).show(name, form, look)


def unplaced(kind: Kind, problems: Sequence[Problem]) -> list[Problem]:
    """Return the problems that belong to no widget."""
    keys = [f"/{key}" for key, _ in _fields(kind)]
    return [p for p in problems if not any(p.path == key or p.path.startswith(f"{key}/") for key in keys)]


def _fields(kind: Kind) -> Iterator[tuple[str, FieldInfo]]:
    """Yield the settings by the names they have in documents."""
    for name, spec in kind.model.model_fields.items():
        yield spec.alias or name, spec


def _codec(name: str, key: str, spec: FieldInfo, form: Sent, vocabulary: Vocabulary) -> Codec:
    return Json() if f"{name}.json" in form else codec_for(key, spec, vocabulary)


def _write(codec: Codec, name: str, value: Any, form: Sent) -> None:
    """Put a value into the form; as JSON where its own control would not give it back as it is."""
    tried: Sent = MultiDict()
    try:
        codec.write(name, value, tried)
        same = codec.read(name, tried) == value
    except (AttributeError, KeyError, TypeError, ValueError):
        same = False
    if not same:
        tried = MultiDict()
        Json().write(name, value, tried)
    form.update(tried)


def _below(problems: Sequence[Problem], path: str) -> list[Problem]:
    own = [p for p in problems if p.path == path or p.path.startswith(f"{path}/")]
    return [Problem(p.path.removeprefix(path), p.message) for p in own]


def _put_aside(widget: Widget) -> Widget:
    return replace(widget, aside=True)
