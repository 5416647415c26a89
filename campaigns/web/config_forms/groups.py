"""Settings that belong together, such as who is told, and settings of several short texts, one a line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic.fields import FieldInfo

from campaigns.web.config_forms.widget import ABSENT, Codec, Look, Sent, Widget


class Words:
    """A list of texts without line breaks, in one field."""

    def write(self, name: str, value: Any, form: Sent) -> None:
        if not isinstance(value, list) or any(
            not text.strip() or "\n" in text or text != text.strip() for text in value
        ):
            raise ValueError(value)
        form[name] = "\n".join(value)

    def read(self, name: str, form: Sent) -> Any:
        return [text.strip() for text in form.get(name, "").splitlines() if text.strip()] or ABSENT

    def show(self, name: str, form: Sent, look: Look) -> Widget:
        told = " ".join(filter(None, (look.help, "One a line.")))
        return Widget("area", name, look.label, told, form.get(name, ""), required=look.required, error=look.error)


@dataclass(frozen=True, slots=True)
class Group:
    """An object whose settings have controls of their own. `required`: it is there even when nothing is set."""

    fields: Mapping[str, FieldInfo]
    codecs: Mapping[str, Codec]
    required: bool

    def write(self, name: str, value: Any, form: Sent) -> None:
        if not isinstance(value, Mapping) or set(value) - set(self.fields):
            raise ValueError(value)
        for key, one in value.items():
            self.codecs[key].write(f"{name}.{key}", one, form)

    def read(self, name: str, form: Sent) -> Any:
        read = {key: codec.read(f"{name}.{key}", form) for key, codec in self.codecs.items()}
        found = {
            key: value
            for key, value in read.items()
            if value is not ABSENT and (self.fields[key].is_required() or value != self.fields[key].default)
        }
        return found if found or self.required else ABSENT

    def show(self, name: str, form: Sent, look: Look) -> Widget:
        parts = [codec.show(f"{name}.{key}", form, self._look(key, look)) for key, codec in self.codecs.items()]
        return Widget("group", name, look.label, look.help, required=look.required, error=look.own(), parts=parts)

    def _look(self, key: str, look: Look) -> Look:
        spec = self.fields[key]
        return Look(spec.title or key, look.vocabulary, spec.description or "", spec.is_required(), look.below(key))
