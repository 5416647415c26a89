"""Workflows of any size for the canvas: every kind of section, nested forks, loops, waits and listeners."""

from __future__ import annotations

from itertools import count, cycle
from typing import Any

from campaigns.sections.examples import CONFIGS

ACTIONS = ("lead.add_tag", "lead.add_points", "log.note", "state.update", "task.create", "event.emit")
HOT: dict[str, Any] = {"field": "lead.score", "op": "gte", "value": 50}
BOUGHT: dict[str, Any] = {"type": "event.received", "config": {"name": "plan.bought"}}


class Planner:
    """Lays out sections with ids from s1 on, and counts them."""

    def __init__(self) -> None:
        self.numbers, self.made = count(1), 0

    def one(self, kind: str, config: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
        """Return a section of a type, with its example's config unless another is given."""
        self.made += 1
        found = CONFIGS[kind] if config is None else config
        return {"id": f"s{next(self.numbers)}", "type": kind, "config": found, **more}

    def action(self, name: str = "") -> dict[str, Any]:
        return self.one(ACTIONS[self.made % len(ACTIONS)], name=name)

    def actions(self, number: int) -> list[dict[str, Any]]:
        return [self.action() for _ in range(number)]

    def asking(self) -> list[dict[str, Any]]:
        """Return a question that asks again until it is answered, with an early end."""
        ask = self.one("flow.wait", name="Ask again")
        again = self.one("flow.goto", {"section": ask["id"], "max_visits": 3})
        ask["branches"] = {"bought": [self.action(), self.one("flow.finish")], "timeout": [self.action(), again]}
        return [ask]

    def looping(self) -> list[dict[str, Any]]:
        """Return a loop in a loop."""
        day = self.one("flow.delay", {"duration": {"days": 1}})
        inner = self.one("flow.for", branches={"do": [*self.actions(1), day]})
        outer = self.one("flow.while", name="Until they are hot", branches={"do": [*self.actions(1), inner]})
        return [outer]

    def forking(self) -> list[dict[str, Any]]:
        """Return a fork within a fork, of which one branch decides."""
        decide = self.one("flow.if", branches={"yes": self.actions(1), "no": [self.one("flow.return")]})
        inner = self.one("flow.fork", {"join": "any"}, branches={"mail": self.actions(1), "task": [decide]})
        return [self.one("flow.fork", branches={"at once": [inner], "later": self.actions(2), "never": []})]

    def listening(self) -> list[dict[str, Any]]:
        """Return a section with two listeners beside it, a goal, and something that is off."""
        number = next(self.numbers)
        heard = {"id": f"l{number}", **BOUGHT, "name": "When they buy", "sections": self.actions(2)}
        other = {"id": f"m{number}", "type": "lead.created", "config": {}, "times": {"every": True}, "sections": []}
        goal = self.one("flow.goal", name="Bought a plan")
        off = self.action("Switched off")
        return [{**self.action(), "listeners": [heard, other]}, goal, {**off, "disabled": True}]

    def choosing(self) -> list[dict[str, Any]]:
        """Return a switch and a split one after the other."""
        switch = self.one("flow.switch", branches={"hot": self.actions(2), "pro": self.actions(1)})
        split = self.one("flow.split", branches={"short": self.actions(1), "long": [self.one("flow.stop")]})
        return [switch, split]


def workflow_of(size: int) -> dict[str, Any]:
    """Return a document with exactly so many sections, the same one at each call."""
    planner = Planner()
    sections: list[dict[str, Any]] = []
    for maker in cycle((planner.asking, planner.choosing, planner.forking, planner.looping, planner.listening)):
        before, block = planner.made, maker()
        if planner.made > size:
            return {"format": 1, "triggers": triggers(), "sections": [*sections, *planner.actions(size - before)]}
        sections += block
    raise AssertionError("there is always a next block")


def triggers() -> list[dict[str, Any]]:
    """Return three triggers: one that starts, one that goes back to a section, one that ends."""
    return [
        {"id": "t1", "type": "lead.created", "config": {"source": "import"}},
        {"id": "t2", "type": "event.received", "config": {"name": "trial.ended"}, "mode": "restart", "section": "s1"},
        {"id": "t3", "type": "event.received", "config": {"name": "account.closed"}, "mode": "exit"},
    ]
