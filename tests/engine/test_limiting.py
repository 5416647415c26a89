"""A token at a limit whose counter nobody knows yet: it rests, due at once, and goes on as if it had not."""

import json

from campaigns.engine.advance import wake
from campaigns.engine.context import Context
from campaigns.engine.execution import MAIN, Execution, Token
from campaigns.engine.moving import misfit
from tests.support.lines import Line, listener, note
from tests.support.programs import NOW, item, lead, program


def limit(id="l", *, times=1, branches=None, **more):
    config = {"keys": ["k"], "times": times, "within": {"hours": 1}} | more
    return item("flow.limit", id, branches=branches, **config)


class Late(Line):
    """A line that learns a counter only when it has asked for it, as a batch does."""

    known = frozenset()
    asked = 0

    def limiter(self, limit):
        if limit.key in self.known:
            return super().limiter(limit)
        self.asked += 1
        self.known = self.known | {limit.key}
        return None

    def go_on(self):
        """Take every token from how it is stored, and wake it."""
        for number, token in list(self.execution.tokens.items()):
            stored = json.loads(json.dumps(token.data()))
            again = self.execution.tokens[number] = Token.read(number, token.section, token.wake_at, stored)
            self.wake(again)


def test_the_token_rests_without_a_step_and_is_due_at_once():
    line = Late(note("a"), limit(), note("b"))
    (token,) = line.execution.tokens.values()
    assert (line.status, line.standing, token.wake_at, line.steps) == ("waiting", ["l"], NOW, [("a", "done")])


def test_it_goes_on_with_what_it_asked_whatever_the_lead_has_become_meanwhile():
    line = Late(limit(keys=[{"template": "{{ lead.email }}"}]), note("b"))
    line.subject.set_value("email", "bob@example.com")
    line.go_on()
    assert line.steps == [("l", "pass"), ("b", "done")]
    assert line.execution.steps[0][3]["key"] == ["ann@example.com"]


def test_nothing_of_it_is_kept_afterwards():
    line = Late(limit(), item("flow.delay", "d", duration={"hours": 1}))
    line.go_on()
    (token,) = line.execution.tokens.values()
    assert (token.asked, token.data()) == (None, {"entered": True})


def test_only_if_is_asked_once_before():
    vip = limit() | {"only_if": {"has_tag": "vip"}}
    assert Late(vip).steps == [("l", "skipped")]
    line = Late(vip, subject=_vip())
    line.subject.remove_tag("vip")
    line.go_on()
    assert line.steps == [("l", "pass")]


def _vip():
    subject = lead()
    subject.add_tag("vip")
    return subject


def test_listeners_are_armed_when_it_has_passed():
    heard = limit() | {"listeners": [listener("t2", "x", note("n"))]}
    line = Late(heard)
    assert len(line.execution.tokens) == 1
    line.go_on()
    assert (line.status, line.event("x")) == ("listening", True)
    assert line.steps == [("l", "pass"), ("t2", "done"), ("n", "done")]


def test_a_loop_counts_its_rounds_across_the_rests():
    each = {"template": "{{ state.n }}"}
    count = item("state.update", "u", values={"n": {"template": "{{ state.n | plus: 1 }}"}})
    loop = item("flow.while", "w", condition={"all": []}, max_rounds=5, branches={"do": [limit(keys=[each]), count]})
    line = Late(loop)
    while line.status == "waiting" and line.asked < 20:
        line.go_on()
    assert (line.status, line.asked) == ("failed", 5)
    assert line.execution.reason == "more than 5 rounds without a wait"


def test_a_goal_takes_a_token_from_there():
    line = Late(limit(), note("b"), item("flow.goal", "g", condition={"has_tag": "vip"}, otherwise="continue"))
    line.subject.add_tag("vip")
    line.changed()
    assert (line.status, line.steps) == ("finished", [("g", "done")])


def test_lines_of_a_fork_ask_each_for_itself():
    fork = item("flow.fork", "f", branches={"a": [limit("l1")], "b": [limit("l2")]})
    line = Late(fork, note("n"))
    (rests,) = [token for token in line.execution.tokens.values() if token.asked]
    line.wake(rests)
    assert line.steps == [("f", "waiting"), ("l2", "pass"), ("l1", "block"), ("f", "resumed"), ("n", "done")]


def test_in_another_version_the_one_that_asked_is_answered_as_it_asked():
    execution = Execution()
    execution.tokens[MAIN] = Token()
    before, after = program(limit(times=1)), program(limit(times=5))
    context = Context(lead(), now=NOW, limiter=lambda _limit: None)
    wake(before, execution, context, execution.tokens[MAIN])
    assert misfit(before, after, execution.tokens.values()) is None
    wake(after, execution, Context(lead(), now=NOW), execution.tokens[MAIN])
    assert execution.steps[0][3]["times"] == 1
