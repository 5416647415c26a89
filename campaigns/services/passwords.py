"""Passwords: what is long and rare enough, and their argon2id hashes."""

from __future__ import annotations

import re
import secrets
import unicodedata
from functools import lru_cache

from pwdlib import PasswordHash

from campaigns.errors import Invalid, Problem

LEAST, MOST = 12, 128
_HASHER = PasswordHash.recommended()  # argon2id, 64 MiB, three passes
_RUNS = (
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890123456789",
    "qwertyuiopasdfghjklzxcvbnm",
    "qwertzuiopasdfghjklyxcvbnm",
)
_UNSPELL = str.maketrans("013457@$!|", "oleastasil")
_TAIL = re.compile(r"[\d\W_]+\Z")
_LEAST_LETTERS = 5  # different characters
_LEAST_DIGITS = 20  # of a password of nothing but digits and signs: dates and telephone numbers are shorter
_LEAST_RUN, _MOST_BESIDE_RUN = 6, 6  # keys in a row, and what is added to them
_LEAST_OWN = 4  # characters of a name or address that count as part of a password
# The words that nearly all guessed passwords are made of, once digits and signs around them are taken away.
_WORDS = frozenset(
    """
    password passwort passw motdepasse contrasena contrasenya senha parola wachtwoord haslo salasana
    admin administrator root user guest test testing tester demo default changeme change letmein welcome login
    signin secret private access master system server database computer internet security
    iloveyou loveyou lovely love forever princess sunshine shadow monkey dragon tiger football baseball basketball
    soccer hockey superman batman spiderman starwars pokemon michael jennifer jessica daniel thomas charlie andrew
    jordan robert hunter killer george matthew ashley nicole chelsea liverpool arsenal barcelona realmadrid juventus
    qwerty qwertz azerty asdf asdfgh zxcvbn qazwsx trustno whatever freedom summer winter spring autumn monday friday
    january february march april june july august september october november december
    company business campaign campaigns marketing email google facebook microsoft apple samsung amazon
    blink happy hello flower cookie cheese banana orange purple yellow pepper ginger buster mustang harley ranger
    correcthorsebatterystaple
    """.split()
)


def check_password(password: str, *, path: str = "/password", own: tuple[str, ...] = ()) -> str:
    """Return the password if it can be used; raise Invalid. `own`: names and addresses it must not be made of."""
    if len(password) < LEAST:
        raise _refusal(path, f"has at least {LEAST} characters")
    if len(password) > MOST:
        raise _refusal(path, f"has at most {MOST} characters")
    if is_common(password, own=own):
        raise _refusal(path, "is too easy to guess: use several unrelated words, or a password manager")
    return password


def is_common(password: str, *, own: tuple[str, ...] = ()) -> bool:
    """Return whether the password is among the first that anybody would guess, without asking the network."""
    folded = unicodedata.normalize("NFKC", password).casefold()
    if len(set(folded)) < _LEAST_LETTERS or _is_run(folded):
        return True
    words = _WORDS | {part for name in own for part in re.split(r"[\W_]+", name.casefold()) if len(part) >= _LEAST_OWN}
    return any(_is_made_of(spelled, words) for spelled in (folded, _TAIL.sub("", folded).translate(_UNSPELL)))


def make_hash(password: str) -> str:
    """Return the hash. Takes a tenth of a second, so never call it while a transaction is open."""
    return _HASHER.hash(password)


def verify(password: str, known: str | None) -> tuple[bool, str | None]:
    """Return whether the password fits the hash, and a fresh hash where the parameters have moved on.

    Without a hash the same work is done, so that an unknown account answers as slowly as a known one.
    """
    stand_in = _nobodys_hash()
    if len(password) > MOST:
        return False, None
    fits, fresh = _HASHER.verify_and_update(password, known or stand_in)
    return (fits, fresh) if known else (False, None)


@lru_cache(maxsize=1)
def _nobodys_hash() -> str:
    return make_hash(secrets.token_urlsafe(32))


def _is_made_of(password: str, words: frozenset[str]) -> bool:
    """Tell whether one known word, perhaps several times, stands at the start with only digits and signs after it."""
    base = _TAIL.sub("", password).lstrip("0123456789!@#$%^&*-_. ")
    if not base:
        return len(password) < _LEAST_DIGITS
    return base in words or any(base == word * (len(base) // len(word)) for word in words if len(base) % len(word) == 0)


def _is_run(password: str) -> bool:
    """Tell whether the password begins by walking along the alphabet, the digits or the keyboard, and adds little."""
    bare = re.sub(r"\W", "", password)
    ways = [way for run in _RUNS for way in (run, run[::-1])]
    longest = max((length for length in range(len(bare) + 1) if any(bare[:length] in way for way in ways)), default=0)
    return longest >= _LEAST_RUN and len(bare) - longest <= _MOST_BESIDE_RUN


def _refusal(path: str, message: str) -> Invalid:
    return Invalid(f"The password {message}.", problems=[Problem(path, message)])
