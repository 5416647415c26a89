"""The two Liquid environments, one for plain text and one for HTML, and the checks made once when a text is parsed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any, TextIO

from liquid import Environment, RenderContext
from liquid.ast import Node
from liquid.builtin.expressions import LoopExpression
from liquid.builtin.expressions.primitive import RangeLiteral
from liquid.builtin.output import Output, OutputNode
from liquid.builtin.tags.echo_tag import EchoTag
from liquid.builtin.tags.for_tag import ForNode
from liquid.builtin.tags.tablerow_tag import TablerowNode
from liquid.exceptions import FilterArgumentError, LiquidError
from liquid.expression import Expression
from liquid.filter import with_context
from liquid.template import BoundTemplate
from liquid.token import TOKEN_EOF, Token
from liquid.undefined import Undefined

from campaigns.templating.context import LOCALS_LIMIT, OUTPUT_LIMIT, Context, as_markup, as_text
from campaigns.templating.filters import FILTERS
from campaigns.templating.scan import TemplateLimit, TemplateProblem, check_delimiters, problem_at, unclosed_block

LOOP_LIMIT = 10_000
"""Rounds of nested loops, multiplied."""

NO_FILES = ("include", "render")
NO_ESCAPE = ("safe",)
"""Filters that would let a lead's value through as HTML."""


def parse(source: str, *, html: bool) -> BoundTemplate:
    """Parse a text; raises TemplateProblem with line and column."""
    check_delimiters(source)
    environment = HTML if html else PLAIN
    try:
        template = environment.from_string(source)
    except LiquidError as error:
        raise as_problem(error, source) from error
    nodes = list(_nodes(template.nodes, RenderContext(template)))
    for node in nodes:
        _check_expressions(node, source)
    _check_filters(template, source)
    template.loop_weight = _loop_weight(template)  # type: ignore[attr-defined]
    return template


def as_problem(error: LiquidError, source: str) -> TemplateProblem:
    """A library error as ours: its first line says what is wrong, its token where."""
    opened = unclosed_block(source) if error.token is None or error.token.kind == TOKEN_EOF else None
    if opened:
        return problem_at(source, opened[0], f"{{% {opened[1]} %}} is never closed: {{% end{opened[1]} %}} is missing")
    message = str(error.args[0]) if error.args else "this template cannot be read"
    return problem_at(source, error.token.start_index if error.token else 0, message)


class _OutputNode(OutputNode):
    """An output tag that notes what was missing and writes dates, lists and objects the way people do."""

    __slots__ = ()

    def render_to_output(self, context: RenderContext, buffer: TextIO) -> int:
        value = context.fill(self.expression) if isinstance(context, Context) else None
        return buffer.write(as_markup(value) if context.autoescape else as_text(value))


class _Output(Output):
    node_class = _OutputNode


class _Echo(EchoTag):
    node_class = _OutputNode  # type: ignore[assignment]


class _Range(RangeLiteral):
    """A loop's range, which may not be longer than a loop."""

    __slots__ = ()

    def _make_range(self, start: Any, stop: Any) -> range:
        made = super()._make_range(start, stop)
        if made and made[-1] - made[0] >= LOOP_LIMIT:
            raise TemplateLimit(f"a loop may go round at most {LOOP_LIMIT} times")
        return made


class _Environment(Environment):
    loop_iteration_limit = LOOP_LIMIT
    output_stream_limit = OUTPUT_LIMIT
    local_namespace_limit = LOCALS_LIMIT
    context_depth_limit = 30
    block_nesting_limit = 30

    def setup_tags_and_filters(self, *, extra: bool = False) -> None:
        super().setup_tags_and_filters(extra=extra)
        for name in NO_FILES:
            del self.tags[name]
        for name in NO_ESCAPE:
            del self.filters[name]
        self.add_tag(_Output)
        self.add_tag(_Echo)
        self.add_filter("date", _date)
        self.add_filter("json", _json)
        for name, function in FILTERS.items():
            self.add_filter(name, function)


def _json(value: object) -> str:
    """Write a value as JSON: for the bodies of calls. What is missing is null."""
    found = None if isinstance(value, Undefined) else value
    return json.dumps(found, default=as_text, ensure_ascii=False)


@with_context
def _date(value: object, form: object = "%Y-%m-%d", *, context: RenderContext) -> str:
    """Write a date or an ISO text in strftime's form; other text stays as it is. `now` is the one that was given."""
    if value in ("now", "today"):
        value = context.get(["now"], token=None, default=None)
    moment = _moment(value)
    if moment is None:
        return as_text(value)
    if not isinstance(form, str) or len(form) > 100:
        raise FilterArgumentError("date expects a form of at most 100 characters", token=None)
    try:
        return moment.strftime(form)
    except ValueError as error:
        raise FilterArgumentError(f"date cannot use this form: {error}", token=None) from error


def _moment(value: object) -> date | None:
    if isinstance(value, date):
        return value
    try:
        return datetime.fromisoformat(value.strip()) if isinstance(value, str) else None
    except ValueError:
        return None


def _nodes(nodes: Any, context: RenderContext) -> Iterator[Node]:
    for node in nodes:
        yield node
        yield from _nodes(node.children(context, include_partials=False), context)


def _check_expressions(node: Node, source: str) -> None:
    for expression in node.expressions():
        if isinstance(expression, LoopExpression) and isinstance(expression.iterable, RangeLiteral):
            bounds = expression.iterable
            expression.iterable = _Range(bounds.token, bounds.start, bounds.stop)
        _refuse_ranges(expression, source)


def _refuse_ranges(expression: Expression, source: str) -> None:
    # Filters would make a list of all its numbers, however many.
    if isinstance(expression, RangeLiteral) and not isinstance(expression, _Range):
        raise problem_at(source, _start(expression.token), "a range may only stand in a for or tablerow tag")
    for child in expression.children():
        _refuse_ranges(child, source)


def _start(token: Token) -> int:
    return token.start_index


def _check_filters(template: BoundTemplate, source: str) -> None:
    for name, spans in template.analyze(include_partials=False).filters.items():
        if name not in template.env.filters:
            raise problem_at(source, spans[0].index, f"there is no filter named {name}")


def _loop_weight(template: BoundTemplate) -> int:
    context = RenderContext(template)
    loops = [node for node in _nodes(template.nodes, context) if isinstance(node, ForNode | TablerowNode)]
    return max((sum(1 for _ in _nodes([loop], context)) for loop in loops), default=1)


PLAIN = _Environment()
HTML = _Environment(autoescape=True)
