"""flow.while: tested before each round, guarded against going round for ever."""

from tests.support.lines import Line, hours, note
from tests.support.programs import item

COLD = {"field": "lead.score", "op": "lt", "value": 30}


def loop(*body, **config):
    return item("flow.while", "w", condition=COLD, branches={"do": list(body)}, **config)


def test_it_goes_round_while_its_condition_holds_and_leaves_a_step_at_each_test():
    line = Line(loop(item("lead.add_points", "p", points=10)), note("after"))
    assert line.steps == [("w", "do"), ("p", "done")] * 3 + [("w", "done"), ("after", "done")]


def test_it_is_tested_before_the_first_round():
    line = Line(item("lead.add_points", "p0", points=99), loop(note("n")))
    assert line.steps == [("p0", "done"), ("w", "done")]


def test_more_rounds_than_allowed_fail_with_the_number_and_what_was_done_stands():
    line = Line(loop(item("lead.add_points", "p", points=0), max_rounds=7), note("after"))
    assert (line.status, line.steps.count(("p", "done"))) == ("failed", 7)
    assert "7 rounds" in line.execution.reason


def test_a_wait_begins_the_count_anew():
    line = Line(loop(item("lead.add_points", "p", points=5), hours("d"), max_rounds=1))
    line.pass_time(hours=6)
    assert line.status == "finished"
    assert line.steps.count(("w", "do")) == 6


def test_return_tests_again_and_leave_goes_on_after_the_loop():
    back = Line(loop(item("lead.add_points", "p", points=10), item("flow.return", "r"), note("never")), note("after"))
    assert back.steps.count(("w", "do")) == 3
    assert ("never", "done") not in back.steps
    out = Line(loop(item("flow.leave", "l"), note("never")), note("after"))
    assert out.steps == [("w", "do"), ("l", "done"), ("after", "done")]


def test_an_if_inside_the_loop_joins_and_the_round_goes_on():
    inner = item("flow.if", "i", condition=COLD, branches={"yes": [item("flow.return", "r")]})
    line = Line(loop(item("lead.add_points", "p", points=20), inner, note("n")))
    assert [section for section, _ in line.steps] == ["w", "p", "i", "r", "n", "w", "p", "i", "n", "w"]
