"""JSON as it comes from outside, read strictly: one document, no key twice, nothing that a database can't hold."""

from __future__ import annotations

import json
from typing import Any

from campaigns.errors import Invalid, Malformed, Problem

DEEPEST = 160  # a document of sections 20 deep, each a listener of the one above, with a condition 20 deep, has 126
MOST_TOLD = 100  # problems in one answer
_LARGEST = 1 << 63
_DIGITS = len(str(_LARGEST)) + 1  # with a sign; longer ones are not even read


def read_json(text: str) -> Any:
    """Return what a text says; raise Malformed with the line and column, or Invalid with the paths of bad texts."""
    try:
        found = json.loads(
            text,
            object_pairs_hook=_unique,
            parse_constant=_refuse_constant,
            parse_float=_finite,
            parse_int=_exact,
        )
    except json.JSONDecodeError as error:
        raise Malformed(f"This is not JSON: {error.msg} at line {error.lineno}, column {error.colno}.") from None
    except RecursionError:
        raise Malformed("This is nested too deeply.") from None
    check_texts(found)
    return found


def pointer(key: object) -> str:
    """Return a key or an index as one step of a JSON Pointer; what can't be written down is escaped."""
    return "/" + str(key).replace("~", "~0").replace("/", "~1").encode("utf-8", "backslashreplace").decode()


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise Malformed(f"The key {twice!r} stands twice in one object.")
    return found


def _refuse_constant(name: str) -> Any:
    raise Malformed(f"{name} is not JSON.")


def _finite(text: str) -> float:
    value = float(text)
    if abs(value) == float("inf"):
        raise Malformed(f"{text[:_DIGITS]} is too large a number.")
    return value


def _exact(text: str) -> int:
    """Return a whole number that both databases keep exactly."""
    if len(text) > _DIGITS or not -_LARGEST < int(text) < _LARGEST:
        raise Malformed(f"{text[:_DIGITS]} is too large a number.")
    return int(text)


def check_texts(value: Any) -> None:
    """Raise Invalid with the path of every text that a database can't keep, Malformed for what nests too deeply.

    Walks level by level, so that nothing nested can exhaust the stack.
    """
    level, depth, problems = [("", value)], 0, list[Problem]()
    while level and len(problems) < MOST_TOLD:
        if depth > DEEPEST:
            raise Malformed(f"This is nested more than {DEEPEST} deep.")
        following: list[tuple[str, Any]] = []
        for path, item in level:
            if isinstance(item, dict):
                following += [(path + pointer(key), within) for key, within in item.items()]
                problems += [Problem(path + pointer(key), "is no name: " + why) for key in item if (why := _flaw(key))]
            elif isinstance(item, list):
                following += [(f"{path}/{index}", within) for index, within in enumerate(item)]
            elif isinstance(item, str) and (why := _flaw(item)):
                problems.append(Problem(path, why))
        level, depth = following, depth + 1
    if problems:
        raise Invalid(problems=problems[:MOST_TOLD])


def _flaw(text: str) -> str:
    """Return what keeps a text from being stored, or nothing: NUL, or half of a surrogate pair."""
    if text.isascii():
        return "holds the control character U+0000" if "\0" in text else ""
    if "\0" in text:
        return "holds the control character U+0000"
    try:
        text.encode()
    except UnicodeEncodeError as error:
        return f"holds U+{ord(text[error.start]):04X}, which is half of a character"
    return ""
