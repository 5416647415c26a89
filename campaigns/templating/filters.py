"""Filters of our own for what must not be shown or told as it is: hashed, masked, or only its digits."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256

from liquid import Markup
from liquid.exceptions import FilterArgumentError

from campaigns.templating.context import as_text, is_blank

HIDDEN = "***"


def hashed(value: object) -> str:
    """Return the SHA-256 of a text in hexadecimal; nothing stays nothing, so that nobody takes it for a value."""
    return "" if is_blank(value) else sha256(_plain(value).encode()).hexdigest()


def mask(value: object, shown: object = 1) -> str:
    """Return a text with only its first and last characters shown, an address with its first ones and its domain.

    However long it is, the middle is three stars; a text too short to hide anything in is nothing but those.
    """
    if isinstance(shown, bool) or not isinstance(shown, int) or shown < 0:
        raise FilterArgumentError("mask expects how many characters to show, such as mask: 2", token=None)
    text = _plain(value).strip()
    if not text:
        return ""
    name, at, domain = text.partition("@")
    if name and domain and "@" not in domain and not any(character.isspace() for character in text):
        return f"{name[:shown] if len(name) > shown else ''}{HIDDEN}{at}{domain}"
    if shown == 0 or len(text) <= 2 * shown:
        return HIDDEN
    return f"{text[:shown]}{HIDDEN}{text[-shown:]}"


def digits(value: object) -> str:
    """Return the digits of a text, those of other scripts as 0 to 9: a telephone number as it is compared."""
    return "".join(str(int(character)) for character in _plain(value) if character.isdecimal())


FILTERS: dict[str, Callable[..., str]] = {"sha256": hashed, "mask": mask, "digits": digits}


def _plain(value: object) -> str:
    """Return a value as text; what was escaped already is taken back, since it is escaped again when it is written."""
    text = as_text(value)
    return text.unescape() if isinstance(text, Markup) else text
