"""Compiling a frozen document, once a version, into a program."""

from __future__ import annotations

from typing import Any

from campaigns.engine.conditions import compile_condition, needs
from campaigns.engine.context import Context
from campaigns.engine.document import Document, Listener, SectionItem, TriggerItem, walk, walk_triggers
from campaigns.engine.events import ANY_CHANGE, event_types
from campaigns.engine.fields import field_types
from campaigns.engine.kinds import Kinds, Section, Trigger, Vocabulary
from campaigns.engine.outcome import Fail
from campaigns.engine.program import (
    END,
    JOIN,
    Data,
    Node,
    PreparedGoal,
    PreparedListener,
    PreparedTrigger,
    Program,
    Rules,
    guarded,
)
from campaigns.engine.references import conditions_of
from campaigns.engine.used_fields import mentions_event
from campaigns.engine.validation import typed
from campaigns.engine.waiting import LISTEN_FOR, TriggerSpec


def compile_program(
    document: Document, kinds: Kinds, vocabulary: Vocabulary, *, version_id: Any = None, workflow_id: Any = None
) -> Program:
    """Return the program of a document. A section whose type is gone compiles to one that fails with the reason."""
    compiler = _Compiler(kinds, vocabulary)
    first = compiler.sequence(document.sections, after=END, leave=END, back=END)
    return Program(
        version_id=version_id,
        workflow_id=workflow_id,
        nodes=tuple(compiler.nodes),
        first=first,
        positions=compiler.positions,
        triggers={item.id: compiler.trigger(item) for item in document.triggers if not item.disabled},
        rules=compiler.rules(document),
        data=collect(document, kinds),
        waits=compiler.waits,
        listeners=compiler.listeners,
        goals=compiler.goals,
        awaited=compiler.awaited(),
        parallel=compiler.parallel,
    )


class _Compiler:
    def __init__(self, kinds: Kinds, vocabulary: Vocabulary) -> None:
        self.kinds = kinds
        self.vocabulary = vocabulary
        self.fields = field_types(vocabulary)
        self.nodes: list[Node] = []
        self.positions: dict[str, int] = {}
        self.waits: dict[tuple[str, str], PreparedTrigger] = {}
        self.listeners: dict[str, PreparedListener] = {}
        self.goals: dict[str, PreparedGoal] = {}
        self.parallel = False

    def sequence(
        self,
        items: list[SectionItem],
        *,
        after: int,
        leave: int,
        back: int,
        goals: tuple[str, ...] = (),
        scope: tuple[str, ...] = (),
    ) -> int:
        """Append a list of sections; return the index of its first, or `after` when it is empty.

        Nodes are appended from the last to the first, since each needs to know what follows it. `goals`: those ahead
        of the whole list.
        """
        following = after
        for item in reversed(items):
            following = self._append(item, following, leave, back, goals, scope)
            if item.id in self.goals and not scope:
                goals = (item.id, *goals)
        return following

    def _append(
        self, item: SectionItem, following: int, leave: int, back: int, goals: tuple[str, ...], scope: tuple[str, ...]
    ) -> int:
        config = typed(item, self.kinds)
        node = self._node(item, config)
        index = self._add(node, config, following, leave, back)
        self.positions[item.id] = index
        node.goals, node.scope = goals, scope
        returns_to = self._again(item, node, config) if config is not None and config.loops else following
        node.empty = JOIN if config is not None and config.forks else returns_to
        if config is not None and config.forks:
            self._fork(item, node, scope)
        else:
            for name, inner in item.branches.items():
                node.branches[name] = self.sequence(
                    inner, after=returns_to, leave=following, back=returns_to, goals=goals, scope=scope
                )
        node.listeners = tuple(self._listener(listener, scope) for listener in item.listeners if not listener.disabled)
        if config is not None and not item.disabled:
            self._waits(item, config, index)
        return index

    def _add(self, node: Node, config: Section | None, following: int, leave: int, back: int) -> int:
        self.nodes.append(node)
        node.next, node.leave, node.back = following, leave, back
        if config is not None and config.loops:
            node.most_rounds = getattr(config, "max_rounds", config.rounds)
        return len(self.nodes) - 1

    def _again(self, item: SectionItem, first: Node, config: Section) -> int:
        """Append the node that a loop's round comes back to: the same section, which may decide in another way."""
        again = self._node(item, config)
        index = self._add(again, config, first.next, first.leave, first.back)
        try:
            other = config.prepare_again(self.vocabulary)
            again.decide = guarded(item, other, self._condition(item.only_if)) if other is not None else again.decide
        except Exception as error:  # noqa: BLE001 - as in _node
            again.decide = self._failing(item, f"can't be prepared: {error}").decide
        again.branches, again.empty, again.goals, again.scope = first.branches, index, first.goals, first.scope
        return index

    def _fork(self, item: SectionItem, node: Node, scope: tuple[str, ...]) -> None:
        self.parallel = True
        for name, inner in item.branches.items():
            node.branches[name] = self.sequence(inner, after=JOIN, leave=JOIN, back=JOIN, scope=(*scope, item.id))

    def _listener(self, item: Listener, scope: tuple[str, ...]) -> PreparedListener:
        self.parallel = True
        first = self.sequence(item.sections, after=END, leave=END, back=END, scope=(*scope, item.id))
        trigger = self.trigger(item)
        self.listeners[item.id] = PreparedListener(trigger, item.listen_for or LISTEN_FOR, first)
        return self.listeners[item.id]

    def _waits(self, item: SectionItem, config: Section, index: int) -> None:
        for wait in config.waits():
            name = item.id if config.goal else wait.name
            self.waits[item.id, name] = self.trigger(wait.trigger, name)
        for name, (event_type, match) in config.own_waits().items():
            self.waits[item.id, name] = PreparedTrigger(name, event_type, "wait", event_type, match, None, None)
        if config.goal:
            reached = config.prepare_reached(self.vocabulary)
            types = [trigger.event_type for (section, _), trigger in self.waits.items() if section == item.id]
            if reached is not None:
                types += _told_by(config)
            heard = tuple(dict.fromkeys(kind for kind in types if kind is not None))
            self.goals[item.id] = PreparedGoal(index, reached, heard)

    def awaited(self) -> frozenset[str]:
        """Return the subscription types of everything that is waited for in the midst of the workflow."""
        waited = {trigger.event_type for trigger in self.waits.values()}
        waited |= {listener.trigger.event_type for listener in self.listeners.values()}
        waited |= {kind for goal in self.goals.values() for kind in goal.event_types}
        return frozenset(kind for kind in waited if kind is not None)

    def _node(self, item: SectionItem, config: Section | None) -> Node:
        """Prepare a section; one that fits no more fails those who reach it, not the tenant's whole batch."""
        if config is None:
            gone = item.type not in self.kinds
            return self._failing(item, "is not installed any more" if gone else "takes another form now")
        try:
            only_if = self._condition(item.only_if)
            if config.forks:
                all_of_them = config.prepare_fork(tuple(item.branches))
                node = Node(item, lambda _context: all_of_them, config.resume, only_if)
            else:
                node = Node(item, config.prepare(self.vocabulary), config.prepare_resume(self.vocabulary), only_if)
        except Exception as error:  # noqa: BLE001 - a plugin may raise anything, and fields change under a version
            return self._failing(item, f"can't be prepared: {error}")
        return node

    def _failing(self, item: SectionItem, reason: str) -> Node:
        fail = Fail(f"the section type {item.type} {reason}")
        return Node(item, lambda _context: fail, lambda _context: fail)

    def _condition(self, condition: Any) -> Any:
        return compile_condition(condition, self.fields) if condition is not None else None

    def trigger(self, item: TriggerItem | TriggerSpec, name: str = "") -> PreparedTrigger:
        """Prepare a trigger; one that fits no more matches nothing."""
        config = typed(item, self.kinds)
        try:
            match = config.prepare_match(self.vocabulary) if isinstance(config, Trigger) else _never
            accepts = self._condition(item.filter)
        except Exception:  # noqa: BLE001 - as for sections: what fits no more starts nothing
            match, accepts = _never, None
        return PreparedTrigger(
            id=item.id if isinstance(item, TriggerItem) else name,
            type=item.type,
            mode=item.mode if isinstance(item, TriggerItem) else "wait",
            event_type=config.event_type() if isinstance(config, Trigger) else None,
            match=match,
            filter=accepts,
            section=item.section if isinstance(item, TriggerItem) else None,
            times=item.times if isinstance(item, Listener | TriggerSpec) else None,
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


def collect(document: Document, kinds: Kinds) -> Data:
    """Return what conditions and references need, so that a batch fetches it for all its leads at once."""
    data = Data()
    conditions = [document.settings.keep_while, *(trigger.filter for trigger, _ in walk_triggers(document))]
    sections = [section for section, _, _ in walk(document.sections)]
    conditions += [section.only_if for section in sections]
    items: list[SectionItem | TriggerItem] = [*sections, *(trigger for trigger, _ in walk_triggers(document))]
    for item in items:
        config = typed(item, kinds)
        if config is None:
            continue
        parts = [config, *(inner for wait in config.waits() if (inner := typed(wait.trigger, kinds)) is not None)]
        conditions += [condition for part in parts for _, condition in conditions_of(part)]
        data.lists |= {ref.key for part in parts for ref in part.references() if ref.kind == "list"}
        if isinstance(item, SectionItem):
            data.members |= set(config.member_groups())
            data.tenants |= {item.config["tenant"]} if item.type == "lead.move" else set()
        data.tags = data.tags or item.type in {"lead.add_tag", "lead.remove_tag"}
        data.exits = data.exits or item.type == "workflow.exit"
        data.limits = data.limits or item.type == "flow.limit"
        if item.type == "workflow.start":
            data.starts |= {ref.key for ref in config.references() if ref.kind == "workflow"}
        kind = kinds.get(item.type)
        data.event = data.event or config.looks_back or kind is None or bool(kind.plugin)
    for condition in conditions:
        if condition is not None:
            data.add(condition)
    data.event = data.event or mentions_event(document)
    return data


def _told_by(config: Section) -> list[str | None]:
    """Return the event types that may make a goal's conditions true: every change, and what they count."""
    counted = {name for _, condition in conditions_of(config) for name, _ in needs(condition).activity}
    return [ANY_CHANGE, *sorted({kind for name in counted for kind in event_types(name, None)})]


def _never(_context: Context) -> bool:
    return False
