"""Conditions: reading, typed checking, compiling, and saying them in words. What others use is named here.

`Condition` is the type of a field in a Pydantic model. Everything here is pure: the view brings data and the time.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from campaigns.engine.condition_checking import check
from campaigns.engine.condition_compiling import Verdict, became_true, compile_condition
from campaigns.engine.condition_fields import Fields
from campaigns.engine.condition_tree import (
    All,
    AnyOf,
    Condition,
    Did,
    FieldTest,
    HasTag,
    InList,
    InWorkflow,
    Not,
    Times,
    walk,
)
from campaigns.engine.condition_values import CHANGES, Operator, Template
from campaigns.engine.condition_views import View
from campaigns.engine.condition_words import sentence
from campaigns.personalise import compile_value

__all__ = [
    "CHANGES",
    "All", "AnyOf", "Condition", "Did", "FieldTest", "Fields", "HasTag", "InList", "InWorkflow", "Needs", "Not",
    "Operator", "Template", "Times", "Verdict", "View", "became_true", "check", "compile_condition", "fields_used",
    "needs", "sentence",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Needs:
    """What a condition looks at besides the lead's fields, so that it can be fetched for a whole batch at once."""

    lists: frozenset[str]
    tags: frozenset[str]
    workflows: frozenset[str]
    activity: frozenset[tuple[str, timedelta | None]]  # event name, and a span that is long enough; None = ever
    changes: bool  # whether it needs the former values of changed fields


def needs(condition: Condition) -> Needs:
    """Return what a condition needs fetched."""
    nodes = [node for _, node in walk(condition)]
    return Needs(
        lists=frozenset(node.in_list for node in nodes if isinstance(node, InList)),
        tags=frozenset(node.has_tag for node in nodes if isinstance(node, HasTag)),
        workflows=frozenset(node.in_workflow for node in nodes if isinstance(node, InWorkflow)),
        activity=frozenset((node.did, _window(node)) for node in nodes if isinstance(node, Did)),
        changes=any(isinstance(node, FieldTest) and node.op in CHANGES for node in nodes),
    )


def fields_used(condition: Condition) -> frozenset[str]:
    """Return the paths of all fields a condition names, those in its templates included."""
    tests = [node for _, node in walk(condition) if isinstance(node, FieldTest)]
    templates = [test.value.template for test in tests if isinstance(test.value, Template)]
    return frozenset(
        [*(test.field for test in tests), *(name for source in templates for name in compile_value(source).variables)]
    )


def _window(node: Did) -> timedelta | None:
    return node.within.at_most() if node.within is not None else None
