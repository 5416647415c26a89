"""The kit for the tests of section types: your own as well as ours. It needs no database and no network.

from campaigns.sections.testing import Kit, answer
import crm_send

kit = Kit(crm_send)

def test_contract():
    kit.check("crm.send", {"text": "Hello"})

def test_it_posts():
    run = kit.perform("crm.send", {"text": "Hello"}, answers=[answer(204)])
    assert run.sent[0].url == "https://crm.example.com/"
"""

from __future__ import annotations

import json as json_text
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from types import ModuleType
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ValidationError

from campaigns.engine.advance import advance
from campaigns.engine.compiling import compile_program
from campaigns.engine.context import Context
from campaigns.engine.execution import Execution
from campaigns.engine.kinds import FieldType, Kind, Section, Trigger, Vocabulary
from campaigns.engine.outcome import Outcome
from campaigns.engine.subject import Subject
from campaigns.engine.validation import parse, problems_of
from campaigns.errors import CampaignsError
from campaigns.outgoing.call import Answer, Call, RecordingSender
from campaigns.sections.needs import NarrowSender
from campaigns.sections.performed import ERROR, values_of
from campaigns.sections.performing import Job, Performing
from campaigns.sections.registry import built_in

NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
LEAD: Mapping[str, Any] = {
    "email": "ann@example.com", "first_name": "Ann", "last_name": "Example", "status": "new", "owner": None, "score": 0,
}  # fmt: skip
VOCABULARY = Vocabulary(
    fields={"city": FieldType("text", name="City"), "visits": FieldType("number", name="Visits")},
    lists={"hot": "Hot leads"},
    statuses={"new": "New", "qualified": "Qualified"},
    templates={"welcome": "Welcome mail"},
    workflows={"onboarding": "Onboarding"},
    users={"anna@acme.example": "Anna"},
    secrets={"crm": "CRM"},
)
_LEAD_ID = UUID("01945678-0000-7000-8000-000000000001")


@dataclass(frozen=True, slots=True)
class Run:
    """A `perform` that has run: its answer as plain values, the outcome that follows, and the calls it made."""

    performed: Mapping[str, Any]
    outcome: Outcome
    sent: Sequence[Call]


class Kit:
    """Your modules of section types beside the built-ins. `vocabulary`: what exists in the tenant that they meet."""

    def __init__(self, *modules: ModuleType, vocabulary: Vocabulary = VOCABULARY) -> None:
        registry = built_in()  # yours may be installed as well: it is the module here that is tested
        for module in modules:
            registry.add_module(module)
        self.kinds, self.vocabulary = registry.kinds, vocabulary

    def check(self, name: str, config: Mapping[str, Any]) -> None:
        """Raise AssertionError unless a type keeps what every type promises, with a config that is an example of it."""
        found = [*broken_promises(self.kinds[name], config, self.vocabulary)]
        if found:
            raise AssertionError(f"{name}:\n" + "\n".join(f"  {promise}" for promise in found))

    def config(self, name: str, config: Mapping[str, Any]) -> Section:
        """Return the typed config; raise ValidationError."""
        return self.kinds[name].model.model_validate(config)

    def problems(self, name: str, config: Mapping[str, Any]) -> dict[str, str]:
        """Return what is wrong with a config, by JSON Pointer into it."""
        try:
            found = self.config(name, config).check(self.vocabulary)
        except ValidationError as error:
            found = problems_of(error)
        return {problem.path: problem.message for problem in found}

    def decide(self, name: str, config: Mapping[str, Any], **given: Any) -> Outcome:
        """Return what a section answers. `given`: lead, event, state, as for `context`."""
        return self.config(name, config).prepare(self.vocabulary)(context(**given))

    def matches(self, name: str, config: Mapping[str, Any], **given: Any) -> bool:
        """Return whether a trigger matches the event of a context."""
        trigger = self.config(name, config)
        if not isinstance(trigger, Trigger):
            raise TypeError(f"{name} is no trigger")
        return bool(trigger.prepare_match(self.vocabulary)(context(**given)))

    def perform(
        self,
        name: str,
        config: Mapping[str, Any],
        *,
        answers: Sequence[Answer | CampaignsError] = (),
        secrets: Mapping[str, str] | None = None,
        **given: Any,
    ) -> Run:
        """Run a `perform` in this process. `answers`: of the other system, in turn; its last one stays.

        Raises what it raises: TryLater and GiveUp say whether it would be tried again.
        """
        made, view, sender = self.config(name, config), context(**given), RecordingSender(answers)
        if not isinstance(made, Performing):
            raise TypeError(f"{name} does not perform")
        asked = json_text.loads(json_text.dumps(made.ask(made.needs.narrowed(view)), default=str))
        handed = {key: value for key, value in (secrets or {}).items() if key in made.secrets_handed()}
        performed = values_of(made.perform(Job("test-key", 1, asked, handed, NarrowSender(sender, made.needs))))
        view.answer = {"performed": performed, "tries": 1}
        return Run(performed, made.prepare_resume(self.vocabulary)(view), sender.sent)

    def walk(self, *sections: Mapping[str, Any], **given: Any) -> Execution:
        """Walk a lead through sections of a document until it waits or ends. `path` reads the result."""
        document = parse({"format": 1, "triggers": [], "sections": list(sections)}, self.kinds)
        return advance(compile_program(document, self.kinds, self.vocabulary), context(**given))


def context(
    lead: Mapping[str, Any] | None = None,
    *,
    event: Mapping[str, Any] | None = None,
    state: Mapping[str, Any] | None = None,
    now: datetime = NOW,
) -> Context:
    """Return what a section looks at. The lead has the given values besides those that every lead has."""
    subject = Subject(_LEAD_ID, {**LEAD, **(lead or {})})
    return Context(subject, now=now, event=dict(event or {}), state=dict(state or {}))


def answer(
    status: int = 200, json: Any = None, *, body: bytes = b"", headers: Mapping[str, str] | None = None
) -> Answer:
    """Return an answer of another system."""
    given = {name.lower(): value for name, value in (headers or {}).items()}
    if json is not None:
        body, given = json_text.dumps(json).encode(), {"content-type": "application/json", **given}
    return Answer(status, given, body, 1)


def path(execution: Execution) -> list[tuple[str, str]]:
    """Return (section, outcome) of each step."""
    return [(section, outcome) for _number, section, outcome, _receipt in execution.steps]


def broken_promises(kind: Kind, config: Mapping[str, Any], vocabulary: Vocabulary = VOCABULARY) -> list[str]:
    """Return what a type does not keep of what every type promises, in sentences."""
    try:
        made = kind.model.model_validate(config)
    except ValidationError as error:
        return [f"the example does not fit: {p.path} {p.message}" for p in problems_of(error)]
    return [*_words(kind), *_schema(kind.model), *_shape(kind, made, config), *_behaviour(kind, made, vocabulary)]


def _words(kind: Kind) -> list[str]:
    found = []
    if not kind.label or not kind.group:
        found.append("it has no label or no group")
    if len(kind.help) <= 20 or not kind.help.endswith("."):
        found.append("its docstring begins with no sentence that says what it does")
    if kind.is_trigger != issubclass(kind.model, Trigger):
        found.append("role and base class differ: a trigger has the role trigger and the base Trigger")
    return found


def _schema(model: type[BaseModel]) -> list[str]:
    known = model.model_json_schema(by_alias=True).get("properties", {})
    return [f"{key} has no title" for key, spec in known.items() if "title" not in spec and "$ref" not in spec]


def _shape(kind: Kind, made: Section, config: Mapping[str, Any]) -> list[str]:
    found = []
    if kind.model.model_validate(made.model_dump(mode="json", by_alias=True)) != made:
        found.append("its config does not survive being stored as JSON")
    try:
        kind.model.model_validate({**config, "unheard_of": 1})
        found.append("it takes a key that it does not know")
    except ValidationError:
        pass
    return found


def _behaviour(kind: Kind, made: Section, vocabulary: Vocabulary) -> list[str]:
    found = []
    names = made.branches()
    if len(set(names)) < len(names) or not all(names):
        found.append("its branches have names that are empty or double")
    if not isinstance(made.summary(vocabulary), str):
        found.append("its summary is no text")
    if isinstance(made, Performing):
        found += _performing(made)
    elif isinstance(made, Trigger):
        made.prepare_match(vocabulary)
    elif kind.model.prepare is Section.prepare and kind.model.decide is Section.decide and not made.forks:
        found.append("it has neither a decide, nor a prepare, nor a perform")
    return found


def _performing(made: Performing) -> list[str]:
    found = []
    if type(made).perform is Performing.perform:
        found.append("it has no perform")
    if not 0 < made.time_limit <= 30:
        found.append("its time_limit is no number of seconds up to 30")
    known = {spec.alias or name for name, spec in type(made).model_fields.items()}
    unknown = [key for key in made.needs.secrets or () if key not in known]
    found += [f"it needs the secret named in {key}, and its config has no such key" for key in unknown]
    if made.branches() == (ERROR,):
        found.append("its one branch is for errors: it needs one for when all is well, too")
    return found
