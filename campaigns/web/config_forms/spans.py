"""Settings of time: how long, and how long before or after a moment."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from campaigns.engine.duration import UNITS, Duration
from campaigns.web.config_forms.plain import number
from campaigns.web.config_forms.widget import ABSENT, Look, Sent, Widget


class Span:
    """A duration, unit by unit."""

    def write(self, name: str, value: Any, form: Sent) -> None:
        for unit, count in _units(value).items():
            form[f"{name}.{unit}"] = str(count)

    def read(self, name: str, form: Sent) -> Any:
        typed = {unit: form.get(f"{name}.{unit}", "").strip() for unit in UNITS}
        return {unit: number(text) for unit, text in typed.items() if text} or ABSENT

    def show(self, name: str, form: Sent, look: Look) -> Widget:
        parts = [(unit, form.get(f"{name}.{unit}", "")) for unit in UNITS]
        return Widget("span", name, look.label, look.help, parts=parts, required=look.required, error=look.error)


class Shift:
    """A span before or after a moment."""

    def __init__(self) -> None:
        self._span = Span()

    def write(self, name: str, value: Any, form: Sent) -> None:
        ((side, span),) = value.items() if isinstance(value, dict) and len(value) == 1 else (("", None),)
        if side not in {"before", "after"}:
            raise ValueError(value)
        form[f"{name}.side"] = side
        self._span.write(f"{name}.span", span, form)

    def read(self, name: str, form: Sent) -> Any:
        span = self._span.read(f"{name}.span", form)
        return span if span is ABSENT else {form.get(f"{name}.side", "") or "after": span}

    def show(self, name: str, form: Sent, look: Look) -> Widget:
        inner = self._span.show(f"{name}.span", form, Look(look.label, look.vocabulary))
        more = {"span": inner, "side": form.get(f"{name}.side", "") or "after"}
        return Widget("shift", name, look.label, look.help, error=look.error, more=more)


def _units(value: Any) -> dict[str, int]:
    """Return a duration's units, also of one written as text."""
    if isinstance(value, dict) and set(value) <= set(UNITS):
        return value
    try:
        return {unit: count for unit, count in Duration.model_validate(value).model_dump().items() if count}
    except ValidationError as error:
        raise ValueError(value) from error
