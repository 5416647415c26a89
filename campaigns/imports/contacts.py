"""Addresses of people and pages: what counts as an email address, a phone number, a URL."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import urlsplit

import phonenumbers
from email_validator import EmailNotValidError, validate_email

MAX_URL = 2_000
MAX_PHONE = 50
MIN_DIGITS, MAX_DIGITS = 4, 15  # E.164 allows 15
KEY_DIGITS, MIN_KEY_DIGITS = 9, 7  # of the end of a number: the same with and without a country code
MAX_ADDRESS = 254
MAX_LOCAL = 64

# The addresses that nearly everybody has, within the limits of RFC 5321; all others are judged with more care.
_LOCAL = r"(?=[^@]{1,64}@)[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
_LABEL = r"(?!..--)[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_PLAIN = re.compile(rf"(?=.{{6,254}}\Z){_LOCAL}@(?:{_LABEL}\.)+[A-Za-z]{{2,63}}", re.ASCII)
_PHONE = re.compile(r"\+?[0-9()/.\-\u2010-\u2015 \u00a0]{1,50}")
_BETWEEN_DIGITS = str.maketrans("", "", "+()/.-\u2010\u2011\u2012\u2013\u2014\u2015 \u00a0")
_COUNTRY_CODES = frozenset(map(str, phonenumbers.COUNTRY_CODE_TO_REGION_CODE))
_EXTENSION = re.compile(r"[\s,;]*(?:ext\.?|extension|x|#|durchwahl|dw)[\s.:]*\d{1,7}\Z", re.IGNORECASE)
_NO_DIGIT = re.compile(r"[^0-9]")
_GAP = re.compile(r"[\s\x00-\x1f\x7f<>\"\\^`{|}]")


def address(text: str) -> str:
    """The email address as typed (trimmed). ValueError says what is wrong with it."""
    return address_and_key(text)[0]


def address_and_key(text: str) -> tuple[str, str]:
    """The address as typed, and the key by which two addresses are the same: no case, domain in ASCII (A-label)."""
    if _PLAIN.fullmatch(text):
        return text, text.lower()
    if len(text) > MAX_ADDRESS:
        raise ValueError("is not an email address: it is longer than 254 characters")
    if len(text.rpartition("@")[0]) > MAX_LOCAL:
        raise ValueError("is not an email address: the part before the @-sign is longer than 64 characters")
    if "<" in text or ">" in text:
        raise ValueError("must be the bare address, without a name and angle brackets")
    if re.search(r"[,;]\s*\S+@", text):
        raise ValueError("must be one address, not several")
    text = unicodedata.normalize("NFC", text)
    try:
        found = validate_email(text, check_deliverability=False, allow_smtputf8=False, test_environment=True)
    except EmailNotValidError as error:
        raise ValueError(f"is not an email address: {error}") from None
    return text, f"{found.local_part}@{found.ascii_domain}".lower()


def phone(text: str) -> str:
    """The number as typed, when a number may look like that: 4 to 15 digits, after a + a country code that exists."""
    bare = text
    if not _PHONE.fullmatch(text):
        bare = _EXTENSION.sub("", text) if len(text) <= MAX_PHONE else ""
    digits = bare.translate(_BETWEEN_DIGITS)
    if not _PHONE.fullmatch(bare) or not MIN_DIGITS <= len(digits) <= MAX_DIGITS:
        raise ValueError("is not a phone number")
    if bare[0] == "+" and _COUNTRY_CODES.isdisjoint((digits[:1], digits[:2], digits[:3])):
        raise ValueError("is not a phone number: no country has this code")
    return text


def phone_key(text: str | None) -> str | None:
    """The digits by which two numbers are alike, with and without a country code; None where there are too few."""
    if not text:
        return None
    digits = text.replace("(0)", "").translate(_BETWEEN_DIGITS)
    if not digits.isdigit():
        digits = _NO_DIGIT.sub("", _EXTENSION.sub("", text).replace("(0)", ""))
    return digits[-KEY_DIGITS:] if len(digits) >= MIN_KEY_DIGITS else None


def url(text: str) -> str:
    """An absolute http or https address."""
    if len(text) > MAX_URL:
        raise ValueError(f"is longer than {MAX_URL:,} characters")
    try:
        parts = urlsplit(text)
        fine = parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        fine = False
    if not fine or _GAP.search(text):
        raise ValueError("is not a web address (https://…)")
    return text
