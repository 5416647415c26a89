"""Conditions as lines of an outline write them: "score > 50 and status is qualified"; anything else as JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from campaigns.engine.fields import field_types
from campaigns.engine.json_text import read_json
from campaigns.engine.kinds import Vocabulary
from campaigns.engine.outline_words import count, field_for, key_for, number, quoted, read_span, unquoted, write_span
from campaigns.errors import Invalid, Malformed

_OPERATORS: tuple[tuple[str, str], ...] = (
    ("is at least", "gte"), ("is at most", "lte"), ("is more than", "gt"), ("is greater than", "gt"),
    ("is less than", "lt"), ("is over", "gt"), ("is under", "lt"), ("does not contain", "not_contains"),
    ("contains", "contains"), ("starts with", "starts_with"), ("ends with", "ends_with"), ("is one of", "in"),
    ("is none of", "not_in"), ("is set", "is_set"), ("is empty", "is_empty"), ("changed to", "changed_to"),
    ("changed", "changed"), ("is before", "before"), ("is after", "after"), ("is within the last", "within_last"),
    ("is within the next", "within_next"), ("is not", "ne"), ("is", "eq"), ("at least", "gte"), ("at most", "lte"),
    ("over", "gt"), ("under", "lt"), (">=", "gte"), ("≥", "gte"), ("<=", "lte"), ("≤", "lte"), ("!=", "ne"),
    ("<>", "ne"), ("≠", "ne"), ("==", "eq"), ("=", "eq"), (">", "gt"), ("<", "lt"),
)  # fmt: skip
_WRITTEN = {"eq": "is", "ne": "is not", "lt": "<", "lte": "<=", "gt": ">", "gte": ">="}
_ALONE = {"is_set", "is_empty", "changed"}
_MEMBERS = (
    ("in_list", "list", r"(?:is\s+)?(?:on|in)\s+(?:the\s+)?list"),
    ("has_tag", "tag", r"has\s+(?:the\s+)?tag|(?:is\s+)?tagged"),
    ("in_workflow", "workflow", r"(?:is\s+)?in\s+(?:the\s+)?workflow"),
)
_DID = re.compile(
    r"did\s+(\S+)(?:\s+(at least|at most|exactly)\s+(\d{1,6})\s+times?)?(?:\s+in the last\s+(.+))?", re.IGNORECASE
)
_QUOTES = re.compile(r'"(?:[^"\\]|\\.)*"|“[^”]*”')


def read_condition(text: str, vocabulary: Vocabulary) -> Any:
    """Return the condition that a text says as documents write it, None when it says none."""
    text = text.strip().removesuffix("?").strip()
    if text.startswith("{"):
        try:
            return read_json(text)
        except (Malformed, Invalid):
            return None
    for word, group in (("or", "any"), ("and", "all")):
        parts = _split(text, word)
        if len(parts) > 1:
            read = [read_condition(part, vocabulary) for part in parts]
            return None if None in read else {group: read}
    return _atom(text, vocabulary)


def write_condition(condition: Any, vocabulary: Vocabulary) -> str:
    """Return a text that reads back as the condition: in words where these say the same, else as JSON."""
    for quote in (False, True):
        words = _say(condition, quote=quote)
        if words is not None and read_condition(words, vocabulary) == condition:
            return words
    return json.dumps(condition, ensure_ascii=False)


def _split(text: str, word: str) -> list[str]:
    """Split at a word that stands outside of quotes."""
    hidden = _QUOTES.sub(lambda match: "\x01" * len(match[0]), text)
    cuts = [(match.start(), match.end()) for match in re.finditer(rf"\s+{word}\s+", hidden, re.IGNORECASE)]
    starts, ends = [0, *(end for _, end in cuts)], [*(start for start, _ in cuts), len(text)]
    return [text[start:end] for start, end in zip(starts, ends, strict=True)]


def _atom(text: str, vocabulary: Vocabulary) -> Any:
    negated = re.fullmatch(r"not\s+(?!not\b)(.+)", text, re.IGNORECASE | re.DOTALL)
    if negated:
        part = _atom(negated[1].strip(), vocabulary)
        return None if part is None else {"not": part}
    for key, kind, words in _MEMBERS:
        match = re.fullmatch(rf"(?:{words})\s+(.+)", text, re.IGNORECASE)
        if match:
            return {key: key_for(kind, unquoted(match[1]), vocabulary)}
    did = _DID.fullmatch(text)
    return _did(did) if did else _test(text, vocabulary)


def _did(match: re.Match[str]) -> Any:
    found: dict[str, Any] = {"did": match[1]}
    if match[2]:
        found["times"] = {match[2].lower().replace(" ", "_"): count(match[3])}
    if match[4]:
        found["within"] = read_span(match[4])
        return found if found["within"] else None
    return found


def _test(text: str, vocabulary: Vocabulary) -> Any:
    """Read a comparison; the operator that stands first is meant, and of those the longest."""
    hidden = _QUOTES.sub(lambda match: "\x01" * len(match[0]), text)
    best: tuple[int, int, str] | None = None
    for words, op in _OPERATORS:
        joined = re.escape(words).replace(r"\ ", r"\s+")
        bounds = rf"\s{joined}(?=\s|$)" if words[0].isalpha() else rf"\s*{joined}"
        match = re.search(bounds, hidden, re.IGNORECASE)
        if match and match.start() and (best is None or (match.start(), -match.end()) < (best[0], -best[1])):
            best = (match.start(), match.end(), op)
    if best is None:
        return None
    types = field_types(vocabulary)
    field, rest = field_for(text[: best[0]], types), text[best[1] :].strip()
    if best[2] in _ALONE:
        return None if rest else {"field": field, "op": best[2]}
    value = _value(rest, field, best[2], vocabulary)
    return None if value is None else {"field": field, "op": best[2], "value": value}


def _value(text: str, field: str, op: str, vocabulary: Vocabulary) -> Any:
    if not text:
        return None
    if op in {"within_last", "within_next"}:
        return read_span(text)
    if op in {"in", "not_in"}:
        return [_one(part.strip(), field, vocabulary) for part in _split(text.replace(",", " , "), ",") if part.strip()]
    return _one(text, field, vocabulary)


def _one(text: str, field: str, vocabulary: Vocabulary) -> Any:
    kind = field_types(vocabulary).get(field)
    plain = unquoted(text)
    if field == "lead.status":
        return key_for("status", plain, vocabulary)
    if plain != text:
        return plain
    if kind is not None and kind.type == "boolean" and text.lower() in {"yes", "no", "true", "false"}:
        return text.lower() in {"yes", "true"}
    figure = number(text) if kind is None or kind.type == "number" else None
    return text if figure is None else figure


def _say(node: Any, *, quote: bool) -> str | None:
    if not isinstance(node, Mapping):
        return None
    for group, word in (("all", " and "), ("any", " or ")):
        if isinstance(node.get(group), list) and len(node[group]) > 1:
            parts = [_say(part, quote=quote) for part in node[group]]
            return None if None in parts else word.join(part for part in parts if part is not None)
    if "not" in node:
        part = _say(node["not"], quote=quote)
        return None if part is None else f"not {part}"
    for key, words in (("in_list", "on list"), ("has_tag", "has tag"), ("in_workflow", "in workflow"), ("did", "did")):
        if key in node:
            return f"{words} {quoted(node[key]) if quote and key != 'did' else node[key]}" + _often(node)
    return _comparison(node, quote=quote) if "field" in node else None


def _often(node: Mapping[str, Any]) -> str:
    told = ""
    if isinstance(node.get("times"), Mapping):
        told = "".join(f" {key.replace('_', ' ')} {value} times" for key, value in node["times"].items())
    return told + (f" in the last {write_span(node['within'])}" if node.get("within") else "")


def _comparison(test: Mapping[str, Any], *, quote: bool) -> str | None:
    op, field = str(test.get("op")), str(test["field"])
    words = _WRITTEN.get(op) or next((words for words, name in _OPERATORS if name == op), None)
    if words is None:
        return None
    name, value = field.removeprefix("lead."), test.get("value")
    if value is None:
        return f"{name} {words}"
    if isinstance(value, list):
        return f"{name} {words} {', '.join(_written(one, quote=quote) for one in value)}"
    span = write_span(value)
    return f"{name} {words} {span if span is not None else _written(value, quote=quote)}"


def _written(value: object, *, quote: bool) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return quoted(value) if quote and isinstance(value, str) else str(value)
