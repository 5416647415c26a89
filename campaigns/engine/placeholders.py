"""What stands where a section is still to be made: a note that is passed over, with the words that were not understood.

A line of a pasted outline that says nothing known, or a jump whose section stayed in another workflow, becomes one. So
nothing is lost; and a draft that has one can't be activated, so that nothing is forgotten either.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from campaigns.engine.document import Document, SectionItem, walk
from campaigns.errors import Problem

NOTE = "log.note"
NAME = "Unfinished"
_MOST = 4000  # characters of a note


def placeholder(text: str, key: str) -> dict[str, Any]:
    """Return the section that keeps a text in the place of a section."""
    config = {"text": text.strip()[:_MOST] or "?"}
    return {"id": key, "type": NOTE, "name": NAME, "config": config, "disabled": True}


def is_placeholder(section: SectionItem) -> bool:
    """Return whether a section stands for one that is still to be made; renaming or enabling it makes it a note."""
    return section.type == NOTE and section.disabled and section.name == NAME


def placeholder_problems(document: Document) -> Iterator[Problem]:
    """Yield a problem for each: the workflow is not what somebody meant yet."""
    for section, path, _ in walk(document.sections):
        if is_placeholder(section):
            yield Problem(path, "stands for something that was not understood: add it here, then delete this")
