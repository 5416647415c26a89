"""What is allowed in a document and is hardly meant: sections that nobody comes to, effects that start it again.

Warnings are shown beside problems; they keep nothing from being activated.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator

from campaigns.engine.condition_tree import FieldTest
from campaigns.engine.condition_tree import walk as nodes
from campaigns.engine.document import Document, SectionItem, TriggerItem, escape, walk
from campaigns.engine.kinds import Kinds
from campaigns.engine.references import conditions_of
from campaigns.engine.structure import GOTO
from campaigns.engine.validation import typed
from campaigns.errors import Problem

_EXIT, _CHANGED = "workflow.exit", "lead.field_changed"
# What a section causes: the trigger's type, the section's key and the trigger's key that have to be the same.
_CAUSES = {
    "lead.set_status": ("lead.status_changed", "status", "to"),
    "list.add": ("list.added", "list", "list"),
    "list.remove": ("list.removed", "list", "list"),
    "event.emit": ("event.received", "name", "name"),
    "lead.assign_owner": ("lead.owner_changed", "owner", "to"),
}
_FIELDS = {"lead.set_status": "status", "lead.add_points": "score", "lead.assign_owner": "owner"}


def find_warnings(document: Document, kinds: Kinds) -> list[Problem]:
    """Return what is hardly meant, each with the JSON Pointer of the section."""
    return [*_unreached(document, kinds), *_own_triggers(document, kinds)]


def _unreached(document: Document, kinds: Kinds) -> Iterator[Problem]:
    targets = {str(item.config.get("section")) for item, _, _ in walk(document.sections) if item.type == GOTO}
    targets |= {trigger.section for trigger in document.triggers if trigger.section is not None}
    yield from _lane(document.sections, "/sections", kinds, targets)


def _lane(items: list[SectionItem], path: str, kinds: Kinds, targets: set[str]) -> Generator[Problem, None, bool]:
    """Go through sections that follow each other; return whether their end is never come to.

    A jump, a restart or a goal may come in after an end.
    """
    ended_by, is_told = "", False
    for index, item in enumerate(items):
        here = f"{path}/{index}"
        if ended_by and _is_entered(item, kinds, targets):
            ended_by = ""
        elif ended_by and not is_told:
            is_told = True
            yield Problem(here, f"nobody comes to this section: {ended_by}, above it, always ends the way")
        ends = yield from _branches(item, here, kinds, targets)
        if ends or _always_ends(item, kinds):
            ended_by = item.name or item.id
    return bool(ended_by)


def _branches(item: SectionItem, here: str, kinds: Kinds, targets: set[str]) -> Generator[Problem, None, bool]:
    """Go through what a section opens; return whether it takes one of its branches, and all of them end."""
    ended = []
    for name, inner in item.branches.items():
        if (yield from _lane(inner, f"{here}/branches/{escape(name)}", kinds, targets)):
            ended.append(name)
    for number, listener in enumerate(item.listeners):
        yield from _lane(listener.sections, f"{here}/listeners/{number}/sections", kinds, targets)
    kind, config = kinds.get(item.type), typed(item, kinds)
    if kind is None or config is None or item.disabled or kind.role != "condition" or kind.model.loops:
        return False
    return bool(config.branches()) and set(config.branches()) <= set(ended)


def _is_entered(item: SectionItem, kinds: Kinds, targets: set[str]) -> bool:
    for inner, _, _ in walk([item]):
        kind = kinds.get(inner.type)
        if inner.id in targets or (kind is not None and kind.model.goal):
            return True
    return False


def _always_ends(item: SectionItem, kinds: Kinds) -> bool:
    """Return whether nobody comes past a section. A jump lets them, once it was taken often enough."""
    kind, config = kinds.get(item.type), typed(item, kinds)
    if kind is None or config is None or item.disabled or item.only_if is not None:
        return False
    if item.type == _EXIT:
        return item.config.get("workflow") == "this"
    return kind.role == "finish" and getattr(config, "condition", None) is None


def _own_triggers(document: Document, kinds: Kinds) -> Iterator[Problem]:
    if document.settings.limits.per_lead_ever:
        return  # a lead goes through it so many times and no more
    listening = [trigger for trigger in document.triggers if not trigger.disabled and trigger.mode != "exit"]
    for item, path, _ in walk(document.sections):
        for trigger in listening if not item.disabled else ():
            if _causes(item, trigger, kinds):
                again = "takes the lead back" if trigger.mode == "restart" else "starts this workflow again"
                named = f"“{trigger.name}”" if trigger.name else f"its own trigger {trigger.id}"
                yield Problem(path, f"what this section does {again}, by {named}: see that it comes to an end")


def _causes(item: SectionItem, trigger: TriggerItem, kinds: Kinds) -> bool:
    """Return whether a section's effect is what a trigger of the same workflow listens to."""
    wanted, own, key = _CAUSES.get(item.type, ("", "", ""))
    if trigger.type == wanted:
        given, listened = item.config.get(own), trigger.config.get(key)
        return given == listened or (listened is None and item.type == "lead.assign_owner")
    if trigger.type != _CHANGED:
        return False
    field = str(item.config.get("field")) if item.type == "lead.set_field" else _FIELDS.get(item.type)
    return field is not None and f"lead.{field}" in set(_compared(trigger, kinds))


def _compared(trigger: TriggerItem, kinds: Kinds) -> Iterator[str]:
    """Yield the fields that a trigger's condition looks at."""
    config = typed(trigger, kinds)
    for _, condition in conditions_of(config) if config is not None else ():
        yield from (node.field for _, node in nodes(condition) if isinstance(node, FieldTest))
