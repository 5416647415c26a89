"""What each section of the flow does to the line that comes to it: where it goes next, or None when it rests or ends.

Only the draw of a split is asked of the section itself.
"""

from datetime import timedelta

from campaigns.sections.flow.split import Split
from tests.engine.naive_places import ARRIVED, NaivePlaces
from tests.engine.test_compiling_naive import Naive
from tests.support.programs import context

HOUR = timedelta(hours=1)


class NaiveSections(NaivePlaces, Naive):
    """The meaning of sections; the lead and its conditions are those of `Naive`. `how`: next round, event."""

    def branch_of(self, section, name, otherwise):
        return self.first(section.get("branches", {}).get(name, []), otherwise)

    def at_if(self, line, section, config, _):
        taken = self.branch("flow.if", config)
        self.step(section, taken)
        return self.branch_of(section, taken, self.after(section["id"]))

    def at_switch(self, line, section, config, _):
        taken = self.branch("flow.switch", config)
        self.step(section, taken)
        return self.branch_of(section, taken, self.after(section["id"]))

    def at_split(self, line, section, config, _):
        taken = Split.model_validate(config).decide(context()).name
        self.step(section, taken)
        return self.branch_of(section, taken, self.after(section["id"]))

    def at_limit(self, line, section, config, _):
        key = "k" if config["keys"] == ["k"] else f"q {self.state.get('a', '')}"
        passed = [at for at in self.counted.get(key, []) if self.now - at < config["within"]["hours"] * HOUR]
        taken = "pass" if len(passed) < config["times"] else "block"
        if taken == "pass":
            self.counted[key] = [*self.counted.get(key, []), self.now]
        self.step(section, taken)
        return self.branch_of(section, taken, self.after(section["id"]))

    def at_while(self, line, section, config, _):
        if not self.holds(config["condition"]):
            self.step(section, "done")
            return self.after(section["id"])
        rounds = self.rounds[line.number, line.at] = self.rounds.get((line.number, line.at), 0) + 1
        if rounds > config["max_rounds"]:
            self.step(section, "failed")
            self.status = "failed"
            return None
        self.step(section, "do")
        return self.branch_of(section, "do", (section["id"],))

    def at_for(self, line, section, config, how):
        name, number = config["variable"], config["start"]
        if how[0]:
            stood = self.state.get(name)
            number = (line.loops.get(name, config["end"]) if stood is None else stood) + config["step"]
        if (number < config["end"]) if config["step"] > 0 else (number > config["end"]):
            self.step(section, "do")
            self.state = self.state | {name: number}
            line.loops[name] = number
            return self.branch_of(section, "do", (section["id"],))
        self.step(section, "done")
        line.loops.pop(name, None)
        self.state = {key: value for key, value in self.state.items() if key != name}
        return self.after(section["id"])

    def at_leave(self, line, section, config, _, *, back=False):
        holds = "condition" not in config or self.holds(config["condition"])
        self.step(section, "done" if holds else "skipped")
        if not holds:
            return self.after(section["id"])
        return self.closed(self.places[section["id"]][3]) if back else self.left(section["id"])

    def at_return(self, line, section, config, how):
        return self.at_leave(line, section, config, how, back=True)

    def at_stop(self, line, section, config, _):
        self.step(section, "stopped")
        self.status = "stopped"

    def at_finish(self, line, section, config, _):
        self.step(section, "finished")
        self.ended(line, arrived=False)

    def at_goto(self, line, section, config, _):
        if line.visits.get(section["id"], 0) >= config["max_visits"]:
            self.step(section, "exhausted")
            return self.after(section["id"])
        line.visits[section["id"]] = line.visits.get(section["id"], 0) + 1
        self.step(section, "done")
        outside = len(self.places[section["id"]][4]) - len(self.places[config["section"]][4])
        for _fork in range(outside):
            self.step_out(line)
        return config["section"]

    def step_out(self, line):
        """Take a line out of a fork: it goes on in the place of the line that waits there."""
        fork = line.parent
        if fork is not None:
            fork.children.remove(line)
            line.parent = fork.parent
            if line.parent is not None:
                line.parent.children.append(line)
            self.joins.append(fork)

    def at_fork(self, line, section, config, _):
        names = list(section.get("branches", {}))
        if not names:
            self.step(section, "done")
            return self.after(section["id"])
        for name in names:
            child = self.line(line)
            child.at = section["id"]
            self.lines.append(child)
            self.fresh.append((child, self.branch_of(section, name, ARRIVED)))
            if config["join"] != "none":
                child.parent = line
                line.children.append(child)
        if config["join"] != "none":
            line.join, line.arrived = config["join"], False
            return self.rest(line, section, None)
        self.step(section, "done")
        return self.after(section["id"])

    def at_delay(self, line, section, config, _):
        if config.get("duration", {}).get("hours"):
            return self.rest(line, section, self.now + config["duration"]["hours"] * HOUR)
        way = config.get("if_past")
        self.step(section, "stopped" if way == "stop" else "done")
        if way == "stop":
            self.status = "stopped"
            return None
        if way in {"leave", "return"}:
            return self.left(section["id"]) if way == "leave" else self.closed(self.places[section["id"]][3])
        return self.after(section["id"])

    def at_business_hours(self, line, section, config, _):
        at = self.now
        while at.weekday() > 4 or not 9 <= at.hour < 17:
            at += HOUR
        if at > self.now:
            return self.rest(line, section, at)
        self.step(section, "done")
        return self.after(section["id"])

    def at_wait(self, line, section, config, _):
        return self.rest(line, section, self.now + config["timeout"]["hours"] * HOUR)

    def at_goal(self, line, section, config, how):
        met = how[1] is not None or ("condition" in config and self.holds(config["condition"]))
        if not met and config["otherwise"] == "wait":
            return self.rest(line, section, None)
        self.step(section, "finished" if not met and config["otherwise"] == "end" else "done")
        if not met and config["otherwise"] == "end":
            return self.ended(line, arrived=False)
        return self.after(section["id"])
