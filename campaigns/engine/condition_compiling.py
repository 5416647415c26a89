"""Compiling a condition once into closures that answer fast, each with a receipt of what was seen."""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite
from typing import NamedTuple, cast

from campaigns.engine.condition_comparing import ORDER, Comparer, Found, comparer
from campaigns.engine.condition_fields import DATES, DYNAMIC, Fields, type_of, wrong_operator, wrong_value
from campaigns.engine.condition_receipts import Clause, Receipt, base_receipt, shown
from campaigns.engine.condition_templates import templated
from campaigns.engine.condition_tree import All, AnyOf, Condition, Did, FieldTest, HasTag, InList, Not, walk
from campaigns.engine.condition_values import CHANGES, TRUE_WHEN_MISSING, Template
from campaigns.engine.condition_views import FormerView, Getter, View, getter, is_missing
from campaigns.engine.moments import read_moment, written


class Verdict(NamedTuple):
    """Whether a condition holds, and a receipt that can be written as JSON: clause by clause, what was seen.

    A verdict is as true as its truth. Clauses that were not needed are not in the receipt.
    """

    truth: bool
    receipt: Receipt

    def __bool__(self) -> bool:
        return self.truth


def compile_condition(condition: Condition, fields: Fields) -> Callable[[View], Verdict]:
    """Return the function that evaluates the condition on a view. It never raises for what a view holds."""
    clause = _clause(condition, fields)
    return lambda view: Verdict(*clause(view))


def became_true(condition: Condition, fields: Fields) -> Callable[[View], Verdict]:
    """Return the function that says whether a change of the lead's fields makes the condition true.

    It fires when the condition turns from false, with the values before the change, to true; a condition with
    `changed` or `changed_to` fires at each change that fits. Without a known change it does not fire.
    """
    holds = compile_condition(condition, fields)
    if any(isinstance(node, FieldTest) and node.op in CHANGES for _, node in walk(condition)):
        return holds

    def fires(view: View) -> Verdict:
        after = holds(view)
        if not after.truth or not view.before:
            return Verdict(truth=False, receipt={"became_true": after.receipt, "is": False})
        was = holds(cast("View", FormerView(view)))
        return Verdict(not was.truth, {"became_true": after.receipt, "was": was.receipt, "is": not was.truth})

    return fires


def _clause(node: Condition, fields: Fields) -> Clause:
    if isinstance(node, All):
        return _group("all", [_clause(part, fields) for part in node.all], decisive=False)
    if isinstance(node, AnyOf):
        return _group("any", [_clause(part, fields) for part in node.any], decisive=True)
    if isinstance(node, Not):
        return _not(_clause(node.part, fields))
    if isinstance(node, FieldTest):
        return _field(node, fields)
    if isinstance(node, Did):
        return _did(node)
    if isinstance(node, InList):
        return _member("in_list", node.in_list, lambda view: node.in_list in view.lists)
    if isinstance(node, HasTag):
        return _member("has_tag", node.has_tag, lambda view: node.has_tag in view.tags)
    return _member("in_workflow", node.in_workflow, lambda view: node.in_workflow in view.workflows)


def _group(name: str, parts: list[Clause], *, decisive: bool) -> Clause:
    """The first part whose truth is decisive ends it."""

    def clause(view: View) -> tuple[bool, Receipt]:
        seen = []
        for part in parts:
            truth, receipt = part(view)
            seen.append(receipt)
            if truth is decisive:
                return decisive, {name: seen, "is": decisive}
        return not decisive, {name: seen, "is": not decisive}

    return clause


def _not(part: Clause) -> Clause:
    def clause(view: View) -> tuple[bool, Receipt]:
        truth, receipt = part(view)
        return not truth, {"not": receipt, "is": not truth}

    return clause


def _member(name: str, key: str, test: Callable[[View], bool]) -> Clause:
    def clause(view: View) -> tuple[bool, Receipt]:
        truth = test(view)
        return truth, {name: key, "is": truth}

    return clause


def _did(node: Did) -> Clause:
    base = {"did": node.did, "times": node.times.model_dump()}

    def clause(view: View) -> tuple[bool, Receipt]:
        since = node.within.take_from(view.now, view.time_zone) if node.within is not None else None
        count = view.activity(node.did, since)
        truth = node.times.fit(count)
        window = {"since": written(since)} if since is not None else {}
        return truth, {**base, **window, "saw": count, "is": truth}

    return clause


def _field(test: FieldTest, fields: Fields) -> Clause:
    kind = type_of(test.field, fields) or DYNAMIC  # a field deleted since has no type, and no value either
    if test.op in CHANGES:
        return _changed(test, kind)
    get = getter(test.field)
    base = base_receipt(test)
    if test.op in {"is_set", "is_empty"}:
        return _presence(get, base, asked=test.op == "is_empty")
    if isinstance(test.value, Template):
        return templated(test, test.value, kind, get)
    general = _compared(get, base, _comparer(test, kind), missing=test.op in TRUE_WHEN_MISSING)
    plain = kind == "number" and test.op in ORDER and test.field.startswith("lead.")
    return _number(test, general) if plain and not wrong_value(kind, test.op, test.value) else general


def _comparer(test: FieldTest, kind: str) -> Comparer:
    """What does not fit was a problem when written; where a field's type has changed since, the test is false."""
    values: list[object] = [*test.value] if isinstance(test.value, list) else [test.value]
    notes = [wrong_operator(kind, test.op), *(wrong_value(kind, test.op, value) for value in values)]
    note = next((note for note in notes if note), None)
    if note is not None:
        return lambda _saw, _view: note
    op = "eq" if test.op == "changed_to" else test.op
    return comparer(kind, op, test.value, ignore_case=test.ignore_case)


def _number(test: FieldTest, general: Clause) -> Clause:
    """The commonest test of all, spelled out for speed."""
    key, field, op, value, compare = test.field[5:], test.field, test.op, test.value, ORDER[test.op]

    def clause(view: View) -> tuple[bool, Receipt]:
        lead = view.lead
        saw = lead.get(key) if lead is not None else None
        if type(saw) is int or (type(saw) is float and isfinite(saw)):
            truth = compare(saw, value)
            return truth, {"field": field, "op": op, "value": value, "saw": saw, "is": truth}
        return general(view)

    return clause


def _compared(get: Getter, base: Receipt, compare: Comparer, *, missing: bool) -> Clause:
    def clause(view: View) -> tuple[bool, Receipt]:
        saw = get(view)
        found: Found = missing if is_missing(saw) else compare(saw, view)
        if found is True or found is False:
            return found, {**base, "saw": shown(saw), "is": found}
        return False, {**base, "saw": shown(saw), "is": False, "note": found}

    return clause


def _presence(get: Getter, base: Receipt, *, asked: bool) -> Clause:
    def clause(view: View) -> tuple[bool, Receipt]:
        saw = get(view)
        truth = is_missing(saw) is asked
        return truth, {**base, "saw": shown(saw), "is": truth}

    return clause


def _changed(test: FieldTest, kind: str) -> Clause:
    key, base = test.field.partition(".")[2], base_receipt(test)
    same = _comparer(test, kind) if test.op == "changed_to" else None

    def clause(view: View) -> tuple[bool, Receipt]:
        saw = view.lead.get(key) if view.lead is not None else None
        if not view.before or key not in view.before:
            return False, {**base, "saw": shown(saw), "is": False, "note": "did not change"}
        was = view.before[key]
        truth = _alike(was, kind) != _alike(saw, kind)
        truth = truth and (same is None or (not is_missing(saw) and same(saw, view) is True))
        return truth, {**base, "was": shown(was), "saw": shown(saw), "is": truth}

    return clause


def _alike(value: object, kind: str) -> object:
    """A value as far as it matters for "changed": nothing is nothing, and addresses have no case."""
    if is_missing(value):
        return None
    if kind == "email" and isinstance(value, str):
        return value.casefold()
    return (read_moment(value) or value) if kind in DATES else value
