"""A first pass over a template's text, in linear time.

The Liquid parser's own patterns take quadratic time on text with many openings that are never closed, so what it gets
has been looked at first. This is also where a person learns at which line and column a tag was left open.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from itertools import accumulate

from campaigns.errors import CampaignsError, Problem

SOURCE_LIMIT = 256 * 1024
"""Characters of one template."""

TAG_LIMIT = 4096
"""Characters of one tag, braces included."""

TAGS_LIMIT = 5_000
"""Tags in one template."""

_OPENING = re.compile(r"\{\{|\{%")
_BLOCK = re.compile(r"\{%-?\s*(end)?(if|unless|for|case|tablerow|capture|comment|ifchanged)\b")
_VERBATIM = re.compile(r"\{%-?\s*(raw|doc)\s*-?%\}")


class TemplateProblem(CampaignsError):
    """This text cannot be used as a template."""

    code = "invalid"
    status = 422

    def __init__(self, message: str | None = None, *, line: int = 1, column: int = 1) -> None:
        super().__init__(message)
        self.line = line
        self.column = column
        self.problems = [Problem("", f"line {line}, column {column}: {self.message}")]


class TemplateLimit(CampaignsError):
    """Filling in this text takes more work or room than a template may use."""

    code = "invalid"
    status = 422


def problem_at(source: str, index: int, message: str) -> TemplateProblem:
    """A problem at a character of the source, counted from 0; line and column count from 1."""
    index = max(0, min(index, len(source)))
    line = source.count("\n", 0, index) + 1
    column = index - (source.rfind("\n", 0, index) + 1) + 1
    return TemplateProblem(message, line=line, column=column)


def check_delimiters(source: str) -> None:
    """Raise TemplateProblem at the first tag that is not closed, nested, too long, or one too many."""
    if len(source) > SOURCE_LIMIT:
        raise TemplateProblem(f"the text is longer than {SOURCE_LIMIT} characters")
    position = count = 0
    while opening := _OPENING.search(source, position):
        count += 1
        if count > TAGS_LIMIT:
            raise problem_at(source, opening.start(), f"more than {TAGS_LIMIT} tags")
        position = _end_of_tag(source, opening.start())


def tags(source: str) -> list[tuple[int, int]]:
    """Where each tag of a checked source begins and ends; a raw or doc block counts as one."""
    found, position = [], 0
    while opening := _OPENING.search(source, position):
        position = _end_of_tag(source, opening.start())
        found.append((opening.start(), position))
    return found


def unclosed_block(source: str) -> tuple[int, str] | None:
    """Where the innermost block begins that has no end in a checked source, and its name."""
    opened: list[tuple[int, str]] = []
    for start, end in tags(source):
        found = _BLOCK.match(source, start, end)
        if found and not found.group(1):
            opened.append((start, found.group(2)))
        elif found and opened:
            opened.pop()
    return opened[-1] if opened else None


def stray_closings(source: str) -> list[int]:
    """Where `}}` or `%}` stands outside of any tag."""
    spans = tags(source)
    starts = [start for start, _ in spans]
    ends = list(accumulate((end for _, end in spans), max))
    strays = []
    for match in re.finditer(r"\}\}|%\}", source):
        before = bisect_right(starts, match.start()) - 1
        if before < 0 or match.start() >= ends[before]:
            strays.append(match.start())
    return strays


def _end_of_tag(source: str, start: int) -> int:
    opening = source[start : start + 2]
    closing = "}}" if opening == "{{" else "%}"
    end = source.find(closing, start + 2, start + TAG_LIMIT)
    nested = _OPENING.search(source, start + 2, end if end >= 0 else min(len(source), start + TAG_LIMIT))
    if end < 0 and not nested and source.find(closing, start + TAG_LIMIT) >= 0:
        raise problem_at(source, start, f"a tag that begins with {opening} is longer than {TAG_LIMIT} characters")
    if end < 0:
        raise problem_at(source, start, f"{opening} is never closed: {closing} is missing")
    if nested:
        raise problem_at(source, nested.start(), f"{nested.group()} stands inside a tag that is not closed yet")
    return _end_of_verbatim(source, start, end + 2)


def _end_of_verbatim(source: str, start: int, end: int) -> int:
    verbatim = _VERBATIM.fullmatch(source, start, end)
    if not verbatim:
        return end
    word = verbatim.group(1)
    closing = re.compile(rf"\{{%-?\s*end{word}\s*-?%\}}").search(source, end)
    if not closing:
        raise problem_at(source, start, f"{{% {word} %}} is never closed: {{% end{word} %}} is missing")
    return closing.end()
