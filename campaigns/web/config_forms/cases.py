"""The cases of a switch: each a name and a condition."""

from __future__ import annotations

from typing import Any

from campaigns.engine.kinds import Vocabulary
from campaigns.web.config_forms.conditions import Conditions
from campaigns.web.config_forms.rows import count
from campaigns.web.config_forms.widget import ABSENT, Look, Sent, Widget


class Cases:
    """Named conditions in order."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._condition = Conditions(vocabulary, optional=False)

    def write(self, name: str, value: Any, form: Sent) -> None:
        if not isinstance(value, list) or any(set(case) != {"name", "condition"} for case in value):
            raise ValueError(value)
        form[f"{name}.rows"] = str(len(value))
        for row, case in enumerate(value):
            form[f"{name}.{row}.name"] = case["name"]
            self._condition.write(f"{name}.{row}.condition", case["condition"], form)

    def read(self, name: str, form: Sent) -> Any:
        rows = range(count(name, form))
        cases = [self._case(f"{name}.{row}", form) for row in rows]
        return cases or ABSENT

    def show(self, name: str, form: Sent, look: Look) -> Widget:
        parts = [self._part(f"{name}.{row}", row, form, look) for row in range(max(count(name, form), 1))]
        error = "" if any(part["error"] or part["condition"].error for part in parts) else look.error
        return Widget("cases", name, look.label, look.help, error=error, parts=parts)

    def _case(self, prefix: str, form: Sent) -> dict[str, Any]:
        case: dict[str, Any] = {"name": form.get(f"{prefix}.name", "")}
        condition = self._condition.read(f"{prefix}.condition", form)
        return case if condition is ABSENT else case | {"condition": condition}

    def _part(self, prefix: str, row: int, form: Sent, look: Look) -> dict[str, Any]:
        below = f"/{row}/condition"
        inner = [p for p in look.problems if p.path.startswith(below)]
        own = [type(p)(p.path.removeprefix(below), p.message) for p in inner]
        condition = self._condition.show(
            f"{prefix}.condition", form, Look("When", look.vocabulary, required=True, problems=own)
        )
        return {
            "name": form.get(f"{prefix}.name", ""),
            "error": look.at(str(row), "name") or ("" if inner else look.at(str(row))),
            "condition": condition,
        }
