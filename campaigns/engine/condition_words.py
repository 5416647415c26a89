"""A condition in words, for cards and lists."""

from __future__ import annotations

from collections.abc import Mapping

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
)
from campaigns.engine.condition_values import WINDOWS, Template
from campaigns.engine.duration import Duration
from campaigns.engine.fields import field_types
from campaigns.engine.kinds import Vocabulary
from campaigns.engine.moments import read_moment

_WORDS: Mapping[str, str] = {
    "eq": "is",
    "ne": "is not",
    "lt": "is less than",
    "lte": "is at most",
    "gt": "is more than",
    "gte": "is at least",
    "contains": "contains",
    "not_contains": "does not contain",
    "starts_with": "starts with",
    "ends_with": "ends with",
    "in": "is one of",
    "not_in": "is none of",
    "is_set": "is set",
    "is_empty": "is empty",
    "changed": "changed",
    "changed_to": "changed to",
    "before": "is before",
    "after": "is after",
    "within_last": "is within the last",
    "within_next": "is within the next",
}
_DATE_WORDS = {"lt": "is before", "lte": "is on or before", "gt": "is after", "gte": "is on or after"}
_TIMES_WORDS = {"exactly": "exactly", "at_least": "at least", "at_most": "at most"}


def sentence(condition: Condition, vocabulary: Vocabulary) -> str:
    """Return the condition in words, with the names the tenant gave: "Score is at least 50 and City is Berlin"."""
    return _Speaker(vocabulary).say(condition)


class _Speaker:
    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary
        self.fields = field_types(vocabulary)

    def say(self, node: Condition, *, inside: bool = False) -> str:
        if isinstance(node, All | AnyOf):
            return self._group(node, inside=inside)
        if isinstance(node, Not):
            return f"not ({self.say(node.part)})"
        if isinstance(node, FieldTest):
            return self._field(node)
        if isinstance(node, Did):
            return _did(node)
        return self._member(node)

    def _group(self, node: All | AnyOf, *, inside: bool) -> str:
        parts, word, empty = (node.all, " and ", "always") if isinstance(node, All) else (node.any, " or ", "never")
        if len(parts) < 2:
            return self.say(parts[0], inside=inside) if parts else empty
        joined = word.join(self.say(part, inside=True) for part in parts)
        return f"({joined})" if inside else joined

    def _member(self, node: InList | HasTag | InWorkflow) -> str:
        if isinstance(node, InList):
            return f"is on list {self.vocabulary.lists.get(node.in_list, node.in_list)}"
        if isinstance(node, HasTag):
            return f"has tag {node.has_tag}"
        return f"is in workflow {self.vocabulary.workflows.get(node.in_workflow, node.in_workflow)}"

    def _field(self, test: FieldTest) -> str:
        name = self._name(test.field)
        if test.value is None:
            return f"{name} {_WORDS[test.op]}"
        if isinstance(test.value, Duration) and test.op not in WINDOWS:
            return f"{name} is more than {test.value.words()} {'ago' if test.op == 'before' else 'ahead'}"
        dated = isinstance(test.value, str) and read_moment(test.value) is not None
        words = _DATE_WORDS.get(test.op, _WORDS[test.op]) if dated else _WORDS[test.op]
        return f"{name} {words} {self._value(test.field, test.value)}"

    def _name(self, path: str) -> str:
        if path in self.fields and self.fields[path].name:
            return self.fields[path].name
        root, _, rest = path.partition(".")
        words = rest.removeprefix("properties.").replace("_", " ") or root
        return words[:1].upper() + words[1:] if root in {"lead", "now"} else f"{root.capitalize()} {words}"

    def _value(self, path: str, value: object) -> str:
        if isinstance(value, list):
            words = [self._value(path, item) for item in value]
            return f"{', '.join(words[:-1])} or {words[-1]}" if len(words) > 1 else words[0]
        if isinstance(value, Template):
            return value.template
        if isinstance(value, Duration):
            return value.words()
        if isinstance(value, bool):
            return "yes" if value else "no"
        if isinstance(value, float):
            return f"{value:g}"
        return self.vocabulary.statuses.get(str(value), str(value)) if path == "lead.status" else str(value)


def _did(node: Did) -> str:
    window = f" in the last {node.within.words()}" if node.within is not None else ""
    return f"did {node.did} {_often(node.times)}{window}"


def _often(times: Times) -> str:
    name, count = next((name, count) for name in _TIMES_WORDS if (count := getattr(times, name)) is not None)
    return f"{_TIMES_WORDS[name]} {count} {'time' if count == 1 else 'times'}"
