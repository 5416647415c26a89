"""Whole documents drawn by chance from a seed: all section types, nested, with listeners and jumps that are allowed."""

from itertools import count

from tests.support.lines import received
from tests.support.programs import document

TAGS, LISTS, STATUSES = ["vip", "cold"], ["hot", "cold"], ["new", "qualified"]
NAMES = {
    "flow.if": ["yes", "no"],
    "flow.switch": ["c0", "c1", "otherwise"],
    "flow.split": ["a", "b"],
    "flow.while": ["do"],
    "flow.for": ["do"],
    "flow.fork": ["a", "b", "c"],
    "flow.wait": ["a", "b", "timeout"],
    "flow.limit": ["pass", "block"],
}
ACTIONS = ["lead.add_points", "lead.set_status", "lead.add_tag", "lead.remove_tag", "list.add", "list.remove",
           "state.set", "state.update", "email.send", "log.note", "lead.assign_owner", "lead.set_field"]  # fmt: skip
LEAVES = ACTIONS + ["flow.delay", "flow.goal", "flow.goto"] * 3 + ["flow.leave", "flow.return", "flow.business_hours"]
RARE = ["flow.stop", "flow.finish"]


class Drawn:
    """A document as it is drawn. `found`: each section with the forks' branches and listeners that it stands in."""

    def __init__(self, random):
        self.random, self.numbers, self.found = random, count(1), []
        self.raw = document(*self.sections((), random.choice([3, 6, 12]), 0))
        for section, scope in self.found:
            if section["type"] == "flow.goto":
                targets = [one["id"] for one, there in self.found if may_jump(scope, there)]
                section["config"]["section"] = random.choice(targets)

    def sections(self, scope, most, depth):
        return [self.section(scope, depth) for _ in range(self.random.randint(0 if depth else 1, most))]

    def section(self, scope, depth):
        draw = self.random
        kinds = LEAVES if depth > 3 or draw.random() < 0.6 else list(NAMES)
        kind = draw.choice(RARE) if draw.random() < 0.03 else draw.choice(kinds)
        made = {"id": f"s{next(self.numbers)}", "type": kind, "config": self.config(kind)}
        self.found.append((made, scope))
        if draw.random() < 0.1 and kind not in {"flow.for", "flow.goal"}:  # neither is to be skipped in the middle
            made["only_if"] = self.condition()
        if draw.random() < 0.04:
            made["disabled"] = True
        if kind in NAMES:
            made["branches"] = {
                name: self.sections((*scope, (made["id"], name)) if kind == "flow.fork" else scope, 3, depth + 1)
                for name in NAMES[kind]
                if draw.random() < 0.8
            }
        if draw.random() < 0.06:
            made["listeners"] = [self.listener(scope, depth)]
        return made

    def listener(self, scope, depth):
        id, often = f"t{next(self.numbers)}", {"times": {"every": True}} if self.random.random() < 0.5 else {}
        inner = self.sections((*scope, (id, "")), 2, depth + 2)
        return {"id": id, **self.heard(), **often, "sections": inner}

    def heard(self):
        return received(self.random.choice("xy"))

    def config(self, kind):
        name = kind.replace(".", "_")
        make = getattr(self, name, None)
        return make() if make is not None else self.plain(kind)

    def plain(self, kind):
        draw = self.random
        match kind.split("."):
            case ["lead", "add_points"]:
                return {"points": draw.randint(-3, 3)}
            case ["lead", "set_status"]:
                return {"status": draw.choice(STATUSES)}
            case ["lead", "set_field"]:
                return {"field": "city", "value": draw.choice([None, "Berlin"])}
            case ["lead", "assign_owner"]:
                return {"owner": "anna@acme.example"}
            case ["lead", _]:
                return {"tag": draw.choice(TAGS)}
            case ["list", _]:
                return {"list": draw.choice(LISTS)}
            case ["state", _]:
                return {"values": {key: draw.randint(0, 3) for key in draw.sample(["a", "_b"], draw.randint(0, 2))}}
        return {"email.send": {"template": "welcome"}, "log.note": {"text": "x"}}.get(kind, {})

    def flow_delay(self):
        if self.random.random() < 0.7:
            return {"duration": {"hours": self.random.randint(0, 3)}}
        return {"until": "2026-03-01", "if_past": self.random.choice(["continue", "leave", "return", "stop"])}

    def flow_goal(self):
        by = (
            {"trigger": received("z")}
            if self.random.random() < 0.4
            else {"condition": self.condition(high=self.random.random() < 0.8)}
        )
        return by | {"otherwise": self.random.choice(["wait", "continue", "end"])}

    def flow_goto(self):
        return {"max_visits": self.random.randint(1, 2)}

    def flow_leave(self):
        return {"condition": self.condition()} if self.random.random() < 0.6 else {}

    flow_return = flow_leave

    def flow_if(self):
        return {"condition": self.condition()}

    def flow_switch(self):
        return {"cases": [{"name": f"c{n}", "condition": self.condition()} for n in range(2)]}

    def flow_split(self):
        share = self.random.choice([0, 1, 50, 100])
        variants = [{"name": "a", "weight": share}, {"name": "b", "weight": 100 - share}]
        return {"variants": variants, "salt": self.random.choice("pq")}

    def flow_while(self):
        return {"condition": self.condition(), "max_rounds": self.random.randint(2, 30)}

    def flow_for(self):
        first, step = self.random.randint(-2, 3), self.random.choice([1, 2, -1])
        return {"start": first, "end": self.random.randint(-2, 3), "step": step, "variable": self.random.choice("ai")}

    def flow_fork(self):
        return {"join": self.random.choice(["all", "any", "none"])}

    def flow_wait(self):
        awaited = [{"name": name, "trigger": self.heard()} for name in "ab"]
        return {"for": awaited, "timeout": {"hours": self.random.randint(1, 3)}}

    def flow_limit(self):
        keys = self.random.choice([["k"], ["q", {"template": "{{ state.a }}"}]])
        return {"keys": keys, "times": self.random.randint(1, 2), "within": {"hours": self.random.randint(1, 3)}}

    def condition(self, *, high=False):
        draw = self.random
        test = draw.choice(
            [
                {"field": "lead.score", "op": "gte", "value": draw.randint(2, 8) if high else draw.randint(-2, 6)},
                {"field": "lead.score", "op": "gte", "value": draw.randint(2, 8) if high else draw.randint(-2, 6)},
                {"has_tag": draw.choice(TAGS)},
                {"in_list": draw.choice(LISTS)},
                {"field": "lead.status", "op": "eq", "value": "qualified" if high else draw.choice(STATUSES)},
                {"field": "state.a", "op": "eq", "value": draw.randint(0, 3)},
            ]
        )
        if high or draw.random() < 0.7:
            return test
        return {"not": test} if draw.random() < 0.6 else {"all": [test, self.condition()]}

    def script(self):
        """What happens to the lead: hours that pass, events that come, points that somebody gives."""
        draw = self.random
        happening = [("pass", draw.randint(1, 3)), ("pass", draw.randint(1, 20)), ("event", draw.choice("xyz"))]
        happening += [("event", draw.choice("xy")), ("score", draw.randint(-2, 4))]
        return [draw.choice(happening) for _ in range(draw.randint(0, 12))] + [("pass", 31 * 24)]


def may_jump(start, target):
    """Tell whether a jump is allowed: not into a branch of a fork, nor into or out of a listener."""
    return start[: len(target)] == target and all(branch for _, branch in start[len(target) :])
