"""What happened to a lead, in words: events, steps with the values that decided them, mails."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from campaigns.engine.events import DATE_REACHED, SCHEDULE_DUE
from campaigns.engine.fields import lead_field
from campaigns.engine.kinds import Vocabulary

_SIGNS = {"eq": "=", "ne": "≠", "lt": "<", "lte": "≤", "gt": ">", "gte": "≥"}
_OUTCOMES = {
    "done": "done", "skipped": "skipped", "waiting": "waits", "resumed": "went on", "failed": "failed",
    "stopped": "stopped", "finished": "finished", "moved": "moved to another version",
    "relocated": "moved to another section",
}  # fmt: skip
_SOURCES = {"form": "a form", "api": "the API", "import": "an import", "manual": "hand"}
_MAILS = {
    "planned": "is to be sent", "handing_over": "is being sent", "handed_over": "sent", "refused": "refused",
    "unknown": "perhaps sent: the outcome is not known", "skipped": "not sent",
}  # fmt: skip
_TIMES = {DATE_REACHED: "A date was reached", SCHEDULE_DUE: "A schedule came"}
_LONGEST = 60  # characters of a value


def event_words(name: str, changes: Mapping[str, Any] | None, source: str, vocabulary: Vocabulary) -> str:
    """Return one event as a sentence: "Status changed from New to Qualified, added to list Hot"."""
    parts = list(_changes(changes or {}, vocabulary))
    if name == "lead.created":
        by = _SOURCES.get(source)
        parts.insert(0, f"Created by {by}" if by else "Created")
    if name == "lead.moved" and changes and "moved" in changes:
        before = changes["moved"][0]
        parts.insert(0, f"Came from {vocabulary.tenants.get(before, before)}")
    if name in _TIMES:
        parts.insert(0, _TIMES[name])
    if not parts:
        return f"Event {name}"
    said = ", ".join(parts)
    return said[0].upper() + said[1:]


def step_words(section: str, outcome: str, receipt: Mapping[str, Any] | None, *, action: bool = True) -> str:
    """Return one step as a sentence: "Hot lead?: yes, because score 72 ≥ 50". `action`: it does something itself."""
    said = _OUTCOMES.get(outcome, outcome)
    why = receipt_words(receipt or {})
    if why.startswith("until "):
        return f"{section}: {said} {why}"
    joint = ", because " if outcome not in _OUTCOMES or not action else ": "
    return f"{section}: {said}{joint + why if why else ''}"


def outcome_words(outcome: str) -> str:
    """Return what came of a step: "done", "waits"; a branch's own name as it is."""
    return _OUTCOMES.get(outcome, outcome)


def receipt_words(receipt: Mapping[str, Any]) -> str:
    """Return what a receipt says in words: "score 72 ≥ 50 and not on list vip"; or nothing."""
    for name, words in _RECEIPTS.items():
        if name in receipt:
            return words(receipt)
    return _counted(receipt) if "key" in receipt and "times" in receipt else _clause(receipt)


def mail_words(name: str, state: str, reason: str) -> str:
    """Return one mail as a sentence: "Email “Welcome” sent"."""
    why = f": {reason}" if reason and state not in {"planned", "handing_over", "handed_over"} else ""
    return f"Email “{name}” {_MAILS.get(state, state)}{why}"


def task_words(title: str, person: str | None, *, due_at: datetime | None, is_done: bool) -> str:
    """Return one task as a sentence: "Task “Call” for Anna, due 2026-03-04: done"."""
    due = f", due {due_at:%Y-%m-%d}" if due_at is not None else ""
    return f"Task “{title}” for {person or 'nobody yet'}{due}: {'done' if is_done else 'open'}"


def _until(receipt: Mapping[str, Any]) -> str:
    return f"until {str(receipt['until'])[:16].replace('T', ' ')} UTC"


def _became(receipt: Mapping[str, Any]) -> str:
    """Return what a change made of a condition; one that holds and did not become so held before."""
    now = receipt["became_true"]
    return f"{_clause(now)}, as before" if now.get("is") and not receipt.get("is") else _clause(now)


def _counted(receipt: Mapping[str, Any]) -> str:
    """Return what a limit counted: "3 of 3 by mail, ann@example.com, and again from 2026-03-04 14:00 UTC"."""
    by = ", ".join(_shown(one) for one in receipt["key"])
    again = str(receipt.get("again_at", ""))[:16].replace("T", " ")
    return f"{receipt.get('count', 0)} of {receipt['times']} by {by}{f', and again from {again} UTC' if again else ''}"


def _clause(receipt: Mapping[str, Any]) -> str:
    for name, word in (("all", " and "), ("any", " or ")):
        if name in receipt:
            return word.join(filter(None, (_clause(part) for part in receipt[name])))
    if "not" in receipt:
        return f"not ({_clause(receipt['not'])})"
    for name, (yes, no) in _MEMBER.items():
        if name in receipt:
            return f"{yes if receipt.get('is') else no} {receipt[name]}"
    if "did" in receipt:
        return f"{receipt['did']} happened {receipt.get('saw', 0)} times"
    return _test(receipt) if "field" in receipt else ""


_MEMBER = {
    "in_list": ("on list", "not on list"),
    "has_tag": ("has tag", "has no tag"),
    "in_workflow": ("in workflow", "not in workflow"),
}


def _test(receipt: Mapping[str, Any]) -> str:
    field, op = str(receipt["field"]).removeprefix("lead."), str(receipt["op"])
    saw = _shown(receipt.get("saw"))
    if op in _SIGNS:
        sign = _SIGNS[op] if receipt.get("is") else _NEGATED[op]
        return f"{field} {saw} {sign} {_shown(receipt.get('value'))}"
    if op in _PRESENCE:
        return f"{field} {_PRESENCE[op] if receipt.get('is') else _PRESENCE[_OTHER[op]]}"
    said = f"{field} {saw} {'' if receipt.get('is') else 'not '}{op.replace('_', ' ')}"
    return f"{said} {_shown(receipt['value'])}" if "value" in receipt else said


_PRESENCE = {"is_set": "is set", "is_empty": "is not set"}
_OTHER = {"is_set": "is_empty", "is_empty": "is_set"}
_NEGATED = {"eq": "≠", "ne": "=", "lt": "≥", "lte": ">", "gt": "≤", "gte": "<"}


def _changes(changes: Mapping[str, Any], vocabulary: Vocabulary) -> Iterator[str]:
    for key, (before, after) in changes.get("fields", {}).items():
        kind = lead_field(vocabulary, key)
        yield _changed(kind.name if kind and kind.name else key, _shown(before), _shown(after))
    for part, names in (("status", vocabulary.statuses), ("owner", vocabulary.users)):
        if part in changes:
            before, after = (names.get(key, key) if key else _NOTHING for key in changes[part])
            yield _changed(part, before, after)
    for part, words in _JOINED.items():
        for key in changes.get(part, ()):
            yield f"{words} {vocabulary.lists.get(key, key) if 'list' in part else key}"


_NOTHING = "nothing"
_JOINED = {
    "lists_added": "added to list", "lists_removed": "removed from list", "tags_added": "tagged",
    "tags_removed": "lost the tag",
}  # fmt: skip


def _changed(what: str, before: str, after: str) -> str:
    if before == _NOTHING:
        return f"{what} set to {after}"
    return f"{what} emptied, was {before}" if after == _NOTHING else f"{what} changed from {before} to {after}"


def _shown(value: Any) -> str:
    if value is None or value == "":
        return _NOTHING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(_shown(one) for one in value)
    text = str(value)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


_RECEIPTS: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "reason": lambda receipt: str(receipt["reason"]),
    "run_now": lambda receipt: f"run now by {receipt['run_now'].get('by', 'hand')}",
    "only_if": lambda receipt: f"not so: {receipt_words(receipt['only_if'])}",
    "cases": lambda receipt: "; ".join(f"{one.get('case', '')}: {receipt_words(one)}" for one in receipt["cases"]),
    "from_version": lambda receipt: f"from version {receipt['from_version']} to version {receipt['to_version']}",
    "until": _until,
    "became_true": _became,
}
