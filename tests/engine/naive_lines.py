"""A naive reading of a document with several lines at a time: it looks at the document itself, section by section.

The lead is plain values, as in `test_compiling_naive`. What happens at the same time happens in one order: a line goes
until it rests; then those that it has set going, the oldest first; then what has arrived is joined.
"""

from datetime import timedelta

from tests.engine.naive_places import ARRIVED, END
from tests.engine.naive_sections import HOUR, NaiveSections
from tests.support.programs import NOW

TOO_LONG = 3000


class TooLong(Exception):
    """More steps than a test wants to look at."""


class NaiveLine:
    """One line of an execution: where it stands, until when, and whose branch it is."""

    def __init__(self, number, source=None):
        self.number = number
        self.at, self.due, self.rests = None, None, False
        self.parent, self.children, self.join, self.arrived = None, [], "", False
        self.listener, self.side = None, bool(source and source.side)
        self.loops = dict(source.loops) if source else {}
        self.visits = dict(source.visits) if source else {}


class NaiveLines(NaiveSections):
    """An execution: its lines, the oldest first, the lead, and the clock."""

    def __init__(self, document):
        super().__init__()
        self.now, self.lines, self.fresh, self.joins, self.rounds = NOW, [], [], [], {}
        self.places, self.status, self.counted = {}, "running", {}
        self.note(document["sections"], None, ())
        main = self.line()
        self.lines.append(main)
        first = self.first(document["sections"], END)
        goal = self.goal_met(self.ahead(first)) if first != END else None
        self.go(main, goal or first)
        self.settle()

    def line(self, source=None):
        return NaiveLine(max((line.number for line in self.lines), default=-1) + 1, source)

    def go(self, line, target, event=None):
        """Take a line from section to section until it rests or ends."""
        line.due, line.rests = None, False
        while target not in {END, ARRIVED, None}:
            again = isinstance(target, tuple)
            section = self.places[target[0] if again else target][0]
            line.at = section["id"]
            target = self.passed(line, section, again, event)
            event = None
            if self.status != "running":
                return
        if target is not None:
            self.ended(line, arrived=target == ARRIVED)

    def step(self, section, outcome):
        super().step(section, outcome)
        if len(self.steps) > TOO_LONG:
            raise TooLong

    def passed(self, line, section, again, event):
        if section.get("disabled") or ("only_if" in section and not self.holds(section["only_if"])):
            self.step(section, "skipped")
            return self.after(section["id"])
        config, kind = section.get("config", {}), section["type"]
        decide = getattr(self, kind.replace("flow.", "at_"), None) if kind.startswith("flow.") else None
        if decide is None:
            self.step(section, "done")
            self.act(kind, config)
            return self.went(line, section, self.after(section["id"]), changed=kind != "email.send")
        target = decide(line, section, config, (again, event))
        if target is None or self.status != "running":
            return None
        changed = kind == "flow.for"
        return self.went(line, section, target, changed=changed, again=again)

    def went(self, line, section, target, *, changed, again=False):
        """Arm what listens to a section that has run; go to a goal that its step has reached."""
        goal = self.goal_met(self.ahead(section["id"])) if changed else None
        if not again and self.steps[-1][1] != "skipped":
            for listener in section.get("listeners", ()):
                self.arm(line, section, listener)
        return goal or target

    def rest(self, line, section, due):
        self.step(section, "waiting")
        line.due, line.rests = due, True

    def ended(self, line, *, arrived):
        self.lines.remove(line)
        if line.parent is not None:
            line.parent.children.remove(line)
            line.parent.arrived |= arrived
            self.joins.append(line.parent)

    def settle(self):
        """Let new lines go, join what has arrived, look for goals that another line has reached."""
        while self.status == "running" and (self.fresh or self.joins):
            if self.fresh:
                line, target = self.fresh.pop(0)
                self.go(line, target)
            else:
                self.join(self.joins.pop())
        if self.status == "running":
            for line in self.lines:
                goal = self.goal_met(self.own(line) + self.ahead(line.at)) if line.rests else None
                if goal is not None:
                    self.to_goal(line, goal)
                    return

    def own(self, line):
        return [line.at] if self.places[line.at][0]["type"] == "flow.goal" else []

    def goal_met(self, goals):
        tests = ((goal, self.places[goal][0]["config"].get("condition")) for goal in goals)
        return next((goal for goal, test in tests if test is not None and self.holds(test)), None)

    def to_goal(self, line, goal, event=None):
        self.drop(line)
        self.go(line, goal, event)
        self.settle()

    def drop(self, line):
        """End all branches that a line has under way."""
        for child in line.children:
            self.drop(child)
            self.lines.remove(child)
        line.children, line.join = [], ""

    def join(self, line):
        if line not in self.lines or not line.join:
            return
        section = self.places[line.at][0]
        if line.arrived and (line.join == "any" or not line.children):
            self.drop(line)
            goal = self.goal_met(self.ahead(line.at))
            if goal is not None:
                self.go(line, goal)
                return
            self.go(line, self.resumed(line, section))
        elif not line.children:
            self.ended(line, arrived=False)

    def resumed(self, line, section, outcome="resumed", target=None):
        self.step(section, outcome)
        return self.went(line, section, target or self.after(section["id"]), changed=False)

    def arm(self, line, section, listener):
        self.lines = [other for other in self.lines if not (other.listener and other.listener["id"] == listener["id"])]
        armed = self.line(line)
        armed.at, armed.listener, armed.side = section["id"], listener, True
        armed.due = self.now + timedelta(days=30)
        self.lines.append(armed)

    def pass_time(self, hours):
        until = self.now + hours * HOUR
        while self.status == "running":
            due = min((line for line in self.lines if line.due and line.due <= until), key=_when, default=None)
            if due is None:
                break
            self.now, self.rounds = due.due, {}
            self.time_is_over(due)
            self.settle()
        self.now = until

    def time_is_over(self, line):
        section = self.places[line.at][0]
        if line.listener:
            self.lines.remove(line)
            self.steps.append((line.listener["id"], "finished"))
        elif section["type"] == "flow.wait":
            target = self.branch_of(section, "timeout", self.after(line.at))
            self.go(line, self.resumed(line, section, "timeout", target))
        else:
            self.go(line, self.resumed(line, section))

    def event(self, name):
        for line in list(self.lines):
            if self.status == "running" and line in self.lines:
                self.rounds = {}
                self.hear(line, name)

    def hear(self, line, name):
        if line.listener:
            self.hear_beside(line, name)
            return
        if not line.rests:
            return
        section = self.places[line.at][0]
        goals = (self.own(line)) + self.ahead(line.at)
        goal = next((goal for goal in goals if heard(self.places[goal][0]["config"].get("trigger"), name)), None)
        if goal is not None:
            self.to_goal(line, goal, name)
        elif section["type"] == "flow.wait":
            won = next((one["name"] for one in section["config"]["for"] if heard(one["trigger"], name)), None)
            if won is not None:
                target = self.branch_of(section, won, self.after(line.at))
                self.go(line, self.resumed(line, section, won, target))
                self.settle()

    def hear_beside(self, line, name):
        if not heard(line.listener, name):
            return
        if line.listener.get("times") is None:
            self.lines.remove(line)
        self.steps.append((line.listener["id"], "done"))
        if line.listener["sections"]:
            beside = self.line(line)
            self.lines.append(beside)
            self.go(beside, line.listener["sections"][0]["id"])
        self.settle()

    def score(self, points):
        """Somebody else gives the lead points."""
        self.values["score"] += points
        if self.status == "running":
            self.rounds = {}
            self.settle()

    @property
    def outcome(self):
        if self.status != "running":
            return self.status
        if not self.lines:
            return "finished"
        return "listening" if all(line.side for line in self.lines) else "waiting"


def heard(trigger, name):
    return trigger is not None and trigger["config"]["name"] == name


def _when(line):
    return line.due, line.number
