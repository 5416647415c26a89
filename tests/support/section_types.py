"""What the tests of every section type ask: its contract, its config's errors, what it decides, how a card says it."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from campaigns.engine.context import Context
from campaigns.engine.kinds import Kind, Section, Trigger
from campaigns.engine.outcome import Outcome
from campaigns.engine.subject import Subject
from campaigns.engine.validation import problems_of
from campaigns.sections.registry import kinds
from campaigns.sections.testing import broken_promises
from tests.support.programs import VOCABULARY, context, lead


def check_contract(name: str, role: str, /, **config: Any) -> None:
    """Check what every type promises: a role, words for people, a schema with titles, no unknown keys."""
    kind = kinds()[name]
    assert (kind.role, kind.plugin) == (role, "")
    assert broken_promises(kind, config, VOCABULARY) == []
    assert errors(name, **config, unheard_of=1) == {"/unheard_of": "is not a known key"}


def config(name: str, /, **values: Any) -> Section:
    """Return the typed config."""
    return kinds()[name].model.model_validate(values)


def errors(name: str, /, **values: Any) -> dict[str, str]:
    """Return {path: message} of a config that does not fit."""
    with pytest.raises(ValidationError) as caught:
        config(name, **values)
    return {problem.path: problem.message for problem in problems_of(caught.value)}


def problems(name: str, /, **values: Any) -> dict[str, str]:
    """Return {path: message} of what is wrong with a config in the tenant of the tests."""
    return {problem.path: problem.message for problem in config(name, **values).check(VOCABULARY)}


def references(name: str, /, **values: Any) -> set[tuple[str, str, str]]:
    return {(found.kind, found.key, found.path) for found in config(name, **values).references()}


def summary(name: str, /, **values: Any) -> str:
    return config(name, **values).summary(VOCABULARY)


def decide(name: str, subject: Subject | None = None, /, *, view: Context | None = None, **values: Any) -> Outcome:
    """Return what a section answers for a lead (or a whole context)."""
    return config(name, **values).prepare(VOCABULARY)(view if view is not None else context(subject))


def changed(name: str, subject: Subject, /, **values: Any) -> dict[str, Any]:
    """Apply a section's effects to a lead; return the changes of its step."""
    found: dict[str, Any] = {}
    for effect in getattr(decide(name, subject, **values), "effects", ()):
        effect.apply(subject, found)
    return found


def listens(name: str, /, **values: Any) -> str | None:
    trigger = config(name, **values)
    assert isinstance(trigger, Trigger)
    return trigger.event_type()


def matches(
    name: str, /, *, event: dict[str, Any], before: dict[str, Any] | None = None, lead_values: Any = None, **values: Any
) -> bool:
    """Tell whether a trigger matches an event of a lead."""
    trigger = config(name, **values)
    assert isinstance(trigger, Trigger)
    view = context(lead(**(lead_values or {})), event={"changes": {}, **event}, before=before)
    return bool(trigger.prepare_match(VOCABULARY)(view))


def kind(name: str) -> Kind:
    return kinds()[name]
