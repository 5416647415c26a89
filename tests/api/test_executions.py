"""Executions through the API: run now, and found by why they ended."""

from __future__ import annotations

import pytest

from tests.support.lines import received

DELAY = {"id": "d", "type": "flow.delay", "config": {"duration": {"days": 2}}}
NOTE = {"id": "n", "type": "log.note", "config": {"text": "later"}}
WAIT = {"id": "w", "type": "flow.wait", "config": {"for": [{"name": "came", "trigger": received("bought")}]}}


def entered(call, *sections):
    """Let a lead into a workflow of these sections; return the execution's id."""
    call.campaign.workflow(list(sections))
    call("POST", "/leads", {"email": "ann@example.com"})
    call.campaign.run()
    return call("GET", "/executions?workflow=flow").json["items"][0]["id"]


@pytest.mark.parametrize("body", [None, {}, {"section": "d"}, {"section": None}])
def test_a_wait_is_ended_before_its_time(call, body):
    execution = entered(call, DELAY, NOTE)
    answer = call("POST", f"/executions/{execution}/wake", body)
    assert (answer.status_code, answer.json["status"]) == (200, "waiting")  # its turn comes at once, but by a worker
    call.campaign.run()
    whole = call("GET", f"/executions/{execution}").json
    assert whole["status"] == "finished"
    resumed = next(step for step in whole["steps"] if step["outcome"] == "resumed")
    assert set(resumed["receipt"]["run_now"]) == {"by", "at"}


@pytest.mark.parametrize("section", [WAIT, NOTE])
def test_what_waits_for_no_time_is_a_conflict_with_a_code(call, section):
    execution = entered(call, section)
    refused = call("POST", f"/executions/{execution}/wake")
    assert (refused.status_code, refused.json["error"]["code"]) == (409, "not_waiting")


@pytest.mark.parametrize("running", ["hold", "cancel"])
def test_what_is_held_or_has_ended_is_one_too(call, running):
    execution = entered(call, DELAY)
    call("DELETE", f"/workflows/flow/activation?running={running}")
    refused = call("POST", f"/executions/{execution}/wake")
    assert (refused.status_code, refused.json["error"]["code"]) == (409, "not_waiting")


def test_another_section_is_one_too_and_a_wrong_body_is_invalid(call):
    execution = entered(call, DELAY, NOTE)
    assert call("POST", f"/executions/{execution}/wake", {"section": "n"}).status_code == 409
    assert call("POST", f"/executions/{execution}/wake", {"sections": ["d"]}).status_code == 422
    assert call("POST", "/executions/01939f6e-0000-7000-8000-000000000000/wake").status_code == 404


def test_executions_are_found_by_why_they_ended(call):
    execution = entered(call, {"id": "s", "type": "flow.stop", "config": {"reason": "Not interested"}})
    assert [one["id"] for one in call("GET", "/executions?reason=interested").json["items"]] == [execution]
    assert call("GET", "/executions?reason=other").json["items"] == []
