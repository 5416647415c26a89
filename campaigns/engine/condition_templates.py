"""Tests whose value is a template: rendered for each lead, then compared as a literal of the field's type would be."""

from __future__ import annotations

from campaigns.engine.condition_comparing import Found, comparer
from campaigns.engine.condition_fields import DATES, DYNAMIC, NOW, wrong_operator, wrong_value
from campaigns.engine.condition_receipts import Clause, Receipt, base_receipt, shown
from campaigns.engine.condition_tree import FieldTest
from campaigns.engine.condition_values import LISTS, TRUE_WHEN_MISSING, Template
from campaigns.engine.condition_views import Getter, View, is_missing, template_values
from campaigns.errors import CampaignsError
from campaigns.personalise import compile_value


def templated(test: FieldTest, value: Template, kind: str, get: Getter) -> Clause:
    """Return the clause of a test with a template. A template that gives nothing makes every test false."""
    compiled = compile_value(value.template)
    base = base_receipt(test)

    def clause(view: View) -> tuple[bool, Receipt]:
        saw = get(view)
        try:
            asked, missing = compiled.render(template_values(view))
        except CampaignsError as error:
            return False, {**base, "saw": shown(saw), "is": False, "note": f"the template failed: {error.message}"}
        found = _found(test, kind, asked, saw, view)
        if found == _EMPTY and missing:
            found = f"{found}: {', '.join(missing)}"
        note = {"note": found} if isinstance(found, str) else {}
        truth = found is True
        return truth, {**base, "asked": shown(asked), "saw": shown(saw), "is": truth, **note}

    return clause


_EMPTY = "the template gave nothing"


def _found(test: FieldTest, kind: str, asked: object, saw: object, view: View) -> Found:
    if is_missing(asked):
        return _EMPTY
    if is_missing(saw):
        return test.op in TRUE_WHEN_MISSING
    if test.op in LISTS:
        given = list(asked) if isinstance(asked, list | tuple) else [asked]
        value: object = [typed(kind, item) for item in given]
    else:
        given = [value] = [typed(kind, asked)]
    each = value if isinstance(value, list) else [value]
    wrong = wrong_operator(kind, test.op) or next(
        (note for item in each if (note := wrong_value(kind, test.op, item))), None
    )
    if wrong is not None:
        return f"the template gave {shown(asked)!s}: {wrong}"
    return comparer(kind, test.op, value, ignore_case=test.ignore_case)(saw, view)


def typed(kind: str, value: object) -> object:
    """Return a rendered value as the field's type writes it, as far as its text allows; else unchanged."""
    if kind in DATES | {DYNAMIC, NOW}:
        return value
    if kind == "number":
        return _number(value)
    if kind == "boolean":
        return {"true": True, "false": False}.get(value.strip(), value) if isinstance(value, str) else value
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else value


def _number(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return float(value)
    except ValueError:
        return value
