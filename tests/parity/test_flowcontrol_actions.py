"""django-flowcontrol's model, actions and conditions: each of its rules, and what becomes of it here.

The number that begins a docstring is the rule's place in the list of what that product does; rules 14 to 23, about
limits and runs, stand in test_flowcontrol_runs.py. Where we differ, the test holds our rule and says the difference.
Out of scope: actions that a host application writes for itself (a section type of a plugin takes their place).
"""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from campaigns.engine import editing
from campaigns.engine.advance import advance
from campaigns.engine.context import Started
from campaigns.engine.effects import Notify
from campaigns.engine.validation import find_problems, parse
from campaigns.errors import Invalid, NotFound
from tests.support.lines import Line, branch, hours, note, received
from tests.support.programs import KINDS, NOW, VOCABULARY, context, document, item, lead, path, program, walk
from tests.support.section_types import decide, errors

HOT = {"field": "lead.score", "op": "gte", "value": 50}
NEVER = {"field": "lead.score", "op": "lt", "value": 0}


def test_only_what_opens_branches_has_sections_below_it():
    """1. A flow is an ordered tree; only what declares children may have them, and adding elsewhere is refused."""
    refused = item("lead.add_points", "a", points=1, branches={"yes": [note("b")]})
    with pytest.raises(Invalid) as caught:
        parse(document(refused), KINDS)
    assert [problem.path for problem in caught.value.problems] == ["/sections/0/branches/yes"]
    parse(document(item("flow.if", "a", condition=HOT, branches={"yes": [note("b")]})), KINDS)


def test_a_section_is_put_below_sections_of_its_own_workflow_alone():
    """1. A sub-action can't belong to another flow: a place is named by an id of the same document."""
    with pytest.raises(NotFound):
        editing.insert(document(note("a")), "in:elsewhere:yes", note("b"), KINDS)


@pytest.mark.parametrize(
    ("answer", "steps"),
    [
        ({"type": "log.note", "config": {"text": "x"}}, ["i", "a", "b", "after"]),
        ({"type": "flow.if", "config": {"condition": HOT}, "branches": {"no": [note("inner")]}},
         ["i", "a", "inner", "b", "after"]),
        ({"type": "flow.return", "config": {}}, ["i", "a", "after"]),
        ({"type": "flow.leave", "config": {}}, ["i", "a", "after"]),
        ({"type": "flow.stop", "config": {}}, ["i", "a"]),
        ({"type": "flow.delay", "config": {"duration": {"hours": 1}}}, ["i", "a"]),
    ],
    ids=["continue", "enter", "leave", "break", "abort", "suspend"],
)  # fmt: skip
def test_a_section_answers_with_one_of_a_closed_set(answer, steps):
    """2. Continue, enter, leave, break, abort and suspend."""
    result = walk(item("flow.if", "i", condition=NEVER, branches={"no": [{"id": "a", **answer}, note("b")]}),
                  note("after"))  # fmt: skip
    assert [section for section, _ in path(result)] == steps


def test_a_section_that_has_waited_is_asked_again_itself():
    """2. Suspend and repeat: what waits decides at its end, here always and there by a directive of its own."""
    waits = {"for": [{"name": "came", "trigger": received("bought")}], "timeout": {"hours": 1}}
    line = Line(item("flow.wait", "w", **waits, branches={"timeout": [note("late")]}))
    line.pass_time(hours=1)
    assert line.steps == [("w", "waiting"), ("w", "timeout"), ("late", "done")]


def test_any_other_answer_fails_the_execution():
    """2. An answer outside of the set is an error. Giving back nothing is one, too; there it means to go on."""
    result = walk(item("test.answer", "a", with_="nonsense"), note("b"))
    assert (result.status, path(result)) == ("failed", [("a", "failed")])
    assert "a section answered" in result.reason


def test_the_end_of_a_branch_goes_back_to_what_opened_it_and_the_end_of_all_finishes():
    """3. After the last of a branch its parent has control again; where there is no parent, the run is complete."""
    nested = item("flow.if", "i", condition=NEVER, branches={"no": [item("test.rounds", "r", count=0), note("a")]})
    result = walk(nested, note("after"))
    assert (result.status, path(result)[-1]) == ("finished", ("after", "done"))


@pytest.mark.parametrize(("score", "way"), [(50, ["i", "y", "after"]), (49, ["i", "n", "after"])])
def test_if_enters_its_branch_when_the_condition_holds_and_goes_on_after(score, way):
    """4. If, with what it lacks there: a branch for when the condition does not hold."""
    branches = {"yes": [note("y")], "no": [note("n")]}
    result = walk(item("flow.if", "i", condition=HOT, branches=branches), note("after"), subject=lead(score=score))
    assert [section for section, _ in path(result)] == way


def test_an_if_without_a_condition_is_refused():
    """4. There an empty condition is silently false. Here it has to be written; an empty `any` is false in sight."""
    assert list(errors("flow.if")) == ["/condition"]
    assert path(walk(item("flow.if", "i", condition={"any": []}))) == [("i", "no")]


def test_while_tests_before_each_round():
    """5. While: tested before the first round and again when its branch is done."""
    low = {"field": "lead.score", "op": "lt", "value": 2}
    loop = item("flow.while", "w", condition=low, branches={"do": [item("lead.add_points", "p", points=1)]})
    assert [outcome for _, outcome in path(walk(loop))] == ["do", "done", "do", "done", "done"]
    assert path(walk(loop, subject=lead(score=2))) == [("w", "done")]


def test_for_counts_in_the_state_without_its_end_and_forgets_the_counter():
    """6. For: start, end (not included), step; the counter stands in the state and is gone at the end."""
    seen = item("state.update", "u", values={"seen": {"template": "{{ state.seen }}{{ state.n }} "}})
    result = walk(item("flow.for", "f", start=1, end=7, step=2, variable="n", branches={"do": [seen]}))
    assert result.state == {"seen": "1 3 5 "}


def test_for_begins_at_its_start_whatever_the_state_holds():
    """6. There a value of that name is taken as the start. Here it is not: what a loop does stands in its config."""
    loop = item("flow.for", "f", start=0, end=2, variable="n", branches={"do": [note("a")]})
    assert path(walk(loop, state={"n": 1})).count(("a", "done")) == 2


@pytest.mark.parametrize(("type", "rounds"), [("flow.return", 3), ("flow.leave", 1)])
def test_return_goes_back_to_the_parent_and_leave_past_it(type, rounds):
    """7. Return to parent lets a loop test again, Leave branch does not."""
    loop = item("flow.for", "f", end=3, branches={"do": [note("a"), item(type, "x"), note("never")]})
    result = walk(loop, note("after"))
    assert path(result).count(("a", "done")) == rounds
    assert path(result)[-1] == ("after", "done")
    assert ("never", "done") not in path(result)


@pytest.mark.parametrize("type", ["flow.return", "flow.leave"])
def test_return_and_leave_may_have_a_condition_and_end_the_root_as_finished(type):
    """7. Without a condition always, with one where it holds; outside of any branch they end the run as complete."""
    result = walk(item(type, "x", condition=HOT), note("on"))
    assert path(result) == [("x", "skipped"), ("on", "done")]
    ended = walk(item(type, "x"), note("never"))
    assert (ended.status, len(ended.steps)) == ("finished", 1)


def test_stop_ends_the_whole_execution_as_stopped():
    """8. Stop flow: done with outcome aborted. With a reason that stands in the history."""
    result = walk(item("flow.if", "i", condition=NEVER, branches={"no": [item("flow.stop", "s", reason="enough")]}))
    assert (result.status, result.reason) == ("stopped", "enough")


def test_set_state_replaces_but_for_underscored_keys_and_update_merges():
    """9. Set state keeps keys that begin with an underscore, update state merges, text can be evaluated."""
    before = {"_kept": 1, "old": 2}
    sum_of = {"n": {"template": "{{ state.old | plus: 1 }}"}}
    assert walk(item("state.set", "s", values=sum_of), state=before).state == {"_kept": 1, "n": 3}
    assert walk(item("state.update", "s", values=sum_of), state=before).state == {"_kept": 1, "old": 2, "n": 3}


def started(answer, **config):
    asked = []

    def starter(start):
        asked.append(start)
        return answer

    made = program(item("workflow.start", "s", workflow="onboarding", **config), note("after"))
    return advance(made, context(starter=starter)), asked[0]


def test_another_workflow_starts_now_or_later_for_the_lead_and_with_the_state_if_wanted():
    """10. Start new flow: chosen flow, at once or later; the object always goes along, the state by choice."""
    _, now = started(Started(execution="x"))
    assert (now.workflow, now.at, now.pass_state) == ("onboarding", NOW, False)
    _, later = started(Started(execution="x"), delay={"hours": 2}, pass_state=True)
    assert (later.at, later.pass_state) == (NOW + timedelta(hours=2), True)


@pytest.mark.parametrize("limit", ["per_lead_active", "inactive"])
def test_a_workflow_that_refuses_or_is_not_active_does_not_end_its_caller(limit):
    """10. A refusal lets the caller go on. There an inactive target ends it as errored; here that is a refusal, too."""
    result, _ = started(Started(refused=limit))
    assert path(result) == [("s", "refused"), ("after", "done")]
    assert result.steps[0][3]["reason"] == limit


@pytest.mark.parametrize(
    ("config", "until"),
    [
        ({"duration": {"months": 1, "hours": 2}}, datetime(2026, 4, 4, 14, tzinfo=UTC)),
        ({"until_field": "birthday", "offset": {"days": 2}}, datetime(2026, 3, 12, tzinfo=UTC)),
        ({"duration": {"days": 0}, "weekdays": ["fri"]}, datetime(2026, 3, 6, 12, tzinfo=UTC)),
        ({"duration": {"days": 0}, "weekdays": ["wed"], "time_of_day": "15:00"}, datetime(2026, 3, 4, 15, tzinfo=UTC)),
    ],
    ids=["months and hours", "a date with an offset", "the next Friday", "today counts"],
)
def test_a_delay_adds_to_a_date_then_takes_the_weekday_then_the_time_of_day(config, until):
    """11. Base date, months and duration, forward to the weekday (today counts), then the time of day."""
    assert decide("flow.delay", view=context(lead(birthday="2026-03-10")), **config).until == until


@pytest.mark.parametrize(
    ("if_past", "steps"),
    [
        ("continue", ["f", "d", "a", "f", "d", "a", "f", "after"]),
        ("return", ["f", "d", "f", "d", "f", "after"]),
        ("leave", ["f", "d", "after"]),
        ("stop", ["f", "d"]),
    ],
)
def test_a_delay_that_is_past_goes_on_returns_leaves_or_stops(if_past, steps):
    """11. A result in the past: continue, return to parent, break, abort. Continuing does not wait for a poll."""
    past = item("flow.delay", "d", until="2026-03-01T00:00:00Z", if_past=if_past)
    result = walk(item("flow.for", "f", end=2, branches={"do": [past, note("a")]}), note("after"))
    assert [section for section, _ in path(result)] == steps


def test_at_nine_reached_at_noon_is_tomorrow():
    """11. There a time of day that has passed today is the past. Here it moves to the next day that fits."""
    found = decide("flow.delay", duration={"days": 0}, time_of_day="09:00")
    assert found.until == datetime(2026, 3, 5, 9, tzinfo=UTC)


def test_a_delay_keeps_the_clock_of_the_lead():
    """11. There all is in the server's time zone. Here it is the lead's, the tenant's, or a named one."""
    view = context(time_zone=ZoneInfo("America/New_York"))
    found = decide("flow.delay", view=view, duration={"days": 0}, time_of_day="09:00")
    assert found.until == datetime(2026, 3, 4, 14, tzinfo=UTC)


def test_waiting_for_a_trigger_suspends_until_it_fires():
    """12. Wait for trigger: suspended until it fires for the same object; which object that is, the shell decides."""
    line = Line(item("flow.wait", "w", **{"for": [{"name": "came", "trigger": received("bought")}]}), note("after"))
    line.pass_time(days=30)
    assert not line.event("other")
    assert line.standing == ["w"]
    assert line.event("bought")
    assert line.steps[-1] == ("after", "done")


def test_waiting_for_a_trigger_may_end_by_time():
    """12. There a wait has no timeout. Here it has one with a branch of its own, and two years at the most."""
    waits = {"for": [{"name": "came", "trigger": received("bought")}]}
    line = Line(item("flow.wait", "w", **waits, timeout={"days": 1}, branches={"timeout": branch(note("late"))}))
    line.pass_time(days=1)
    assert line.steps[-1] == ("late", "done")
    endless = Line(item("flow.wait", "w", **waits))
    endless.pass_time(days=731)
    assert (endless.status, endless.execution.reason) == ("stopped", "deadline")


def test_an_alert_is_mailed_to_one_address_or_to_all_of_a_tenant():
    """13. Send alert: to one address or all managers, from a template if wanted."""
    view = context(members={("tenant", "acme"): ["anna@acme.example", "bob@acme.example"]})
    assert decide("email.notify", to={"addresses": ["x@example.com"]}).effect == Notify(
        "notification", ("x@example.com",)
    )
    found = decide("email.notify", view=view, to={"tenants": ["acme"]}, template="welcome").effect
    assert found == Notify("welcome", ("anna@acme.example", "bob@acme.example"))


@pytest.mark.parametrize(
    ("condition", "truth"),
    [
        ({"field": "lead.city", "op": "eq", "value": "Berlin"}, True),
        ({"field": "lead.city", "op": "ne", "value": "Berlin"}, False),
        ({"field": "state.n", "op": "lt", "value": 4}, True),
        ({"field": "state.n", "op": "gt", "value": 4}, False),
        ({"field": "lead.city", "op": "in", "value": ["Berlin", "Rome"]}, True),
        ({"field": "lead.city", "op": "not_in", "value": ["Berlin"]}, False),
        ({"field": "lead.plan", "op": "is_empty"}, True),
        ({"field": "lead.city", "op": "is_set"}, True),
        ({"all": [{"any": [HOT, {"field": "lead.city", "op": "is_set"}]}, {"not": HOT}]}, True),
        ({"field": "state.n", "op": "eq", "value": {"template": "{{ lead.city | size | minus: 3 }}"}}, True),
    ],
    ids=["=", "!=", "<", ">", "in", "not in", "is none", "is not none", "and, or, not", "with a filter"],
)  # fmt: skip
def test_conditions_compare_with_these_operators(condition, truth):
    """24. Operators over the object and the state, joined by and, or, not, with template filters."""
    result = walk(item("flow.if", "i", condition=condition), subject=lead(city="Berlin"), state={"n": 3})
    assert path(result) == [("i", "yes" if truth else "no")]


def test_a_condition_is_checked_when_it_is_saved_and_against_its_types():
    """24. Checked for syntax on save; here for the field's type as well."""
    with pytest.raises(Invalid):
        parse(document(item("flow.if", "i", condition={"field": "lead.score", "op": "about", "value": 1})), KINDS)
    typed = parse(document(item("flow.if", "i", condition={**HOT, "value": "many"})), KINDS)
    assert [problem.path for problem in find_problems(typed, KINDS, VOCABULARY)] == [
        "/sections/0/config/condition/value"
    ]


def test_a_value_that_is_missing_makes_a_condition_false_and_ends_nothing():
    """24. There an error while evaluating ends the run. Here the answer is no, and the receipt says what was seen."""
    result = walk(item("flow.if", "i", condition={"field": "event.price", "op": "gt", "value": 1}), hours("d"))
    assert (result.status, path(result)[0]) == ("waiting", ("i", "no"))
