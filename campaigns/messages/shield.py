"""Liquid put out of reach of MJML and HTML tools, which would escape or move it, and put back afterwards."""

from __future__ import annotations

import re
from dataclasses import dataclass

from campaigns.templating.scan import tags

_TEXT_ONLY = frozenset(("style", "title", "script", "textarea", "mj-style", "mj-title", "mj-preview"))
_ELEMENT = re.compile(r"<!--|<(/?[a-zA-Z][a-zA-Z0-9-]*)")
_IN_TAG = re.compile(r"[\"'>]")


@dataclass(frozen=True, slots=True)
class Shielded:
    """A text whose Liquid tags are replaced by marks, and what each mark stands for."""

    text: str
    mark: re.Pattern[str]
    tags: tuple[str, ...]

    def restore(self, text: str) -> str:
        """Put the Liquid back, wherever its marks have gone."""
        return self.mark.sub(lambda found: self.tags[int(found.group(1) or found.group(2))], text)


def shield(source: str) -> Shielded:
    """Replace each Liquid tag of a checked source.

    Block tags between elements become comments, which may stand anywhere, in tables too.
    """
    prefix = "lqd"
    while prefix in source:
        prefix += "q"
    place, position = _Place(), 0
    pieces: list[str] = []
    found: list[str] = []
    for start, end in tags(source):
        place.read(source[position:start])
        pieces.append(source[position:start])
        name = f"{prefix}{len(found)}z"
        pieces.append(f"<!--{name}-->" if place.between_elements and source.startswith("{%", start) else name)
        found.append(source[start:end])
        position = end
    pieces.append(source[position:])
    mark = re.compile(rf"<!--\s*{prefix}(\d+)z\s*-->|{prefix}(\d+)z")
    return Shielded("".join(pieces), mark, tuple(found))


class _Place:
    """Where in an HTML document a reader stands."""

    def __init__(self) -> None:
        # "" between elements, "<" in a tag, a quote in an attribute, "-->" or "</name" until that text is met.
        self._inside = ""
        self._name = ""

    @property
    def between_elements(self) -> bool:
        return not self._inside

    def read(self, text: str) -> None:
        position = 0
        while 0 <= position < len(text):
            position = self._step(text, position)

    def _step(self, text: str, position: int) -> int:
        """Go on to the next place where something changes: the position after it, or -1 at the text's end."""
        if self._inside == "":
            return self._enter(_ELEMENT.search(text, position))
        if self._inside == "<":
            return self._within_tag(_IN_TAG.search(text, position))
        end = text.lower().find(self._inside, position)
        if end < 0:
            return -1
        length = len(self._inside)
        self._inside = "<" if self._inside in ("'", '"') or self._inside.startswith("</") else ""
        return end + length

    def _enter(self, found: re.Match[str] | None) -> int:
        if found is None:
            return -1
        self._name = (found.group(1) or "").lower()
        self._inside = "<" if self._name else "-->"
        return found.end()

    def _within_tag(self, found: re.Match[str] | None) -> int:
        if found is None:
            return -1
        if found.group() != ">":
            self._inside = found.group()
        else:
            self._inside = f"</{self._name}" if self._name in _TEXT_ONLY else ""
            self._name = ""
        return found.end()
