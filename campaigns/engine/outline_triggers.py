"""What a line of an outline says after "When": a trigger, with what must hold as well."""

from __future__ import annotations

import re
from typing import Any

from campaigns.engine.kinds import Vocabulary
from campaigns.engine.outline_conditions import read_condition, write_condition
from campaigns.engine.outline_phrases import Config, Phrase, bare, named

_LEAD = re.compile(r"^(?:an?\s+|the\s+)?(?:new\s+)?lead(?:'s)?\s+(?:is\s+|has\s+been\s+|gets\s+)?", re.IGNORECASE)
_FILTER = re.compile(r"\s+(?:with|if|and|where|whose)\s+", re.IGNORECASE)
_MOST_FILTERS = 6  # words at which the condition may begin
_LONGEST = 1000  # letters of a trigger in words
_SOURCES = ("form", "api", "import", "manual")


def _read_created(rest: str, _vocabulary: Vocabulary) -> Config | None:
    source = re.sub(r"^(?:by|through|with)\s+(?:an?\s+|the\s+)?", "", rest.lower())
    return {} if not rest else {"source": source} if source in _SOURCES else None


def _write_created(config: Config, _vocabulary: Vocabulary) -> str:
    return f"by {config['source']}" if "source" in config else ""


def _read_imported(rest: str, _vocabulary: Vocabulary) -> Config | None:
    return None if rest else {"source": "import"}


TRIGGERS: tuple[Phrase, ...] = (
    Phrase("lead.created", ("lead created", "created", "comes in", "arrives"), _read_created, _write_created),
    Phrase("lead.created", ("imported",), _read_imported, lambda config, _: ""),
    named("list.added", "list", "list", "added to list", "added to the list", "put on list"),
    named("list.removed", "list", "list", "removed from list", "taken off list"),
    named("lead.status_changed", "to", "status", "status changed to", "status changes to", "status becomes"),
    named("event.received", "name", "", "event received", "event"),
    named("workflow.finished", "workflow", "workflow", "workflow finished", "finished workflow"),
    bare("manual", "started by hand", "by hand"),
)


def bare_words(text: str) -> str:
    """Return what is said of the lead: "a lead is imported" says "imported"."""
    return text if text.lower().startswith("lead created") else _LEAD.sub("", text)


def with_filter(text: str, vocabulary: Vocabulary) -> list[tuple[str, Any]]:
    """Return the ways to read a trigger: the words of its own, and the condition that must hold as well (or None)."""
    ways: list[tuple[str, Any]] = [(text, None)]
    found = list(_FILTER.finditer(text))[:_MOST_FILTERS] if len(text) <= _LONGEST else []
    for match in found:
        condition = read_condition(text[match.end() :], vocabulary)
        if condition is not None:
            ways.append((text[: match.start()], condition))
    return ways


def write_filter(condition: Any, vocabulary: Vocabulary) -> str:
    """Return the words that a condition adds to a trigger."""
    return f" if {write_condition(condition, vocabulary)}"
