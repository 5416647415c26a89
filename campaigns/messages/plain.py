"""The text part of a message, made from its HTML when the author wrote none."""

from __future__ import annotations

import re
from html.parser import HTMLParser

_BLOCKS = frozenset("p div tr table ul ol h1 h2 h3 h4 h5 h6 section article header footer blockquote hr".split())
_SILENT = frozenset("style script head title template noscript".split())


def text_from_html(html: str, *, kept: re.Pattern[str] | None = None) -> str:
    """Readable text: one line a block, list items with a dash, links with their address, images by their alt text.

    Comments are left out, unless the whole of one matches `kept`.
    """
    reader = _Reader(kept)
    reader.feed(html)
    reader.close()
    return tidy("".join(reader.pieces))


def tidy(text: str) -> str:
    """Text without needless blanks and empty lines, ending in one line break."""
    lines = (re.sub(r"[ \t\xa0\u200b\u200c\ufeff]+", " ", line).strip() for line in text.split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip() + "\n"


class _Reader(HTMLParser):
    def __init__(self, kept: re.Pattern[str] | None) -> None:
        super().__init__(convert_charrefs=True)
        self._kept = kept
        self.pieces: list[str] = []
        self._silent = 0
        self._links: list[tuple[str, int]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag in _SILENT:
            self._silent += 1
        elif tag == "br" or tag in _BLOCKS:
            self.pieces.append("\n")
        elif tag == "li":
            self.pieces.append("\n- ")
        elif tag == "img" and given.get("alt"):
            self.pieces.append(f" {given['alt']} ")
        elif tag == "a":
            self._links.append((given.get("href") or "", len(self.pieces)))

    def handle_endtag(self, tag: str) -> None:
        if tag in _SILENT:
            self._silent = max(0, self._silent - 1)
        elif tag in _BLOCKS:
            self.pieces.append("\n")
        elif tag == "a" and self._links:
            self._close_link(*self._links.pop())

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.pieces.append(re.sub(r"\s+", " ", data))

    def handle_comment(self, data: str) -> None:
        if self._kept and not self._silent and self._kept.fullmatch(f"<!--{data}-->"):
            self.pieces.append(f"<!--{data}-->")

    def _close_link(self, target: str, start: int) -> None:
        label = "".join(self.pieces[start:]).strip()
        if target and not target.startswith("#") and target.removeprefix("mailto:") != label:
            self.pieces.append(f" ({target})" if label else target)
