"""A whole config as a form: each setting by the control that its type asks for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from pydantic.fields import FieldInfo
from werkzeug.datastructures import MultiDict

from campaigns.engine.kinds import Kind, Kinds, Vocabulary
from campaigns.errors import Problem
from campaigns.web.config_forms.choosing import codec_for
from campaigns.web.config_forms.plain import Json
from campaigns.web.config_forms.widget import ABSENT, Codec, Look, Sent, Widget

PREFIX = "config"
MANY = 4  # a form with more settings folds away those that are optional and empty


@dataclass(frozen=True, slots=True)
class Configs:
    """Configs in the words of a tenant. `kinds`: the types that a setting may name, for triggers inside of configs."""

    vocabulary: Vocabulary
    kinds: Kinds = field(default_factory=dict)

    def write(self, kind: Kind, config: Mapping[str, Any], form: Sent, *, prefix: str = PREFIX) -> None:
        """Put a config into a form."""
        for key, spec in _fields(kind):
            if config.get(key) is not None or (key in config and spec.is_required()):
                _write(codec_for(key, spec, self), f"{prefix}.{key}", config[key], form)

    def read(self, kind: Kind, form: Sent, *, prefix: str = PREFIX) -> dict[str, Any]:
        """Return the config that a form holds. It never raises: the document's validation finds what is wrong."""
        config = {}
        for key, spec in _fields(kind):
            name = f"{prefix}.{key}"
            value = self._codec(name, key, spec, form).read(name, form)
            if value is ABSENT or _is_default(spec, value):
                continue
            config[key] = value
        return config

    def show(self, kind: Kind, form: Sent, problems: Sequence[Problem], *, prefix: str = PREFIX) -> list[Widget]:
        """Return a widget for each setting, in the model's order. `problems`: by JSON Pointers inside the config."""
        fields, found = list(_fields(kind)), []
        for number, (key, spec) in enumerate(fields):
            name, required = f"{prefix}.{key}", spec.is_required()
            own = below(problems, f"/{key}")
            look = Look(spec.title or key, self.vocabulary, spec.description or "", required, own)
            codec = self._codec(name, key, spec, form)
            shown = codec.show(name, form, look)
            empty = codec.read(name, form) in (ABSENT, spec.default)
            aside = len(fields) > MANY and number > 0 and not required and empty and not own
            found.append(replace(shown, aside=True) if aside else shown)
        return found

    def _codec(self, name: str, key: str, spec: FieldInfo, form: Sent) -> Codec:
        return Json() if f"{name}.json" in form else codec_for(key, spec, self)


def unplaced(kind: Kind, problems: Sequence[Problem]) -> list[Problem]:
    """Return the problems that belong to no widget."""
    keys = [f"/{key}" for key, _ in _fields(kind)]
    return [p for p in problems if not any(p.path == key or p.path.startswith(f"{key}/") for key in keys)]


def below(problems: Sequence[Problem], path: str) -> list[Problem]:
    """Return the problems at a path and below it, by what follows it."""
    own = [p for p in problems if p.path == path or p.path.startswith(f"{path}/")]
    return [Problem(p.path.removeprefix(path), p.message) for p in own]


def _fields(kind: Kind) -> Iterator[tuple[str, FieldInfo]]:
    """Yield the settings by the names they have in documents."""
    for name, spec in kind.model.model_fields.items():
        yield spec.alias or name, spec


def _is_default(spec: FieldInfo, value: Any) -> bool:
    return not spec.is_required() and value == spec.default and type(value) is type(spec.default)


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
