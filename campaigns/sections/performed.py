"""What a `perform` answers, and the outcome that follows: nothing of a plugin's is believed before it is looked at."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from campaigns.engine.context import Context
from campaigns.engine.effects import AddNote, Effect, EmitEvent, SetField, SetState
from campaigns.engine.events import OWN_NAMES
from campaigns.engine.fields import BUILT_IN_FIELDS, SETTABLE, lead_field
from campaigns.engine.kinds import Vocabulary
from campaigns.engine.outcome import Branch, Done, Fail, Outcome
from campaigns.sections.field_values import checked, typed
from campaigns.sections.state import MAX_BYTES

ERROR = "error"  # the branch for a run that failed for good; without it the execution fails
MOST_BYTES = 64 * 1024  # of JSON: what a run is given, and what it answers
MOST_EVENTS = 20
MOST_NOTE = 4000


@dataclass(frozen=True, slots=True)
class Performed:
    """What came of it: the branch to take (empty: go on), and what is to change, applied with the next step."""

    branch: str = ""
    fields: Mapping[str, Any] = field(default_factory=dict)  # of the lead, by key
    state: Mapping[str, Any] = field(default_factory=dict)  # merged into the execution's own data
    events: Sequence[EmitEvent] = ()  # recorded for the lead
    note: str = ""  # on the lead's timeline
    receipt: Mapping[str, Any] = field(default_factory=dict)  # shown in the execution's path


class Misfit(ValueError):
    """What a `perform` answered does not fit."""


def values_of(performed: object) -> dict[str, Any]:
    """Return an answer as plain values; raise Misfit where it is none, or too large. None stands for an empty one."""
    given = Performed() if performed is None else performed
    if not isinstance(given, Performed):
        raise Misfit(f"perform has to answer with Performed, not with {type(given).__name__}")
    if len(given.events) > MOST_EVENTS:
        raise Misfit(f"perform answered with more than {MOST_EVENTS} events")
    values = {
        "branch": given.branch,
        "fields": dict(given.fields),
        "state": dict(given.state),
        "events": [[event.name, event.properties] for event in given.events],
        "note": given.note,
        "receipt": dict(given.receipt),
    }
    text = json.dumps({key: value for key, value in values.items() if value}, default=str)
    if len(text) > MOST_BYTES:
        raise Misfit(f"perform answered with more than {MOST_BYTES // 1024} KiB")
    found: dict[str, Any] = json.loads(text)
    return found


def outcome_of(
    context: Context, branches: Sequence[str], vocabulary: Vocabulary, *, writes_lead: bool = True
) -> Outcome:
    """Return what follows from an answer as it was recorded. A failed run takes the branch `error`, if there is one.

    `writes_lead`: whether the type says that it sets fields; those of one that does not are refused.
    """
    answer = context.answer
    if answer is None:
        return Fail("there was no answer")
    receipt = {key: answer[key] for key in ("error", "tries", "milliseconds", "simulated") if key in answer}
    if "error" in answer:
        return Branch(ERROR, receipt) if ERROR in branches else Fail(str(answer["error"]), receipt)
    performed: Mapping[str, Any] = answer.get("performed") or {}
    receipt = {**performed.get("receipt", {}), **receipt}
    branch = performed.get("branch", "")
    if answer.get("simulated"):
        branch = next((name for name in branches if name != ERROR), "")
    if branch and branch not in branches:
        return Fail(f"perform answered with the branch {branch!r}, which the section does not have", receipt)
    if performed.get("fields") and not writes_lead:
        return Fail("perform set fields of the lead, and its type declares that it sets none", receipt)
    try:
        effects = tuple(_effects(performed, context, vocabulary))
    except Misfit as error:
        return Fail(str(error), receipt)
    return Branch(branch, receipt, effects) if branch else Done(effects, receipt)


def _effects(performed: Mapping[str, Any], context: Context, vocabulary: Vocabulary) -> Iterator[Effect]:
    for key, value in performed.get("fields", {}).items():
        yield SetField(key, _fitting(key, value, vocabulary))
    if performed.get("state"):
        state = SetState(dict(performed["state"]))
        if len(json.dumps(state.after(context.state), default=str, ensure_ascii=False).encode()) > MAX_BYTES:
            raise Misfit(f"the state would be larger than {MAX_BYTES // 1024} KiB")
        yield state
    for name, properties in performed.get("events", ()):
        if name in OWN_NAMES or not name.strip() or len(name) > 200:
            raise Misfit(f"{name[:200]!r} is no name for an event of a plugin")
        yield EmitEvent(name, properties)
    if performed.get("note"):
        yield AddNote(str(performed["note"])[:MOST_NOTE])


def _fitting(key: str, value: Any, vocabulary: Vocabulary) -> Any:
    kind = lead_field(vocabulary, key)
    if kind is None or (key in BUILT_IN_FIELDS and key not in SETTABLE):
        raise Misfit(f"{key} is no field that can be set")
    try:
        return checked(key, kind, typed(kind, value))
    except ValueError as error:
        raise Misfit(f"{key}: {error}") from None
