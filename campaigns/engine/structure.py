"""Whether the parts of a document fit each other: jumps, restarts, and what is waited for in mid-flow."""

from __future__ import annotations

from collections.abc import Iterator

from campaigns.engine.document import Document, SectionItem, escape, walk
from campaigns.engine.kinds import Kinds
from campaigns.errors import Problem

GOTO = "flow.goto"
Scope = tuple[tuple[str, str], ...]  # ("fork", section and branch) or ("listener", id), from outside to inside
MAX_NAME = 80


def scopes(document: Document, kinds: Kinds) -> dict[str, Scope]:
    """Return by section id the branches of forks and the listeners that it stands in."""
    found: dict[str, Scope] = {}
    _collect(document.sections, (), kinds, found)
    return found


def jump_problems(document: Document, kinds: Kinds) -> Iterator[Problem]:
    """Yield a problem for each jump into another branch of a fork, or into or out of a listener."""
    where = scopes(document, kinds)
    for section, path, _ in walk(document.sections):
        target = section.config.get("section") if section.type == GOTO else None
        if isinstance(target, str) and target in where:
            why = _unreachable(where[section.id], where[target])
            if why is not None:
                yield Problem(f"{path}/config/section", f"{target} stands {why}")
    for index, trigger in enumerate(document.triggers):
        if trigger.section is not None and where.get(trigger.section):
            yield Problem(f"/triggers/{index}/section", f"{trigger.section} stands in a fork or a listener")


def branch_name_problems(section: SectionItem, path: str) -> Iterator[Problem]:
    """Yield a problem for each branch whose name the document gave and which is none."""
    for name in section.branches:
        if not name.strip() or len(name) > MAX_NAME:
            yield Problem(f"{path}/branches/{escape(name)}", f"a branch has a name of at most {MAX_NAME} characters")


def _unreachable(start: Scope, target: Scope) -> str | None:
    if start[: len(target)] != target:
        inside = next(kind for n, (kind, _) in enumerate(target) if start[: n + 1] != target[: n + 1])
        return "in another branch of a fork" if inside == "fork" else "in what a listener runs"
    if any(kind == "listener" for kind, _ in start[len(target) :]):
        return "outside of what this listener runs"
    return None


def _collect(items: list[SectionItem], scope: Scope, kinds: Kinds, found: dict[str, Scope]) -> None:
    for item in items:
        found[item.id] = scope
        kind = kinds.get(item.type)
        forks = kind is not None and kind.model.forks
        for name, inner in item.branches.items():
            _collect(inner, (*scope, ("fork", f"{item.id}/{name}")) if forks else scope, kinds, found)
        for listener in item.listeners:
            _collect(listener.sections, (*scope, ("listener", listener.id)), kinds, found)
