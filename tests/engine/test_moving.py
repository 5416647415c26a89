"""From one version to another: what fits there, and what is waited for then."""

import pytest

from campaigns.engine.execution import Armed
from campaigns.engine.moving import misfit, rearm, section_misfit
from campaigns.engine.walking import CALL
from tests.support.lines import Line, branch, hours, listener, note, received
from tests.support.programs import item, program


def wait(id, *names, **more):
    return item("flow.wait", id, **{"for": [{"name": n, "trigger": received(n)} for n in names]}, **more)


def fork(id, **branches):
    return item("flow.fork", id, join="all") | {"branches": branches}


def moved(line, *sections, **settings):
    """Take a line to a version of these sections."""
    into = program(*sections, **settings)
    assert misfit(line.program, into, line.execution.tokens.values()) is None
    rearm(into, line.execution)
    line.program = into
    return line


@pytest.mark.parametrize(
    ("sections", "why"),
    [
        ([hours("d")], None),
        ([note("n"), hours("d", 5)], None),
        ([hours("x")], "not there any more"),
        ([wait("d", "came")], "another type"),
        ([fork("f", first=branch(hours("d")))], "another fork"),
        ([note("n") | {"listeners": [listener("t9", "x", hours("d"))]}], "another fork or listener"),
    ],
)
def test_sections_are_the_same_by_id_type_and_the_fork_they_stand_in(sections, why):
    told = section_misfit(program(hours("d")), program(*sections), "d")
    assert told is None if why is None else why in told


def test_the_start_is_everywhere():
    assert section_misfit(program(hours("d")), program(), "") is None


def test_a_delay_keeps_its_time_and_goes_on_to_what_follows_now():
    line = moved(Line(hours("d", 5), note("old")), hours("d", 1), note("new"))
    line.pass_time(hours=4)
    assert line.standing == ["d"]
    line.pass_time(hours=1)
    assert line.steps[-1] == ("new", "done")


def test_a_wait_hears_what_the_new_version_waits_for_and_keeps_its_counts():
    twice = {"name": "a", "trigger": received("a", times={"at_least": 2})}
    line = Line(item("flow.wait", "w", **{"for": [twice, {"name": "b", "trigger": received("b")}]}))
    line.event("a")
    moved(line, item("flow.wait", "w", **{"for": [twice, {"name": "c", "trigger": received("c")}]}))
    assert not line.event("b")
    assert line.event("a")
    assert line.steps[-1] == ("w", "a")


def test_a_wait_can_end_by_what_was_added():
    line = moved(Line(wait("w", "a")), wait("w", "a", "b"))
    line.event("b")
    assert line.steps[-1] == ("w", "b")


def test_a_listener_goes_along_with_what_it_runs_now():
    def said(text):
        return [note("s") | {"listeners": [listener("t", "x", note(text))]}, hours("d")]

    line = moved(Line(*said("old")), *said("new"))
    line.event("x")
    assert ("new", "done") in line.steps


def test_a_listener_that_is_gone_keeps_its_execution_where_it_is():
    line = Line(note("s") | {"listeners": [listener("t", "x")]}, hours("d"))
    told = misfit(line.program, program(note("s"), hours("d")), line.execution.tokens.values())
    assert told is not None
    assert "listener" in told


def test_the_branches_of_a_fork_go_along_and_join():
    sections = fork("f", one=branch(hours("a", 1)), two=branch(hours("b", 2)))
    line = moved(Line(sections, note("old")), sections, note("new"))
    line.pass_time(hours=2)
    assert line.steps[-1] == ("new", "done")


def test_a_goal_that_was_added_is_watched_for():
    def goal(name):
        return item("flow.goal", "g", trigger=received(name))

    line = moved(Line(hours("d", 9), goal("bought")), hours("d", 9), goal("paid"), note("thanks"))
    assert not line.event("bought")
    line.event("paid")
    assert line.steps[-1] == ("thanks", "done")


def test_a_wait_for_an_end_elsewhere_is_kept():
    line = Line(hours("d"))
    token = line.execution.tokens[0]
    token.waits = [Armed(CALL, "workflow.finished")]
    rearm(line.program, line.execution)
    assert [armed.name for armed in token.waits] == [CALL]


def test_what_was_woken_while_held_waits_for_nothing_more():
    line = Line(wait("w", "a"))
    line.execution.status = "held"
    line.event("a")
    rearm(program(wait("w", "a", "b")), line.execution)
    assert line.execution.tokens[0].waits == []
