"""Walking a token: every outcome, what a step sees of the one before, failures that stay their own."""

from datetime import timedelta

import pytest

from campaigns.engine.advance import MAX_STEPS, advance
from campaigns.engine.context import Context
from campaigns.engine.effects import SendEmail
from tests.support.programs import NOW, context, item, lead, path, points, program, walk

HOT = {"field": "lead.score", "op": "gte", "value": 50}


def test_a_program_without_sections_finishes_at_once():
    result = walk()
    assert (result.status, result.steps, result.next_number) == ("finished", [], 0)


def test_steps_are_numbered_from_the_number_given():
    result = advance(program(points("s1"), points("s2")), context(), number=7)
    assert [(number, section) for number, section, _, _ in result.steps] == [(7, "s1"), (8, "s2")]
    assert result.next_number == 9


def test_a_branch_is_taken_with_its_receipt_and_an_absent_one_is_empty():
    fork = item("flow.if", "s1", condition=HOT, branches={"yes": [points("s2")]})
    assert path(walk(fork, points("s3"), subject=lead(score=50))) == [("s1", "yes"), ("s2", "done"), ("s3", "done")]
    cold = walk(fork, points("s3"), subject=lead(score=49))
    assert path(cold) == [("s1", "no"), ("s3", "done")]
    assert cold.steps[0][3]["saw"] == 49


def test_what_a_step_changes_is_seen_by_the_next():
    ann = lead(score=40)
    fork = item("flow.if", "s2", condition=HOT, branches={"yes": [item("list.add", "s3", list="hot")]})
    again = item("flow.if", "s4", condition={"in_list": "hot"}, branches={"yes": [item("lead.add_tag", "s5", tag="a")]})
    tagged = item("flow.if", "s6", condition={"has_tag": "a"}, branches={"yes": [item("flow.stop", "s7", reason="x")]})
    result = walk(points("s1", 10), fork, again, tagged, subject=ann)
    assert [outcome for _, outcome in path(result)] == ["done", "yes", "done", "yes", "done", "yes", "stopped"]
    assert result.changes == [
        (0, {"fields": {"score": [40, 50]}}), (2, {"lists_added": ["hot"]}), (4, {"tags_added": ["a"]}),
    ]  # fmt: skip


def test_a_section_that_changes_nothing_leaves_a_step_and_no_change():
    same = item("lead.set_status", "s1", status="new")
    result = walk(same, item("lead.remove_tag", "s2", tag="none"), points("s3", 0))
    assert len(result.steps) == 3
    assert result.changes == []


def test_a_wait_rests_at_its_section_and_goes_on_when_resumed():
    delayed = program(points("s1"), item("flow.delay", "s2", duration={"hours": 1}), points("s3"))
    rests = advance(delayed, context())
    assert (rests.status, rests.section, rests.entered) == ("waiting", "s2", True)
    assert rests.wake_at == NOW + timedelta(hours=1)
    assert path(rests) == [("s1", "done"), ("s2", "waiting")]
    ends = advance(delayed, context(), section="s2", number=rests.next_number, resuming=True)
    assert (ends.status, path(ends)) == ("finished", [("s2", "resumed"), ("s3", "done")])
    assert ends.steps[0][0] == 2


def test_without_resuming_a_section_is_decided_anew():
    delayed = program(item("flow.delay", "s1", duration={"hours": 1}))
    assert path(advance(delayed, context(), section="s1")) == [("s1", "waiting")]


def test_a_section_that_this_version_does_not_have_fails_the_execution():
    result = advance(program(points("s1")), context(), section="s9", number=3)
    assert (result.status, result.section) == ("failed", "s9")
    assert "s9 is not in this version" in result.reason


def test_stop_ends_as_stopped_with_its_reason():
    result = walk(item("flow.stop", "s1", reason="not for us"), points("s2"))
    assert (result.status, result.reason, path(result)) == ("stopped", "not for us", [("s1", "stopped")])


def test_finish_ends_the_token_even_in_a_branch():
    fork = item("flow.if", "s1", condition=HOT, branches={"no": [item("flow.finish", "s2")]})
    result = walk(fork, points("s3"))
    assert (result.status, path(result)) == ("finished", [("s1", "no"), ("s2", "finished")])


def test_an_outside_effect_is_planned_with_the_number_of_its_step():
    result = walk(points("s1"), item("test.answer", "s2", with_="perform"), points("s3"))
    assert result.outside == [(1, "s2", 0, SendEmail("welcome", "marketing"))]
    assert path(result)[1:] == [("s2", "done"), ("s3", "done")]


@pytest.mark.parametrize("answer", ["leave", "return"])
def test_leaving_and_returning_go_on_after_the_section_that_opened_the_branch(answer):
    inner = [item("test.answer", "s2", with_=answer), points("s3")]
    fork = item("flow.if", "s1", condition=HOT, branches={"no": inner})
    assert path(walk(fork, points("s4"))) == [("s1", "no"), ("s2", "done"), ("s4", "done")]


@pytest.mark.parametrize("answer", ["leave", "return"])
def test_leaving_and_returning_at_the_root_end_the_token_as_finished(answer):
    result = walk(item("test.answer", "s1", with_=answer), points("s2"))
    assert (result.status, path(result)) == ("finished", [("s1", "done")])


def test_goto_jumps_to_the_section_it_names():
    result = walk(item("test.answer", "s1", with_="goto", section="s3"), points("s2"), points("s3"))
    assert path(result) == [("s1", "done"), ("s3", "done")]


def test_fail_rests_in_quarantine_with_its_reason_and_receipt():
    result = walk(points("s1"), item("test.answer", "s2", with_="fail"), points("s3"))
    assert (result.status, result.reason, result.section) == ("failed", "no luck", "s2")
    assert result.steps[-1] == (1, "s2", "failed", {"tried": 1, "reason": "no luck"})


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        (item("test.boom", "s2", message="x" * 900), "RuntimeError: xxx"),
        (item("test.answer", "s2", with_="nonsense"), "TypeError: a section answered 'yes'"),
        (item("test.answer", "s2", with_="goto", section="nowhere"), "KeyError"),
        (item("test.unfit", "s2"), "the choice is gone"),
    ],
    ids=["raises", "answers nonsense", "goes nowhere", "can't be prepared"],
)
def test_a_broken_section_fails_its_own_execution_and_the_steps_before_stand(broken, reason):
    ann = lead()
    result = walk(points("s1", 5), broken, points("s3"), subject=ann)
    assert (result.status, result.section) == ("failed", "s2")
    assert reason in result.reason
    assert len(result.reason) <= 500
    assert path(result) == [("s1", "done"), ("s2", "failed")]
    assert ann.points == 5


def test_a_disabled_section_is_passed_over():
    result = walk({**item("flow.stop", "s1"), "disabled": True}, points("s2"))
    assert path(result) == [("s1", "skipped"), ("s2", "done")]
    assert result.steps[0][3] == {"disabled": True}


def test_a_disabled_section_with_branches_takes_none():
    fork = {**item("flow.if", "s1", condition=HOT, branches={"no": [points("s2")]}), "disabled": True}
    assert path(walk(fork, points("s3"))) == [("s1", "skipped"), ("s3", "done")]


def test_only_if_skips_with_a_receipt_of_what_it_saw():
    result = walk({**points("s1"), "only_if": HOT}, {**points("s2"), "only_if": {"not": HOT}})
    assert path(result) == [("s1", "skipped"), ("s2", "done")]
    assert result.steps[0][3]["only_if"]["saw"] == 0


def test_state_is_replaced_but_for_keys_that_begin_with_an_underscore():
    result = walk(item("state.set", "s1", values={"b": 2}), state={"a": 1, "_loop": 3})
    assert result.state == {"_loop": 3, "b": 2}


def test_state_is_merged_and_all_values_are_worked_out_from_the_state_before():
    swap = item("state.update", "s1", values={"a": {"template": "{{ state.b }}"}, "b": {"template": "{{ state.a }}"}})
    result = walk(swap, item("state.update", "s2", values={"c": 3}), state={"a": 1, "b": 2})
    assert result.state == {"a": 2, "b": 1, "c": 3}


def test_the_state_given_is_not_changed_in_place():
    given = {"a": 1}
    walk(item("state.update", "s1", values={"a": 2}), state=given)
    assert given == {"a": 1}


def test_a_loop_comes_back_to_its_section_until_it_is_done():
    count = item("state.update", "s2", values={"n": {"template": "{{ state.n | default: 0 | plus: 1 }}"}})
    result = walk(item("test.rounds", "s1", count=3, branches={"do": [count]}), points("s3"))
    assert path(result) == [("s1", "do"), ("s2", "done")] * 3 + [("s1", "done"), ("s3", "done")]


@pytest.mark.parametrize("branches", [{}, {"do": [points("s2", 0)]}], ids=["absent branch", "branch without a count"])
def test_a_loop_that_goes_nowhere_fails_after_a_thousand_rounds(branches):
    result = walk(points("s0", 5), item("test.rounds", "s1", branches=branches))
    assert (result.status, result.section) == ("failed", "s1")
    assert "1000 rounds" in result.reason
    assert path(result).count(("s1", "do")) == 1000


def test_rounds_are_counted_anew_after_a_wait():
    body = [item("flow.delay", "s2", duration={"hours": 1})]
    looping = program(item("test.rounds", "s1", count=5, branches={"do": body}))
    result = advance(looping, context(state={"n": 0}), section="s2", resuming=True)
    assert (result.status, path(result)[:2]) == ("waiting", [("s2", "resumed"), ("s1", "do")])


def test_a_walk_of_too_many_steps_fails():
    inner = [item("test.rounds", "s2", count=10**9, branches={"do": [points(f"p{n}", 0) for n in range(60)]})]
    result = walk(item("test.rounds", "s1", count=10**9, branches={"do": inner}))
    assert (result.status, len(result.steps)) == ("failed", MAX_STEPS + 1)
    assert str(MAX_STEPS) in result.reason


def test_a_walk_without_a_lead_changes_no_lead():
    result = advance(program(points("s1"), item("state.set", "s2", values={"a": 1})), Context(None, now=NOW))
    assert (result.status, result.changes, result.state) == ("finished", [], {"a": 1})
