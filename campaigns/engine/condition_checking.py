"""Typed checking of a condition against the fields there are: a problem with its path, never a silent false."""

from __future__ import annotations

from collections.abc import Iterator

from campaigns.engine.condition_fields import DYNAMIC, NOW, TEXTS, Fields, type_of, wrong_operator, wrong_value
from campaigns.engine.condition_tree import Condition, Did, FieldTest, walk
from campaigns.engine.condition_values import CHANGES, Template
from campaigns.errors import Problem
from campaigns.personalise import compile_value, unknown_variables

TEMPLATE_ROOTS = ("lead", "event", "state", "session", "now")
_HINTS = {"lead.tags": "; use has_tag", "lead.lists": "; use in_list", "lead.list": "; use in_list"}


def check(condition: Condition, fields: Fields) -> list[Problem]:
    """Return what is wrong with a condition, each with its JSON Pointer below the condition; empty when all fits."""
    nodes = list(walk(condition))
    problems = [
        Problem(path + step, message)
        for path, node in nodes
        if isinstance(node, FieldTest)
        for step, message in _test(node, fields)
    ]
    if any(isinstance(node, FieldTest) and node.op in CHANGES for _, node in nodes):
        problems += [problem for path, node in nodes for problem in _unfit_for_changes(path, node)]
    return problems


def _test(test: FieldTest, fields: Fields) -> Iterator[tuple[str, str]]:
    kind = type_of(test.field, fields)
    if kind is None:
        yield "/field", f"there is no field {test.field}{_HINTS.get(test.field, '')}"
        return
    if message := wrong_operator(kind, test.op):
        yield "/op", message
        return
    if test.ignore_case and kind not in TEXTS | {DYNAMIC, "choice"}:
        yield "/ignore_case", f"{test.field} has no upper and lower case"
    choices = fields[test.field].choices if test.field in fields else ()
    for step, value in _literals(test):
        if message := wrong_value(kind, test.op, value, choices):
            yield step, f"{test.field}: {message}" if not message.startswith(test.op) else message
    if isinstance(test.value, Template):
        yield from _unknown(test.value, fields)


def _literals(test: FieldTest) -> Iterator[tuple[str, object]]:
    if isinstance(test.value, list):
        yield from ((f"/value/{index}", item) for index, item in enumerate(test.value))
    elif test.value is not None and not isinstance(test.value, Template):
        yield "/value", test.value


def _unknown(template: Template, fields: Fields) -> Iterator[tuple[str, str]]:
    known = {path.removeprefix("lead.") for path in fields}
    variables = compile_value(template.template).variables
    for name in unknown_variables(variables, roots=TEMPLATE_ROOTS, lead_fields=known):
        yield "/value/template", f"there is nothing called {name}"


def _unfit_for_changes(path: str, node: Condition) -> Iterator[Problem]:
    """A change happens at its moment: what also becomes true by waiting cannot be joined to it."""
    if isinstance(node, Did):
        yield Problem(f"{path}/did", "did cannot be combined with changed or changed_to")
    elif isinstance(node, FieldTest) and node.field == NOW:
        yield Problem(f"{path}/field", "now cannot be combined with changed or changed_to")
