"""Keys made from names: lower case, ASCII letters, digits and hyphens, unique among what is taken."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection

from campaigns.errors import Invalid, Problem

MAX_KEY = 63
MAX_NAME = 200
_KEY = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
_NOT_KEY = re.compile(r"[^a-z0-9]+")
_ALPHABETS = (
    "ä=ae ö=oe ü=ue ß=ss æ=ae œ=oe ø=o ł=l đ=d ð=d þ=th ı=i",
    "а=a б=b в=v г=g ґ=g д=d е=e ё=yo є=ye ж=zh з=z и=i і=i ї=yi й=y к=k л=l м=m н=n о=o п=p р=r с=s т=t у=u ў=u",
    "ф=f х=kh ц=ts ч=ch ш=sh щ=shch ъ= ы=y ь= э=e ю=yu я=ya",
    "α=a β=v γ=g δ=d ε=e ζ=z η=i θ=th ι=i κ=k λ=l μ=m ν=n ξ=x ο=o π=p ρ=r σ=s ς=s τ=t υ=y φ=f χ=ch ψ=ps ω=o",
)
_SPELLED = dict(pair.split("=") for alphabet in _ALPHABETS for pair in alphabet.split())


def make_key(name: str, taken: Collection[str], *, otherwise: str = "item") -> str:
    """Return a key for a name that is not in `taken`; a name without letters or digits gets `otherwise`."""
    spelled = "".join(_spell(letter) for letter in unicodedata.normalize("NFC", name).lower())
    base = _NOT_KEY.sub("-", spelled).strip("-")[: MAX_KEY - 8].strip("-") or otherwise
    key, number = base, 2
    while key in taken:
        key, number = f"{base}-{number}", number + 1
    return key


def check_key(key: str) -> str:
    """Return a key that somebody chose; raise Invalid when it is none."""
    if not isinstance(key, str) or not _KEY.fullmatch(key):
        message = f"is 1 to {MAX_KEY} letters a to z, digits, hyphens or underscores, and begins with a letter or digit"
        raise Invalid(problems=[Problem("/key", message)])
    return key


def check_name(name: str, *, path: str = "/name") -> str:
    """Return a name without spaces around it; raise Invalid when it is empty, too long, or has control characters."""
    cleaned = unicodedata.normalize("NFC", name).strip() if isinstance(name, str) else ""
    if not cleaned:
        raise Invalid(problems=[Problem(path, "is required")])
    if len(cleaned) > MAX_NAME:
        raise Invalid(problems=[Problem(path, f"has at most {MAX_NAME} characters")])
    if any(unicodedata.category(letter) == "Cc" for letter in cleaned):
        raise Invalid(problems=[Problem(path, "has no line breaks or control characters")])
    return cleaned


def _spell(letter: str) -> str:
    """Return a letter in ASCII: by table, without its accents, or by the last word of its Unicode name."""
    if letter in _SPELLED:
        return _SPELLED[letter]
    bare = unicodedata.normalize("NFKD", letter)
    ascii_part = "".join(part for part in bare if part.isascii())
    if ascii_part:
        return ascii_part
    if bare[0] in _SPELLED:
        return _SPELLED[bare[0]]
    if not letter.isalpha():
        return "" if unicodedata.combining(letter) else "-"
    return unicodedata.name(letter, "").replace("-", " ").split(" ")[-1].lower()
