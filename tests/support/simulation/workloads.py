"""Small workflows made by chance. The first letter of a section's id says what it is."""

from __future__ import annotations

import copy
import sys
from collections.abc import Callable, Mapping
from random import Random
from typing import Any

from campaigns.engine.kinds import Kind
from campaigns.engine.outcome import Done, Outcome
from campaigns.sections.base import Context, Section, section
from campaigns.sections.performing import Performing
from campaigns.sections.registry import Registry, kinds
from tests.support.lines import received
from tests.support.programs import item

WAITING = frozenset("dwhaj")  # delays, waits, calls, runs and joining forks leave a step on entering and one on leaving
Made = list[dict[str, Any]]


@section("test.fragile", role="action", label="Fragile")
class Fragile(Section):
    """Fails for some leads, and no more once their score has changed."""

    def decide(self, context: Context) -> Outcome:
        if context.lead and context.lead.get("score", 0) % 5 == 1:
            raise RuntimeError("the score does not suit")
        return Done()


@section("test.run", role="action", label="Run")
class Run(Performing):
    """Is run outside by whoever the simulation has for that."""

    def branches(self) -> tuple[str, ...]:
        return ("error",)


def all_kinds() -> Mapping[str, Kind]:
    """Return the built-in types and those of this module."""
    registry = Registry(dict(kinds()))
    registry.add_module(sys.modules[__name__])
    return registry.kinds


class Author:
    """Writes documents; ids are never used twice, in whatever version."""

    def __init__(self, chance: Random, *, away: str, after: int = 1000) -> None:
        """`away`: the key of the tenant that leads may move to."""
        self._chance, self._away = chance, away
        self._number = after

    def document(self, *, start: str = "go", other: str | None = None) -> dict[str, Any]:
        """Return a document that the event `start` starts, and that may start the workflow `other`."""
        chance = self._chance
        sections = self._sections(chance.randint(2, 5), depth=0)
        if other is not None:
            self._put(sections, item("workflow.start", self._id("x"), workflow=other))
        if chance.random() < 0.3:
            self._put(sections, item("flow.goto", self._id("g"), section=sections[0]["id"], max_visits=1))
        triggers = [{"id": "t1", **received(start)}]
        if chance.random() < 0.4:
            triggers.append({"id": "t2", "mode": "exit", **received("leave")})
        if chance.random() < 0.3:
            triggers.append({"id": "t3", "mode": "restart", "section": sections[0]["id"], **received("again")})
        triggers += self._others()
        return {"format": 1, "settings": self._settings(), "triggers": triggers, "sections": sections}

    def _others(self) -> Made:
        """Return triggers of what no event from outside tells."""
        chance = self._chance
        cron = chance.choice(["*/15 * * * *", "0 * * * *", "30 */2 * * *"])
        who = chance.choice([{"all": True}, {"list": "hot"}])
        after = chance.choice([{}, {"offset": {"after": {"minutes": 10}}}, {"offset": {"before": {"minutes": 10}}}])
        others: list[tuple[float, str, dict[str, Any]]] = [
            (0.35, "lead.created", {}),
            (0.2, "schedule.due", {"cron": cron, "leads": who}),
            (0.35, "lead.date_reached", {"field": "visit", **after}),
            (0.4, "lead.moved", {}),
        ]
        return [
            {"id": f"t{number}", "type": name, "config": config}
            for number, (likely, name, config) in enumerate(others, start=4)
            if chance.random() < likely
        ]

    def changed(self, document: dict[str, Any]) -> dict[str, Any]:
        """Return another version: sections gone, new, or elsewhere."""
        made, chance = copy.deepcopy(document), self._chance
        kept = {t.get("section") for t in made["triggers"]} | {
            s["config"].get("section") for s in made["sections"] if s["id"][0] == "g"
        }
        loose = [s for s in made["sections"] if s["id"] not in kept]
        if loose and chance.random() < 0.5:
            made["sections"].remove(chance.choice(loose))
        for _ in range(chance.randint(0, 2)):
            self._put(made["sections"], self._section(depth=1))
        made["settings"]["limits"] = document["settings"]["limits"]
        return made

    def _put(self, sections: Made, new: dict[str, Any]) -> None:
        sections.insert(self._chance.randint(min(1, len(sections)), len(sections)), new)

    def _settings(self) -> dict[str, Any]:
        chance = self._chance
        limits = {
            "per_lead_active": chance.choice([1, 1, 2]),
            "per_lead_ever": chance.choice([0, 0, 3]),
            "active_total": chance.choice([0, 0, 0, 3]),
        }
        stays = {"field": "lead.score", "op": "lt", "value": 6}
        return {"limits": limits, "time_zone": "UTC"} | ({"keep_while": stays} if chance.random() < 0.15 else {})

    def _id(self, letter: str) -> str:
        self._number += 1
        return f"{letter}{self._number}"

    def _sections(self, count: int, *, depth: int) -> Made:
        return [self._section(depth=depth) for _ in range(count)]

    def _section(self, *, depth: int) -> dict[str, Any]:
        flat: list[tuple[int, Callable[[], dict[str, Any]]]] = [
            (4, lambda: item("lead.add_points", self._id("p"), points=1)),
            (1, lambda: item("log.note", self._id("n"), text="x")),
            (1, lambda: item("event.emit", self._id("e"), name=self._chance.choice(["pinged", "bought"]))),
            (1, lambda: item("list.add", self._id("l"), list="hot")),
            (1, lambda: item("test.fragile", self._id("b"))),
            (4, self._delay),
            (2, self._mail),
        ]
        deep: list[tuple[int, Callable[[], dict[str, Any]]]] = [
            (2, lambda: self._wait(depth)),
            (2, lambda: self._call(depth)),
            (1, lambda: self._run(depth)),
            (2, lambda: self._leave(depth)),
            (2, lambda: self._fork(depth)),
            (1, lambda: self._loop(depth)),
            (1, lambda: self._if(depth)),
            (1, lambda: item(*self._chance.choice([("flow.stop", self._id("s")), ("flow.finish", self._id("y"))]))),
        ]
        ways = flat if depth > 1 else flat + deep
        made = self._chance.choices([way for _, way in ways], [weight for weight, _ in ways])[0]()
        if depth == 0 and made["id"][0] in "pdmn" and self._chance.random() < 0.25:
            line = self._sections(1, depth=2)
            made["listeners"] = [{"id": self._id("t"), "sections": line, "times": self._times(), **received("bought")}]
        return made

    def _times(self) -> dict[str, Any]:
        return self._chance.choice([{"at_least": 1}, {"every": True}, {"exactly": 2}])

    def _delay(self) -> dict[str, Any]:
        span = self._chance.choice([{"seconds": 5}, {"seconds": 40}, {"minutes": 3}, {"hours": 2}, {"days": 1}])
        return item("flow.delay", self._id("d"), duration=span)

    def _mail(self) -> dict[str, Any]:
        return item("email.send", self._id("m"), template=self._chance.choice(["news", "receipt"]))

    def _wait(self, depth: int) -> dict[str, Any]:
        spec: dict[str, Any] = {"for": [{"name": "came", "trigger": received("bought")}]}
        if self._chance.random() < 0.7:
            spec["timeout"] = self._chance.choice([{"minutes": 1}, {"hours": 3}])
        names = {name: self._sections(self._chance.randint(0, 1), depth=depth + 1) for name in ("came", "timeout")}
        return item("flow.wait", self._id("w"), branches=names, **spec)

    def _call(self, depth: int) -> dict[str, Any]:
        names = {name: self._sections(self._chance.randint(0, 1), depth=depth + 1) for name in ("ok", "error")}
        more = {"url": "https://crm.example/x", "method": "POST", "body": "{{ lead.email }}", "save_as": "answer"}
        return item("http.call", self._id("h"), branches=names, retries=self._chance.choice([0, 2]), **more)

    def _run(self, depth: int) -> dict[str, Any]:
        names = {"error": self._sections(self._chance.randint(0, 1), depth=depth + 1)}
        return item("test.run", self._id("a"), branches=names)

    def _leave(self, depth: int) -> dict[str, Any]:
        """Return a move to another tenant, for some leads alone: else all would soon be there."""
        move = item("lead.move", self._id("v"), tenant=self._away)
        test = {"field": "lead.score", "op": "gte", "value": self._chance.choice([1, 3])}
        return item("flow.if", self._id("i"), branches={"yes": [move], "no": []}, condition=test)

    def _fork(self, depth: int) -> dict[str, Any]:
        how = self._chance.choice(["all", "all", "any", "none"])
        names = {name: self._sections(self._chance.randint(1, 2), depth=depth + 1) for name in ("a", "b")}
        return item("flow.fork", self._id("k" if how == "none" else "j"), branches=names, join=how)

    def _loop(self, depth: int) -> dict[str, Any]:
        rounds = self._sections(self._chance.randint(1, 2), depth=depth + 1)
        name = self._id("r")
        return item("flow.for", name, branches={"do": rounds}, start=0, end=2, step=1, variable=f"i_{name}")

    def _if(self, depth: int) -> dict[str, Any]:
        names = {name: self._sections(1, depth=depth + 1) for name in ("yes", "no")}
        test = {"field": "lead.score", "op": "gte", "value": 2}
        return item("flow.if", self._id("i"), branches=names, condition=test)
