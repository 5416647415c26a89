"""What one filling-in may see and use: values by key, a budget of work, and a note of what was missing."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from datetime import date, datetime
from io import StringIO
from typing import Any, TextIO

from liquid import Markup, RenderContext, escape
from liquid.builtin.expressions import FilteredExpression, Path, StringLiteral
from liquid.output import LimitedStringIO
from liquid.undefined import UNDEFINED, Undefined
from liquid.utils import ReadOnlyChainMap

from campaigns.templating.scan import TemplateLimit

OUTPUT_LIMIT = 1_000_000
"""Bytes of UTF-8 that one filling-in may give."""

WORK_LIMIT = 50_000
"""Units of work, about a microsecond each: a node in a loop's round, or 64 characters through a filter."""

LOCALS_LIMIT = 256 * 1024
"""Bytes that assigned and captured values may take together."""


class Context(RenderContext):
    """Liquid's context, without the wall clock, and with a budget that all loops and filters share."""

    __slots__ = ("_locals_size", "_work", "missing")

    def __init__(self, template: Any, *, globals: Mapping[str, object]) -> None:  # noqa: A002 - the library's own name
        super().__init__(template, globals=globals)
        self.scope = ReadOnlyChainMap(self.locals, globals, self.counters)
        self.missing: dict[str, None] = {}
        self._work = WORK_LIMIT
        self._locals_size = 0

    def spend(self, units: int) -> None:
        """Take from the budget, or raise TemplateLimit."""
        self._work -= units
        if self._work < 0:
            raise TemplateLimit("this template takes too much work: shorten its loops or filters")

    def get(self, path: list[object], *, token: Any = None, default: object = UNDEFINED) -> object:
        """The value at a path, which is only ever looked up by key, never as an attribute."""
        try:
            value = self.scope[path[0]]  # type: ignore[index]
            for segment in path[1:]:
                value = self.get_item(value, segment)
        except (KeyError, TypeError, IndexError):
            return Undefined(_dotted(path), token=token) if default is UNDEFINED else default
        if type(value) is str and len(value) > 1024:
            self.spend(len(value) // 256)
        return value

    def filter(self, name: str, token: Any) -> Callable[..., object]:
        function = super().filter(name, token)

        def metered(left: object, *args: object, **named: object) -> object:
            self.spend(_cost(name, left, args))
            result = function(left, *args, **named)
            self.spend(_size(result))
            return result

        return metered

    def loop(self, namespace: Mapping[str, object], forloop: Any) -> Any:
        self.spend(forloop.length * getattr(self.template, "loop_weight", 1))
        return super().loop(namespace, forloop)

    def assign(self, key: str, val: object) -> None:
        self._locals_size += sys.getsizeof(val, 1) - sys.getsizeof(self.locals.get(key), 1)
        self.locals[key] = val
        if self._locals_size > LOCALS_LIMIT:
            raise TemplateLimit("this template keeps too much in its own variables")

    def get_buffer(self, buf: TextIO | None = None) -> StringIO:
        return LimitedStringIO(limit=OUTPUT_LIMIT - getattr(buf, "size", 0))

    def fill(self, expression: Any) -> object:
        """The value of an output tag; notes its variable when that has no value and no fallback took its place."""
        if not isinstance(expression, FilteredExpression):
            return expression.evaluate(self)
        left = value = expression.left.evaluate(self)
        for step in expression.filters or ():
            value = step.evaluate(value, self)
        if is_blank(left) and isinstance(expression.left, Path) and not _has_fallback(expression, value):
            self.missing[left.name if isinstance(left, Undefined) else str(expression.left)] = None
        return value


def is_blank(value: object) -> bool:
    """Whether a person would see nothing."""
    if type(value) is str:
        return not value or value.isspace()
    return value is None or isinstance(value, Undefined)


def as_text(value: object) -> str:
    """A value as people write it: dates as ISO 8601, lists run together, objects as JSON."""
    if isinstance(value, str):
        return value
    if value is None or isinstance(value, Undefined):
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return "".join(as_text(item) for item in value)
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False, default=as_text)
    return str(value)


def as_markup(value: object) -> str:
    """A value as HTML text: everything escaped except what the template's author wrote."""
    if isinstance(value, list | tuple):
        return Markup("").join(as_markup(item) for item in value)
    return escape(value if isinstance(value, Markup) else as_text(value))


def _has_fallback(expression: FilteredExpression, value: object) -> bool:
    defaults = [step for step in expression.filters or () if step.name == "default"]
    if not defaults or not is_blank(value):
        return bool(defaults)
    chosen = [argument.value for step in defaults for argument in step.args]
    return any(isinstance(argument, StringLiteral) for argument in chosen)


def _cost(name: str, left: object, args: tuple[object, ...]) -> int:
    """Work before a filter runs: three of them can multiply sizes in one go, and one compares all with all."""
    cost = 1 + _size(left) + sum(_size(argument) for argument in args)
    first = args[0] if args else ""
    if name.startswith(("replace", "remove")) and isinstance(left, str) and len(args) > 1:
        return cost + left.count(str(first)) * len(str(args[1])) // 64
    if name == "join" and isinstance(left, list):
        return cost + len(left) * len(str(first)) // 64
    if name == "uniq" and isinstance(left, list):
        return cost + len(left) ** 2 // 16
    return cost


def _size(value: object) -> int:
    if isinstance(value, str):
        return len(value) // 64
    if isinstance(value, list):
        return len(value) + sum(len(item) // 64 for item in value if isinstance(item, str))
    if isinstance(value, dict):
        return len(value)
    return value.bit_length() // 64 if isinstance(value, int) else 0


def _dotted(path: list[object]) -> str:
    return ".".join(str(segment) for segment in path)
