"""Addresses in HTML: only those that lead to the web or a mailbox, and written so that nothing breaks out of them."""

from __future__ import annotations

import html
import re
from urllib.parse import quote

LINK_SCHEMES = frozenset(("http", "https", "mailto"))
IMAGE_SCHEMES = frozenset(("http", "https", "cid"))

_ATTRIBUTE = re.compile(
    r"""(?i)(?<=[\s"'/])(href|src|action|formaction|background|poster)(\s*=\s*)("[^"]*"|'[^']*'|[^\s"'>][^\s>]*)"""
)
_SCHEME = re.compile(r"([a-zA-Z][a-zA-Z0-9+.-]*):")
_IGNORED = re.compile(r"[\x00-\x1f\x7f]")
_UNSAFE = re.compile(r"[\s<>\"'`{}|\\^]")


def guard_links(document: str) -> tuple[str, tuple[str, ...]]:
    """The document with forbidden addresses replaced by `#`, and those addresses."""
    refused: list[str] = []

    def guarded(found: re.Match[str]) -> str:
        name, equals, written = found.groups()
        value = html.unescape(written[1:-1] if written[0] in "\"'" else written)
        # Browsers skip control characters and leading blanks before they read a scheme: so do we.
        target = _IGNORED.sub("", value).strip()
        if not _is_allowed(target, image=name.lower() in ("src", "background", "poster")):
            refused.append(target)
            return f'{name}{equals}"#"'
        encoded = _UNSAFE.sub(lambda mark: quote(mark.group(), safe=""), target)
        return f'{name}{equals}"{html.escape(encoded)}"'

    return _ATTRIBUTE.sub(guarded, document), tuple(refused)


def _is_allowed(target: str, *, image: bool) -> bool:
    scheme = _SCHEME.match(target)
    return scheme is None or scheme.group(1).lower() in (IMAGE_SCHEMES if image else LINK_SCHEMES)
