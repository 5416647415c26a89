"""Personalisation: tenants' Liquid texts filled in with a lead's values, within limits and in one pass.

Values are plain data: dicts, lists, texts, numbers, booleans, None and datetimes. A value is never read as a template.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from liquid.builtin.output import OutputNode
from liquid.exceptions import LiquidError, ResourceLimitError
from liquid.output import LimitedStringIO
from liquid.template import BoundTemplate
from liquid.undefined import Undefined

from campaigns.templating.context import OUTPUT_LIMIT, Context, as_text
from campaigns.templating.environment import as_problem, parse
from campaigns.templating.scan import SOURCE_LIMIT, TemplateLimit, TemplateProblem

__all__ = [
    "SOURCE_LIMIT",
    "Rendered",
    "TemplateLimit",
    "TemplateProblem",
    "Text",
    "Value",
    "as_text",
    "compile_text",
    "compile_value",
    "unknown_variables",
]


class Rendered(NamedTuple):
    """A filled-in text, and the variables that had no value and no fallback."""

    text: str
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Text:
    """A template that gives text. May be shared between threads."""

    source: str
    variables: tuple[str, ...]
    """Dotted paths that the values must give, such as lead.first_name, in order of first use."""
    parsed: BoundTemplate = field(repr=False)

    def render(self, values: Mapping[str, object]) -> Rendered:
        """Fill in. Raises TemplateLimit when it takes too much, TemplateProblem when a filter cannot use a value."""
        context = Context(self.parsed, globals=values)
        buffer = LimitedStringIO(limit=OUTPUT_LIMIT)
        try:
            for node in self.parsed.nodes:
                node.render(context, buffer)
        except _FAILURES as error:
            raise _failure(error, self.source) from error
        return Rendered(buffer.getvalue(), tuple(context.missing))


@dataclass(frozen=True, slots=True)
class Value:
    """A template that gives a value: of its own type when it is one output tag alone, else text."""

    source: str
    variables: tuple[str, ...]
    _text: Text
    _output: OutputNode | None

    def render(self, values: Mapping[str, object]) -> tuple[object, tuple[str, ...]]:
        """Fill in: the value (None when missing) and the variables that were missing. Raises as Text.render does."""
        if self._output is None:
            return self._text.render(values)
        context = Context(self._text.parsed, globals=values)
        try:
            value = context.fill(self._output.expression)
        except _FAILURES as error:
            raise _failure(error, self.source) from error
        return None if isinstance(value, Undefined) else value, tuple(context.missing)


@lru_cache(maxsize=1024)
def compile_text(source: str, *, html: bool = False) -> Text:
    """Parse a text, once; with html, every value is escaped. Raises TemplateProblem with line and column."""
    template = parse(source, html=html)
    return Text(source, _variables(template), template)


@lru_cache(maxsize=1024)
def compile_value(source: str) -> Value:
    """Parse a template for a value. Raises TemplateProblem with line and column."""
    text = compile_text(source)
    nodes = [node for node in text.parsed.nodes if str(node).strip()]
    alone = nodes[0] if len(nodes) == 1 and isinstance(nodes[0], OutputNode) else None
    return Value(source, text.variables, text, alone)


def unknown_variables(variables: Iterable[str], *, roots: Collection[str], lead_fields: Collection[str]) -> list[str]:
    """Those that can never have a value: no such root, or no such field of a lead."""
    unknown = []
    for variable in variables:
        root, _, rest = variable.partition(".")
        field = rest.partition(".")[0]
        if root not in roots or (root == "lead" and field and field not in lead_fields):
            unknown.append(variable)
    return unknown


_FAILURES = (LiquidError, ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
"""All that the library's tags and filters raise on values they cannot use."""


def _failure(error: Exception, source: str) -> TemplateLimit | TemplateProblem:
    if isinstance(error, ResourceLimitError):
        return TemplateLimit(str(error.args[0]))
    if isinstance(error, LiquidError):
        return as_problem(error, source)
    return TemplateProblem(f"a value does not fit what the template does with it ({type(error).__name__})")


def _variables(template: BoundTemplate) -> tuple[str, ...]:
    used = [variable for uses in template.analyze(include_partials=False).globals.values() for variable in uses]
    used.sort(key=lambda variable: variable.span.index)
    return tuple(dict.fromkeys(_dotted(variable.segments) for variable in used))


def _dotted(segments: Sequence[object]) -> str:
    """The path as far as it is written out: what stands behind an index is only known at run time."""
    names: list[str] = []
    for segment in segments:
        if not isinstance(segment, str):
            break
        names.append(segment)
    return ".".join(names)
