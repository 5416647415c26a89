"""What keeps a plugin's mistakes to its own sections: no page, and no other workflow, fails with it.

What a section decides is guarded by the engine, where the reason becomes the execution's. Guarded here is what is asked
of a type while a document is drawn, checked or matched: what raises answers with nothing, and is noted as its fault.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from campaigns.engine.kinds import Matcher, Section, Trigger, Vocabulary
from campaigns.errors import Problem
from campaigns.sections.performing import Performing

# What is asked of a type beside its decisions, and what stands for an answer that did not come.
_ANSWERS: dict[str, Callable[[], Any]] = {
    "branches": tuple,
    "waits": list,
    "own_waits": dict,
    "provided": lambda: None,
    "member_groups": tuple,
    "references": list,
    "summary": str,
    "event_type": lambda: None,
    "prepare_reached": lambda: None,
}
_OURS = (Section, Trigger, Performing)
_GUARDED = "__guarded__"
_MOST_TOLD = 300

faults: dict[str, str] = {}  # the last fault of each type in this process, for those who run it


def guard(model: type[Section], name: str) -> None:
    """Guard the class of a plugin's section type, once."""
    if _GUARDED in vars(model):
        return
    for method, nothing in _ANSWERS.items():
        if _is_its_own(model, method):
            setattr(model, method, _answering(getattr(model, method), name, method, nothing))
    if _is_its_own(model, "check"):
        setattr(model, "check", _checking(getattr(model, "check"), name))  # noqa: B010, B009 - as its siblings
    if issubclass(model, Trigger) and _is_its_own(model, "prepare_match"):
        model.prepare_match = _matching(model.prepare_match, name)  # type: ignore[method-assign]  # that is what it is for
    setattr(model, _GUARDED, True)


def note_fault(name: str, method: str, error: Exception) -> str:
    """Remember what a type raised; return it in a sentence."""
    told = f"{method} raised {type(error).__name__}: {error}"[:_MOST_TOLD]
    faults[name] = told
    return told


def _is_its_own(model: type[Section], method: str) -> bool:
    found = getattr(model, method, None)
    return found is not None and all(getattr(base, method, None) is not found for base in _OURS)


def _answering(asked: Callable[..., Any], name: str, method: str, nothing: Callable[[], Any]) -> Callable[..., Any]:
    @wraps(asked)
    def answer(*given: Any) -> Any:
        try:
            return asked(*given)
        except Exception as error:  # noqa: BLE001 - a stranger's code may raise anything
            note_fault(name, method, error)
            return nothing()

    return answer


def _checking(asked: Callable[..., list[Problem]], name: str) -> Callable[..., list[Problem]]:
    @wraps(asked)
    def answer(self: Section, vocabulary: Vocabulary) -> list[Problem]:
        try:
            return asked(self, vocabulary)
        except Exception as error:  # noqa: BLE001 - a stranger's code may raise anything
            return [Problem("", f"the section type {name} is broken: {note_fault(name, 'check', error)}")]

    return answer


def _matching(prepare: Callable[..., Matcher], name: str) -> Callable[..., Matcher]:
    """Guard what a trigger prepares: an event that it can't judge does not match."""

    @wraps(prepare)
    def answer(self: Trigger, vocabulary: Vocabulary) -> Matcher:
        match = prepare(self, vocabulary)

        def matches(context: Any) -> bool:
            try:
                return bool(match(context))
            except Exception as error:  # noqa: BLE001 - as above
                note_fault(name, "match", error)
                return False

        return matches

    return answer
