"""What a `perform` answered, as an outcome: applied where it fits, refused with a sentence where it does not."""

from __future__ import annotations

import pytest

from campaigns.engine.effects import AddNote, EmitEvent, SetField, SetState
from campaigns.engine.outcome import Branch, Done, Fail
from campaigns.sections.performed import Misfit, Performed, outcome_of, values_of
from tests.support.programs import NOW, VOCABULARY, context

BRANCHES = ("found", "unknown", "error")


def outcome(answer, branches=BRANCHES, **parts):
    return outcome_of(context(answer=answer, **parts), branches, VOCABULARY)


def performed(**given):
    return {"performed": values_of(Performed(**given)), "tries": 1, "milliseconds": 5}


def test_all_that_was_answered_becomes_effects_in_order():
    answer = performed(
        branch="found", fields={"visits": "3", "city": 7}, state={"n": 1}, events=[EmitEvent("crm.found", {"a": 1})],
        note="Found", receipt={"id": 9},
    )  # fmt: skip
    effects = (
        SetField("visits", 3),
        SetField("city", "7"),
        SetState({"n": 1}),
        EmitEvent("crm.found", {"a": 1}),
        AddNote("Found"),
    )
    assert outcome(answer) == Branch("found", {"id": 9, "tries": 1, "milliseconds": 5}, effects)


def test_nothing_answered_goes_on():
    assert outcome({"performed": values_of(None), "tries": 1}) == Done((), {"tries": 1})


def test_a_failed_run_takes_the_branch_for_it_or_fails():
    answer = {"error": "no luck", "tries": 2}
    assert outcome(answer) == Branch("error", answer)
    assert outcome(answer, ("found",)) == Fail("no luck", answer)
    assert outcome(None) == Fail("there was no answer")


def test_a_simulation_takes_the_first_branch_that_is_no_error():
    assert outcome({"status": 200, "simulated": True}, ("error", "found")).name == "found"
    assert isinstance(outcome({"status": 200, "simulated": True}, ()), Done)


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"branch": "nowhere"}, "perform answered with the branch 'nowhere', which the section does not have"),
        ({"fields": {"status": "new"}}, "status is no field that can be set"),
        ({"fields": {"visits": "many"}}, "visits: "),
        ({"events": [EmitEvent("lead.created", {})]}, "'lead.created' is no name for an event of a plugin"),
        ({"events": [EmitEvent(" ", {})]}, "' ' is no name for an event of a plugin"),
    ],
)
def test_what_does_not_fit_fails_with_the_reason(given, reason):
    found = outcome(performed(**given))
    assert isinstance(found, Fail)
    assert found.reason.startswith(reason)


def test_the_state_has_its_limit():
    found = outcome(performed(state={"a": "x" * 40_000}), state={"b": "x" * 40_000})
    assert found.reason == "the state would be larger than 64 KiB"


@pytest.mark.parametrize("given", ["yes", 1, {"branch": "found"}, Performed(state={"a": "x" * 70_000})])
def test_only_an_answer_of_a_fitting_size_is_one(given):
    with pytest.raises(Misfit):
        values_of(given)


def test_twenty_events_are_enough():
    with pytest.raises(Misfit, match="more than 20 events"):
        values_of(Performed(events=[EmitEvent("a", {})] * 21))


def test_moments_are_written_as_text():
    assert values_of(Performed(state={"at": NOW}))["state"] == {"at": str(NOW)}
