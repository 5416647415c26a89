"""Moves through the API: where executions stand, taking them to the live version, and taking that back."""

from __future__ import annotations

import pytest

from tests.support.workflows import delay, document, set_status

MOVE = {"choices": [{"version": 1, "section": "d1", "choice": "move"}]}


@pytest.fixture
def moved(call):
    """Return the API's caller with a lead that waits in version 1 of a workflow whose version 2 is live."""
    call("POST", "/workflows", {"name": "Flow", "document": document(delay(), set_status("lost"))})
    call("POST", "/workflows/flow/activation")
    lead = call("POST", "/leads", {"email": "ann@example.com"}).json["id"]
    call("POST", "/workflows/flow/executions", {"lead": lead})
    call.campaign.run()
    call("PUT", "/workflows/flow/draft", document(delay(), set_status("customer")))
    call("POST", "/workflows/flow/activation")
    return call


def version(call):
    return call("GET", "/executions?workflow=flow").json["items"][0]["version"]


def test_it_says_where_executions_of_older_versions_stand(moved):
    (place,) = moved("GET", "/workflows/flow/inside").json["items"]
    assert place == {
        "version": 1, "section": "d1", "name": "", "type": "flow.delay", "executions": 1, "why": None,
    }  # fmt: skip


def test_they_move_and_come_back(moved):
    answer = moved("POST", "/workflows/flow/moves", MOVE)
    assert answer.status_code == 201
    move = answer.json
    assert (move["to"], move["moved"], move["leaving"], move["stayed"], move["returned"]) == (2, 1, 0, 0, None)
    assert version(moved) == 2
    assert moved("GET", "/workflows/flow/moves").json["items"] == [move]
    back = moved("POST", f"/workflows/flow/moves/{move['id']}/undo")
    assert (back.status_code, back.json["returned"], back.json["until"]) == (200, 1, None)
    assert version(moved) == 1
    assert moved("POST", f"/workflows/flow/moves/{move['id']}/undo").status_code == 409


@pytest.mark.parametrize(
    ("sent", "path"),
    [
        ({}, "/choices"),
        ({"choices": []}, "/choices"),
        ({"choices": [{"version": 1, "section": "d1", "choice": "jump"}]}, "/choices/0/choice"),
        ({"choices": [{"version": 7, "section": "d1", "choice": "move"}]}, "/choices"),
    ],
)
def test_what_is_wrong_is_said_at_its_place(moved, sent, path):
    answer = moved("POST", "/workflows/flow/moves", sent)
    assert (answer.status_code, answer.json["error"]["problems"][0]["path"]) == (422, path)


def test_there_is_nothing_to_move_to_while_the_workflow_is_inactive(moved):
    moved("DELETE", "/workflows/flow/activation")
    assert moved("POST", "/workflows/flow/moves", MOVE).status_code == 409
    assert moved("GET", "/workflows/flow/inside").json["items"] == []
