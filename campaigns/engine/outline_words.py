"""The words that all lines of an outline share: numbers, spans of time, and the names of what the tenant has."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from campaigns.engine.kinds import Vocabulary

_NUMBERS = "zero one two three four five six seven eight nine ten eleven twelve".split()
_UNITS = {
    "month": "months", "mo": "months", "week": "weeks", "w": "weeks", "day": "days", "d": "days", "hour": "hours",
    "hr": "hours", "h": "hours", "minute": "minutes", "min": "minutes", "m": "minutes", "second": "seconds",
    "sec": "seconds", "s": "seconds",
}  # fmt: skip
_SPAN = re.compile(
    rf"(\d{{1,6}}|an?|{'|'.join(_NUMBERS)})\s*({'|'.join(sorted(_UNITS, key=len, reverse=True))})s?", re.IGNORECASE
)
_BETWEEN = re.compile(r"\s*(?:,|and|\s)\s*", re.IGNORECASE)
_ARTICLE = re.compile(r"^(?:the|a|an|his|her|their|its)\s+", re.IGNORECASE)
_TAIL = {"template": "mail|email|e-mail|template|message", "list": "list", "workflow": "workflow"}
_NO_KEY = re.compile(r"[^a-z0-9_]+")
_PLAIN_NUMBER = re.compile(r"[+-]?\d{1,15}(\.\d{1,9})?")


def read_span(text: str) -> dict[str, int] | None:
    """Return a span of time such as "2 days 4 hours" as documents write it, None when it is none."""
    found: dict[str, int] = {}
    rest = text.strip()
    while rest:
        match = _SPAN.match(rest)
        if match is None or _UNITS[match[2].lower()] in found:
            return None
        found[_UNITS[match[2].lower()]] = count(match[1])
        rest = rest[match.end() :]
        if rest and not (between := _BETWEEN.match(rest)):
            return None
        rest = rest[between.end() :] if rest and between else ""
    return found or None


def write_span(span: object) -> str | None:
    """Return a span of a document in words, None when it is not written by its units."""
    if not isinstance(span, Mapping) or not span:
        return None
    return " ".join(f"{number} {unit[:-1] if number == 1 else unit}" for unit, number in span.items())


def count(word: str) -> int:
    """Return the number that a word or some digits say; "a" is one."""
    lower = word.lower()
    return int(word) if word.isdecimal() else _NUMBERS.index(lower) if lower in _NUMBERS else 1


def number(text: str) -> int | float | None:
    """Return what a text says as a number, None when it says none."""
    clean = text.strip()
    if not _PLAIN_NUMBER.fullmatch(clean):
        return _NUMBERS.index(clean.lower()) if clean.lower() in _NUMBERS else None
    return float(clean) if "." in clean else int(clean)


def key_for(kind: str, text: str, vocabulary: Vocabulary) -> str:
    """Return the key of what somebody named: by its key or its name, else a key made of the words as they stand."""
    if kind == "tag":
        return text
    names = vocabulary.names(kind)
    for words in _forms(text, _TAIL.get(kind, "")):
        if words in names:
            return words
        told = words.casefold()
        for key, name in names.items():
            if told in (key.casefold(), name.casefold()):
                return key
    if kind == "user" or _is_key(text):
        return text
    return _NO_KEY.sub("-", _ARTICLE.sub("", text).lower()).strip("-") or text


def field_for(text: str, types: Mapping[str, Any]) -> str:
    """Return the path of the field that somebody named: by its path, its key or its name."""
    words = re.sub(r"^lead'?s\s+", "", _ARTICLE.sub("", text.strip()), flags=re.IGNORECASE)
    if re.fullmatch(r"now|(lead|event|state|session)(\.[^.\s]+)+", words):
        return words
    told = words.casefold()
    for path, kind in types.items():
        if told in (path.removeprefix("lead.").casefold(), kind.name.casefold()):
            return path
    return f"lead.{re.sub(r'[^a-z0-9_]+', '_', told).strip('_') or 'field'}"


def unquoted(text: str) -> str:
    """Return a text without the quotes around it."""
    text = text.strip()
    if len(text) > 1 and text[0] == text[-1] == '"':
        try:
            return str(json.loads(text))
        except ValueError:
            return text[1:-1]
    return text[1:-1] if len(text) > 1 and (text[0], text[-1]) in {("“", "”"), ("'", "'"), ("‘", "’")} else text


def quoted(text: str) -> str:
    """Return a text in quotes that `unquoted` takes off again."""
    return json.dumps(text, ensure_ascii=False)


def _forms(text: str, tail: str) -> Iterator[str]:
    """Yield the words, without their article, and without the noun that says what they name."""
    yield text
    bare = _ARTICLE.sub("", text)
    yield bare
    if tail:
        yield re.sub(rf"^(?:{tail})\s+|\s+(?:{tail})$", "", bare, flags=re.IGNORECASE)


def _is_key(text: str) -> bool:
    return re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,62}", text) is not None
