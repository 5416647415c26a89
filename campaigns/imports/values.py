"""One value of one type: out of a cell's text, or out of JSON. The same rules for imports, the API and the lead pages.

Every function gives the normalised value, fit for JSON, or raises ValueError with a sentence for people.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from campaigns.imports import contacts, dates

MAX_TEXT = 10_000  # characters
MAX_LINE = 255  # characters, for names and identifiers
MAX_WHOLE = 2**53  # beyond, not every JSON reader gives the same number back
MAX_SCORE = 2**31 - 1
MAX_MARKS = 30  # combining marks in a row: the stream-safe limit of Unicode's annex 15
MAX_TAGS = 50
MAX_TAG = 100  # characters
BETWEEN_TAGS = ",;|"  # what stands between tags in a text, and so in none of them

BLANK = " \t\u00a0\u200b\ufeff"
TYPES = ("text", "number", "boolean", "date", "datetime", "choice", "email", "phone", "url")

_YES = "true t yes y 1 on ja j wahr oui o vrai sí si s vero verdadero sim verdadeiro да tak prawda"
_NO = "false f no n 0 off nein falsch non faux falso não nao нет nie fałsz"
_BOOLEANS = {**dict.fromkeys(_YES.split(), True), **dict.fromkeys(_NO.split(), False)}


@dataclass(frozen=True, slots=True)
class Formats:
    """How the cells of a file write numbers and dates. `date_format` None is ISO 8601."""

    decimal: str = "."
    date_format: str | None = None


ISO = Formats()


def parse_value(type: str, text: str, *, choices: Sequence[str] = (), formats: Formats = ISO) -> Any:
    """The value that a cell's text means. Blank text is for the caller to leave out."""
    parse = parser(type, choices=choices, formats=formats)
    return parse(text.strip(BLANK))


def parser(type: str, *, choices: Sequence[str] = (), formats: Formats = ISO) -> Callable[[str], Any]:
    """A function from trimmed text to the value, prepared once for many cells."""
    if type == "choice":
        known = {choice.casefold(): choice for choice in choices}
        return lambda text: _choice(text, known)
    if type == "number":
        return lambda text: number(text, decimal=formats.decimal)
    if type == "date":
        return lambda text: dates.parse_date(text, pattern=formats.date_format)
    if type == "datetime":
        return lambda text: dates.parse_datetime(text, pattern=formats.date_format)
    return _PARSERS[type]


def check_value(type: str, value: Any, *, choices: Sequence[str] = ()) -> Any:
    """The same for a value out of JSON; None and blank text become None, which empties the field."""
    if value is None or (isinstance(value, str) and not value.strip(BLANK)):
        return None
    if type == "number":
        return _json_number(value)
    if type == "score":
        return score_value(value)
    if type == "boolean":
        if not isinstance(value, bool):
            raise ValueError("must be true or false")
        return value
    if type == "tags":
        return list(tags(value))
    if not isinstance(value, str):
        raise ValueError("must be text")
    return parse_value(type, value, choices=choices)


def line(text: str) -> str:
    """A short text: a name, an identifier."""
    return plain(text, limit=MAX_LINE)


def plain(text: str, *, limit: int = MAX_TEXT) -> str:
    """Text as it is, composed (NFC), free of what can't be stored, at most `limit` characters."""
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
        _refuse_storms(text)
    if len(text) > limit:
        raise ValueError(f"is longer than {limit:,} characters")
    if not text.isprintable():
        _refuse_controls(text)
    return text


def number(text: str, *, decimal: str = ".") -> int | float:
    """A finite number written with this decimal sign; the other sign may group thousands, and then rightly."""
    group = "," if decimal == "." else "."
    whole, _, rest = text.partition(decimal)
    if group in whole:
        head, *groups = whole.lstrip("+-").split(group)
        if not 1 <= len(head) <= 3 or any(len(part) != 3 for part in groups):
            raise ValueError(f"is not a number (decimal sign {decimal!r})")
        whole = whole.replace(group, "")
    if not text.isascii() or "_" in text or group in rest or decimal in rest:
        raise ValueError(f"is not a number (decimal sign {decimal!r})")
    return _finite(whole + ("." + rest if rest or decimal in text else ""), decimal)


def boolean(text: str) -> bool:
    """Yes or no, by the table of words above."""
    try:
        return _BOOLEANS[text.casefold()]
    except KeyError:
        raise ValueError("is neither yes nor no (true, false, yes, no, 1, 0, ja, nein, …)") from None


def score(text: str) -> int:
    """A whole number of points."""
    try:
        found = int(text) if text.isascii() and "_" not in text else None
    except ValueError:
        found = None
    return score_value(found)


def score_value(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or abs(value) > MAX_SCORE:
        raise ValueError("must be a whole number")
    return value


def tags(value: object) -> tuple[str, ...]:
    """Tags out of a list, or out of text with commas, semicolons or pipes between them; each once, in order."""
    if isinstance(value, str):
        value = value.translate(dict.fromkeys(map(ord, BETWEEN_TAGS), BETWEEN_TAGS[0])).split(BETWEEN_TAGS[0])
    if not isinstance(value, list | tuple) or not all(isinstance(one, str) for one in value):
        raise ValueError("must be a list of words")
    found = dict.fromkeys(plain(one.strip(BLANK), limit=MAX_TAG) for one in value if one.strip(BLANK))
    if len(found) > MAX_TAGS:
        raise ValueError(f"has more than {MAX_TAGS} tags")
    return tuple(found)


def tag_problem(tag: str) -> str | None:
    """Return why no text of several tags could hold this one, or None."""
    found = next((sign for sign in BETWEEN_TAGS if sign in tag), None)
    return f"holds “{found}”, which stands between tags: send each tag by itself" if found else None


def _choice(text: str, known: dict[str, str]) -> str:
    try:
        return known[text.casefold()]
    except KeyError:
        offered = ", ".join(list(known.values())[:10])
        raise ValueError(f"is not one of: {offered}" if offered else "is not a choice: there are none") from None


def _finite(text: str, decimal: str) -> int | float:
    try:
        found = int(text) if text.lstrip("+-").isdigit() else float(text)
    except ValueError:
        raise ValueError(f"is not a number (decimal sign {decimal!r})") from None
    return _json_number(found)


def _json_number(value: object) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("must be a number")
    if isinstance(value, int) and abs(value) > MAX_WHOLE:
        raise ValueError("has too many digits for a number: keep it as text")
    if not math.isfinite(value):
        raise ValueError("is not a finite number")
    return value


def _refuse_storms(text: str) -> None:
    run = 0
    for char in text:
        run = run + 1 if unicodedata.combining(char) else 0
        if run > MAX_MARKS:
            raise ValueError(f"has more than {MAX_MARKS} combining marks on one letter")


def _refuse_controls(text: str) -> None:
    for char in text:
        kind = unicodedata.category(char)
        if kind == "Cs" or (kind == "Cc" and char not in "\t\n\r\x85"):
            raise ValueError(f"holds the control character U+{ord(char):04X}")


_PARSERS: dict[str, Callable[[str], Any]] = {
    "text": plain,
    "line": line,
    "boolean": boolean,
    "score": score,
    "tags": tags,
    "email": contacts.address,
    "phone": contacts.phone,
    "url": lambda text: contacts.url(plain(text)),
}
