"""Whether a document can be read, and what still keeps it from running.

`parse` refuses what can't be a draft (unknown types and keys, configs that don't fit, double ids, gotos to
nowhere); `find_problems` lists what a draft may have but an active workflow may not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError
from pydantic_core import InitErrorDetails

from campaigns.engine.conditions import Condition
from campaigns.engine.conditions import check as check_condition
from campaigns.engine.document import (
    MAX_BRANCHES,
    MAX_DEPTH,
    MAX_SECTIONS,
    Document,
    Listener,
    SectionItem,
    TriggerItem,
    escape,
    walk,
    walk_triggers,
)
from campaigns.engine.fields import field_types
from campaigns.engine.kinds import Kind, Kinds, Section, Trigger, Vocabulary
from campaigns.engine.moments import find_zone
from campaigns.engine.placeholders import placeholder_problems
from campaigns.engine.references import conditions_of, missing_names
from campaigns.engine.structure import branch_name_problems, jump_problems
from campaigns.engine.waiting import TriggerSpec
from campaigns.errors import Invalid, Problem

MANUAL = "manual"
Item = SectionItem | TriggerItem | TriggerSpec
_TOO_DEEP = Problem("/sections", "nested too deeply")
_SHAPES = {"model_type": "must be an object", "dict_type": "must be an object", "list_type": "must be a list"}
_LATER = "is not available yet"
_KIND_WORDS = {
    "list": "list",
    "status": "status",
    "field": "field",
    "template": "email template",
    "workflow": "workflow",
    "user": "member",
    "tenant": "tenant in this tree",
    "secret": "secret",
}


def parse(raw: object, kinds: Kinds, *, known_before: frozenset[str] = frozenset()) -> Document:
    """Return the document, or raise `Invalid` with a problem per offender by JSON Pointer.

    `known_before`: types that the draft already had; one whose plugin has gone since may stay, as a placeholder.
    """
    if not isinstance(raw, dict):
        raise Invalid("A workflow document is a JSON object.", problems=[Problem("", "must be an object")])
    try:
        document = Document.model_validate(raw)
    except ValidationError as error:
        raise Invalid("The document is not valid.", problems=problems_of(error)) from None
    except RecursionError:
        raise Invalid("The document is nested too deeply.", problems=[_TOO_DEEP]) from None
    problems = list(_structure(document, kinds, known_before))
    if problems:
        raise Invalid("The document is not valid.", problems=problems)
    return document


def problems_of(error: ValidationError, prefix: str = "") -> list[Problem]:
    """Translate Pydantic's errors into problems by JSON Pointer."""
    found = error.errors()
    if any(str(item["type"]).startswith("recursion") for item in found):
        return [_TOO_DEEP]
    return [Problem(prefix + _pointer(item["loc"]), _sentence(item)) for item in found]


def find_problems(document: Document, kinds: Kinds, vocabulary: Vocabulary) -> list[Problem]:
    """Return everything that keeps the document from being activated."""
    return list(_activation_problems(document, kinds, vocabulary))


def config_of(item: Item, kind: Kind) -> Section:
    """Return the typed config of a section or trigger; raise ValidationError."""
    try:
        return kind.model.model_validate(item.config)
    except ValidationError:
        raise
    except Exception as error:
        told = ValueError(f"can't be read: {type(error).__name__}: {error}")
        line: InitErrorDetails = {"type": "value_error", "loc": (), "input": None, "ctx": {"error": told}}
        raise ValidationError.from_exception_data(kind.name, [line]) from error


def _pointer(location: tuple[int | str, ...]) -> str:
    parts = [str(part) for part in location if not _is_tag(part)]
    return "".join("/" + escape(part) for part in parts)


def _is_tag(part: int | str) -> bool:
    """Pydantic names the tried member of a union in the path; that is no place in the document."""
    return isinstance(part, str) and ("[" in part or part.startswith("function-"))


def _sentence(item: Mapping[str, Any]) -> str:
    if item["type"] == "extra_forbidden":
        return "is not a known key"
    if item["type"] == "missing":
        return "is required"
    if item["type"] in _SHAPES:
        return _SHAPES[item["type"]]
    message = str(item["msg"]).removeprefix("Value error, ")
    return message[:1].lower() + message[1:]


def _structure(document: Document, kinds: Kinds, known_before: frozenset[str]) -> Iterator[Problem]:
    sections = list(walk(document.sections))
    triggers = list(walk_triggers(document))
    yield from _sizes(sections)
    yield from _unique([(item.id, path) for item, path, _ in sections] + [(item.id, path) for item, path in triggers])
    ids = {item.id for item, _, _ in sections}
    for section, path, _ in sections:
        yield from _item(section, path, kinds, known_before, as_trigger=False)
        yield from _branches(section, path, kinds)
        target = section.config.get("section") if section.type == "flow.goto" else None
        if target is not None and target not in ids:
            yield Problem(f"{path}/config/section", f"there is no section {target}")
        yield from _waits(section, path, kinds, known_before)
    yield from jump_problems(document, kinds)
    for trigger, path in triggers:
        yield from _item(trigger, path, kinds, known_before, as_trigger=True)
        if isinstance(trigger, Listener):
            yield from _waitable(trigger, path, kinds)
        if trigger.section is not None and trigger.section not in ids:
            yield Problem(f"{path}/section", f"there is no section {trigger.section}")


def _sizes(sections: list[tuple[SectionItem, str, int]]) -> Iterator[Problem]:
    if len(sections) > MAX_SECTIONS:
        yield Problem("/sections", f"a workflow has at most {MAX_SECTIONS} sections; this one has {len(sections)}")
    for section, path, depth in sections:
        if depth > MAX_DEPTH:
            yield Problem(path, f"sections are nested at most {MAX_DEPTH} deep")
            return
        if len(section.branches) > MAX_BRANCHES:
            yield Problem(f"{path}/branches", f"a section has at most {MAX_BRANCHES} branches")


def _unique(places: list[tuple[str, str]]) -> Iterator[Problem]:
    seen: dict[str, str] = {}
    for identifier, path in places:
        if identifier in seen:
            yield Problem(f"{path}/id", f"{identifier} is used already, at {seen[identifier]}")
        seen.setdefault(identifier, path)


def _waits(section: SectionItem, path: str, kinds: Kinds, known_before: frozenset[str]) -> Iterator[Problem]:
    """Check the triggers that a section's config waits for."""
    config = typed(section, kinds)
    for wait in config.waits() if config is not None else ():
        place = f"{path}/config{wait.path}"
        yield from _item(wait.trigger, place, kinds, known_before, as_trigger=True)
        yield from _waitable(wait.trigger, place, kinds)


def _waitable(trigger: Item, path: str, kinds: Kinds) -> Iterator[Problem]:
    kind = kinds.get(trigger.type)
    if kind is not None and kind.is_trigger and not getattr(kind.model, "waitable", True):
        yield Problem(f"{path}/type", f"{trigger.type} can't be waited for: it starts workflows alone")
    if isinstance(trigger, Listener) and (trigger.mode != "start" or trigger.section is not None):
        yield Problem(f"{path}/mode", "a listener runs its sections: it has no other mode")


def _item(item: Item, path: str, kinds: Kinds, known_before: frozenset[str], *, as_trigger: bool) -> Iterator[Problem]:
    kind = kinds.get(item.type)
    if kind is None:
        if item.type not in known_before:
            yield Problem(f"{path}/type", f"there is no section type {item.type}")
        return
    if kind.is_trigger != as_trigger:
        yield Problem(
            f"{path}/type", f"{item.type} {'is no trigger' if as_trigger else 'is a trigger: it stands under triggers'}"
        )
        return
    try:
        config_of(item, kind)
    except ValidationError as error:
        yield from problems_of(error, f"{path}/config")


def _branches(section: SectionItem, path: str, kinds: Kinds) -> Iterator[Problem]:
    kind = kinds.get(section.type)
    if kind is None:
        return
    try:
        allowed = config_of(section, kind).branches()
    except ValidationError:
        return
    if kind.model.free_branches:
        yield from branch_name_problems(section, path)
        return
    for name in section.branches:
        if name not in allowed:
            words = ", ".join(allowed) or "none"
            yield Problem(f"{path}/branches/{escape(name)}", f"{section.type} has no branch {name} (it has: {words})")


def _activation_problems(document: Document, kinds: Kinds, vocabulary: Vocabulary) -> Iterator[Problem]:
    if not any(not trigger.disabled for trigger in document.triggers):
        yield Problem("/triggers", "a workflow needs at least one trigger")
    yield from _settings(document, vocabulary)
    yield from placeholder_problems(document)
    for trigger, path in walk_triggers(document):
        yield from _references(trigger, path, kinds, vocabulary)
        yield from _condition(trigger.filter, f"{path}/filter", vocabulary)
    for index, trigger in enumerate(document.triggers):
        yield from _mode(trigger, f"/triggers/{index}")
    for section, path, _ in walk(document.sections):
        yield from _references(section, path, kinds, vocabulary)
        yield from _condition(section.only_if, f"{path}/only_if", vocabulary)


def _mode(trigger: TriggerItem, path: str) -> Iterator[Problem]:
    if trigger.mode == "restart" and trigger.section is None:
        yield Problem(f"{path}/section", "a restart names the section it goes back to")
    if trigger.mode != "restart" and trigger.section is not None:
        yield Problem(f"{path}/section", "only a restart goes back to a section")
    if trigger.mode != "start" and trigger.type == MANUAL:
        yield Problem(f"{path}/mode", "what is started by hand can only start")


def _settings(document: Document, vocabulary: Vocabulary) -> Iterator[Problem]:
    settings = document.settings
    yield from _condition(settings.keep_while, "/settings/keep_while", vocabulary)
    if settings.sending_hours is not None:
        yield Problem("/settings/sending_hours", f"sending in certain hours alone {_LATER}")
    if settings.time_zone not in {"lead", "tenant"}:
        try:
            find_zone(settings.time_zone)
        except ValueError as error:
            yield Problem("/settings/time_zone", str(error))


def _condition(condition: Condition | None, path: str, vocabulary: Vocabulary) -> Iterator[Problem]:
    if condition is not None:
        yield from _prefixed(check_condition(condition, field_types(vocabulary)), path)
        yield from _prefixed(missing_names(condition, vocabulary), path)


def _references(item: Item, path: str, kinds: Kinds, vocabulary: Vocabulary) -> Iterator[Problem]:
    kind = kinds.get(item.type)
    if kind is None:
        yield Problem(f"{path}/type", f"the section type {item.type} is not installed any more")
        return
    config = config_of(item, kind)
    for step, condition in conditions_of(config):
        yield from _prefixed(missing_names(condition, vocabulary), f"{path}/config{step}")
    for wait in config.waits():
        yield from _references(wait.trigger, f"{path}/config{wait.path}", kinds, vocabulary)
        yield from _condition(wait.trigger.filter, f"{path}/config{wait.path}/filter", vocabulary)
    for reference in config.references():
        if reference.key not in vocabulary.names(reference.kind):
            yield Problem(
                f"{path}/config{reference.path}", f"there is no {_KIND_WORDS[reference.kind]} {reference.key}"
            )
    yield from _prefixed(config.check(vocabulary), f"{path}/config")


def _prefixed(problems: list[Problem], prefix: str) -> Iterator[Problem]:
    for problem in problems:
        yield Problem(prefix + problem.path, problem.message)


def typed(item: Item, kinds: Kinds) -> Section | Trigger | None:
    """Return the item's typed config, or None while its type or config is not valid."""
    kind = kinds.get(item.type)
    if kind is None:
        return None
    try:
        return config_of(item, kind)
    except ValidationError:
        return None


def typed_item(item: Mapping[str, Any], kinds: Kinds) -> Section | Trigger | None:
    """Return the typed config of an item as it is stored, or None while its type or config is not valid."""
    return typed(SectionItem(id="probe", type=item["type"], config=item.get("config", {})), kinds)
