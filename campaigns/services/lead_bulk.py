"""One action on many leads: those that were picked, or all that a filter finds.

`act` does one chunk in the caller's transaction and says where the next one begins, so that no lock is held for long.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal, get_args
from uuid import UUID

from campaigns.engine.effects import (
    AddTag,
    AddToList,
    AssignOwner,
    Effect,
    RemoveFromList,
    RemoveTag,
    SetStatus,
)
from campaigns.engine.subject import Subject
from campaigns.errors import Invalid, Problem
from campaigns.services import audit
from campaigns.services.lead_changes import change_leads
from campaigns.services.lead_erasure import erase_leads
from campaigns.services.lead_values import Known, check_lead, check_tag, load_known
from campaigns.storage.queries import leads as queries
from campaigns.storage.queries.leads import Wanted
from campaigns.storage.transaction import TenantSession

CHUNK = 1000
ERASED_AT_ONCE = 200  # each may have executions to cancel
Kind = Literal["add_to_list", "remove_from_list", "add_tag", "remove_tag", "set_status", "assign_owner", "delete"]
KINDS: tuple[str, ...] = get_args(Kind)
_SPEAKS_OF = {
    "add_to_list": "lists", "remove_from_list": "lists", "add_tag": "tags", "remove_tag": "tags",
    "set_status": "status", "assign_owner": "owner",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Selection:
    """Leads by their ids, or, where `ids` is None, all that fit."""

    ids: tuple[UUID, ...] | None = None
    wanted: Wanted = field(default_factory=Wanted)


@dataclass(frozen=True, slots=True)
class Action:
    """What to do: `value` is the key of a list or status, a tag, or a member's address ("" is nobody)."""

    kind: str
    value: str = ""


@dataclass(frozen=True, slots=True)
class Done:
    """What one chunk did. `after`: where the next one begins, None when all are done."""

    changed: int
    after: UUID | None


def count_selected(session: TenantSession, selection: Selection) -> int:
    """Return how many leads are meant; ids that don't exist are not counted."""
    if selection.ids is None:
        return queries.count(session, selection.wanted)
    return len(queries.load(session, selection.ids))


def act(session: TenantSession, selection: Selection, action: Action, *, after: UUID | None = None) -> Done:
    """Do the action on the next chunk of the selection. Raise Invalid when it names what does not exist."""
    size = ERASED_AT_ONCE if action.kind == "delete" else CHUNK
    known = load_known(session)
    plan, value = _plan(known, action)
    ids = _next(session, selection, after, size)
    if action.kind == "delete":
        changed = erase_leads(session, ids) if ids else 0
        if changed:
            audit.record(session, "leads.erased", kind="lead", count=changed)
    else:
        lists = {value: known.lists[value]} if "list" in action.kind else None
        changed = change_leads(session, ids, plan, lists=lists, tags="tag" in action.kind, lane="bulk") if ids else 0
    return Done(changed, ids[-1] if len(ids) == size else None)


def _next(session: TenantSession, selection: Selection, after: UUID | None, size: int) -> list[UUID]:
    if selection.ids is None:
        return queries.next_ids(session, selection.wanted, after=after, limit=size)
    return [one for one in sorted(set(selection.ids)) if after is None or one > after][:size]


def _plan(known: Known, action: Action) -> tuple[Any, str]:
    """Return what to do to each lead, and the value as it is stored."""
    if action.kind not in KINDS:
        raise Invalid(problems=[Problem("/action", f"is one of: {', '.join(KINDS)}")])
    if action.kind == "delete":
        return None, ""
    value = _checked(known, action)
    effect = _effect(action.kind, value)

    def plan(_subject: Subject) -> Iterable[Effect]:
        return (effect,)

    return plan, value


def _checked(known: Known, action: Action) -> str:
    part = _SPEAKS_OF[action.kind]
    given = [action.value] if part in {"lists", "tags"} else action.value
    try:
        if action.kind == "remove_tag" and (tag := check_tag(action.value)):
            return tag
        checked = check_lead(known, {part: given})
    except Invalid as error:
        raise Invalid(problems=[Problem("/value", problem.message) for problem in error.problems]) from None
    if part == "tags" and not checked.tags:
        raise Invalid(problems=[Problem("/value", "is required")])
    first = (checked.tags or checked.lists or ("",))[0]
    return first or checked.values.get(part) or ""


def _effect(kind: str, value: str) -> Effect:
    match kind:
        case "add_to_list":
            return AddToList(value)
        case "remove_from_list":
            return RemoveFromList(value)
        case "add_tag":
            return AddTag(value)
        case "remove_tag":
            return RemoveTag(value)
        case "set_status":
            return SetStatus(value)
        case _:
            return AssignOwner(value or None)
