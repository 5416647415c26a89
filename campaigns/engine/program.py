"""Compiling a frozen document, once a version, into a flat tuple of nodes with prepared deciders and jump targets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from campaigns.engine.conditions import compile_condition, needs
from campaigns.engine.context import Context
from campaigns.engine.document import Document, SectionItem, TriggerItem, walk
from campaigns.engine.fields import field_types
from campaigns.engine.kinds import Decider, Kinds, Matcher, Section, Trigger, Vocabulary
from campaigns.engine.outcome import Done, Fail
from campaigns.engine.references import conditions_of
from campaigns.engine.validation import typed

END = -1


class Node:
    """One section, ready to run. `next` is where its token goes after it; END is the end of the token."""

    __slots__ = ("back", "branches", "decide", "disabled", "empty", "id", "leave", "next", "only_if", "resume", "type")

    def __init__(self, item: SectionItem, decide: Decider, resume: Decider) -> None:
        self.id = item.id
        self.type = item.type
        self.decide = decide
        self.resume = resume
        self.only_if: Any = None
        self.disabled = item.disabled
        self.next = END
        self.leave = END  # after the section that opened this branch
        self.back = END  # the section that opened it, when that one loops; else the same as `leave`
        self.empty = END  # where a branch leads that is not there
        self.branches: dict[str, int] = {}


@dataclass(frozen=True, slots=True)
class PreparedTrigger:
    """A trigger of the top, ready to be matched."""

    id: str
    type: str
    mode: str
    event_type: str | None
    match: Matcher
    filter: Any
    section: str | None


@dataclass(frozen=True, slots=True)
class Rules:
    """The document's settings, ready to be applied."""

    active_total: int
    per_lead_ever: int
    per_lead_active: int
    reenter_after: Any
    keep_while: Any
    time_zone: str


@dataclass(frozen=True, slots=True)
class Program:
    """A compiled version. `positions` finds a node by section id; `data` says what a batch has to fetch for it."""

    version_id: Any
    workflow_id: Any
    nodes: tuple[Node, ...]
    first: int  # where a token starts; END for a workflow without sections
    positions: Mapping[str, int]
    triggers: Mapping[str, PreparedTrigger]
    rules: Rules
    data: Data


@dataclass(slots=True)
class Data:
    """What a program reads besides the lead's own fields."""

    lists: set[str] = field(default_factory=set)
    tags: bool = False
    workflows: bool = False
    activity: list[tuple[str, timedelta | None]] = field(default_factory=list)
    tenants: set[str] = field(default_factory=set)  # where leads are moved to

    def add(self, condition: Any) -> None:
        wanted = needs(condition)
        self.lists |= set(wanted.lists)
        self.tags = self.tags or bool(wanted.tags)
        self.workflows = self.workflows or bool(wanted.workflows)
        self.activity += list(wanted.activity)


def compile_program(
    document: Document, kinds: Kinds, vocabulary: Vocabulary, *, version_id: Any = None, workflow_id: Any = None
) -> Program:
    """Return the program of a document. A section whose type is gone compiles to one that fails with the reason."""
    compiler = _Compiler(kinds, vocabulary)
    first = compiler.sequence(document.sections, after=END, leave=END, back=END)
    compiler.collect(document)
    return Program(
        version_id=version_id,
        workflow_id=workflow_id,
        nodes=tuple(compiler.nodes),
        first=first,
        positions={node.id: index for index, node in enumerate(compiler.nodes)},
        triggers={item.id: compiler.trigger(item) for item in document.triggers if not item.disabled},
        rules=compiler.rules(document),
        data=compiler.data,
    )


class _Compiler:
    def __init__(self, kinds: Kinds, vocabulary: Vocabulary) -> None:
        self.kinds = kinds
        self.vocabulary = vocabulary
        self.fields = field_types(vocabulary)
        self.nodes: list[Node] = []
        self.data = Data()

    def sequence(self, items: list[SectionItem], *, after: int, leave: int, back: int) -> int:
        """Append a list of sections; return the index of its first, or `after` when it is empty.

        Nodes are appended from the last to the first, since each needs to know what follows it.
        """
        following = after
        for item in reversed(items):
            following = self._append(item, following, leave, back)
        return following

    def _append(self, item: SectionItem, following: int, leave: int, back: int) -> int:
        config = typed(item, self.kinds)
        node = self._node(item, config)
        self.nodes.append(node)
        index = len(self.nodes) - 1
        returns_to = index if config is not None and config.loops else following
        node.next, node.leave, node.back, node.empty = following, leave, back, returns_to
        for name, inner in item.branches.items():
            node.branches[name] = self.sequence(inner, after=returns_to, leave=following, back=returns_to)
        return index

    def _node(self, item: SectionItem, config: Section | None) -> Node:
        """Prepare a section; one that fits no more fails those who reach it, not the tenant's whole batch."""
        if config is None:
            gone = item.type not in self.kinds
            return self._failing(item, "is not installed any more" if gone else "takes another form now")
        try:
            node = Node(item, config.prepare(self.vocabulary), config.resume)
            node.only_if = self._condition(item.only_if)
        except Exception as error:  # noqa: BLE001 - a plugin may raise anything, and fields change under a version
            return self._failing(item, f"can't be prepared: {error}")
        return node

    def _failing(self, item: SectionItem, reason: str) -> Node:
        fail = Fail(f"the section type {item.type} {reason}")
        return Node(item, lambda _context: fail, lambda _context: fail)

    def _condition(self, condition: Any) -> Any:
        return compile_condition(condition, self.fields) if condition is not None else None

    def trigger(self, item: TriggerItem) -> PreparedTrigger:
        config = typed(item, self.kinds)
        try:
            match = config.prepare_match(self.vocabulary) if isinstance(config, Trigger) else _never
            accepts = self._condition(item.filter)
        except Exception:  # noqa: BLE001 - as for sections: what fits no more starts nothing
            match, accepts = _never, None
        return PreparedTrigger(
            id=item.id,
            type=item.type,
            mode=item.mode,
            event_type=config.event_type() if isinstance(config, Trigger) else None,
            match=match,
            filter=accepts,
            section=item.section,
        )

    def rules(self, document: Document) -> Rules:
        settings = document.settings
        return Rules(
            active_total=settings.limits.active_total,
            per_lead_ever=settings.limits.per_lead_ever,
            per_lead_active=settings.limits.per_lead_active,
            reenter_after=settings.reenter_after,
            keep_while=self._condition(settings.keep_while),
            time_zone=settings.time_zone,
        )

    def collect(self, document: Document) -> None:
        """Note what the conditions and references need, so that a batch fetches it for all its leads at once."""
        conditions = [document.settings.keep_while, *(trigger.filter for trigger in document.triggers)]
        items: list[SectionItem | TriggerItem] = [section for section, _, _ in walk(document.sections)]
        conditions += [item.only_if for item in items if isinstance(item, SectionItem)]
        for item in [*items, *document.triggers]:
            config = typed(item, self.kinds)
            if config is not None:
                conditions += [condition for _, condition in conditions_of(config)]
                self.data.lists |= {ref.key for ref in config.references() if ref.kind == "list"}
                if isinstance(item, SectionItem):
                    self.data.tenants |= {ref.key for ref in config.references() if ref.kind == "tenant"}
                self.data.tags = self.data.tags or item.type in {"lead.add_tag", "lead.remove_tag"}
        for condition in conditions:
            if condition is not None:
                self.data.add(condition)


def _never(_context: Context) -> bool:
    return False


SKIPPED = Done(outcome="skipped", receipt={"disabled": True})
