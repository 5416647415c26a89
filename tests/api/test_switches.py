"""Activating through the API: at a time, with those who match, and with a plan for the overdue."""

from __future__ import annotations

from datetime import timedelta

import pytest

from campaigns.ids import new_id
from tests.support.workflows import add_leads, delay, document

HOT = {"id": "t1", "type": "list.added", "config": {"list": "hot"}}
AT = "2026-03-05T09:00:00Z"


@pytest.fixture
def flow(call):
    """Return the caller with an inactive workflow `flow`."""
    call("POST", "/workflows", {"name": "Flow", "document": document(delay(), triggers=[HOT])})
    return call


def test_it_is_activated_at_a_time(flow, clock):
    answer = flow("POST", "/workflows/flow/activation", {"at": AT, "note": "Later"})
    assert (answer.status_code, answer.json["state"]) == (202, "inactive")
    (planned,) = answer.json["planned"]
    assert (planned["turn"], planned["at"], planned["failed"]) == ("activate", AT, "")
    clock.advance(timedelta(days=1))
    flow.campaign.run()
    shown = flow("GET", "/workflows/flow").json
    assert (shown["state"], shown["planned"]) == ("active", [])


def test_it_is_deactivated_at_a_time(flow, clock):
    flow("POST", "/workflows/flow/activation")
    answer = flow("DELETE", f"/workflows/flow/activation?running=hold&at={AT}")
    assert (answer.status_code, answer.json["planned"][0]["turn"]) == (202, "deactivate")
    clock.advance(timedelta(days=1))
    flow.campaign.run()
    assert flow("GET", "/workflows/flow").json["state"] == "inactive"


def test_what_is_planned_is_cancelled(flow):
    flow("POST", "/workflows/flow/activation", {"at": AT})
    assert flow("DELETE", "/workflows/flow/planned/activate").status_code == 204
    assert flow("GET", "/workflows/flow").json["planned"] == []
    assert flow("DELETE", "/workflows/flow/planned/activate").status_code == 404
    assert flow("DELETE", "/workflows/flow/planned/explode").status_code == 404


def test_leads_who_match_are_let_in(flow):
    add_leads(flow.campaign.store, flow.campaign.tenancy, 3, on_list="hot")
    answer = flow("POST", "/workflows/flow/activation", {"enter": "matching"})
    assert answer.status_code == 200
    going = answer.json["admission"]
    assert (going["total"], going["looked"]) == (3, 0)
    flow.campaign.run()
    (done,) = flow("GET", "/workflows/flow/admissions").json["items"]
    assert (done["id"], done["status"], done["admitted"], done["refused"]) == (going["id"], "done", 3, 0)
    assert flow("GET", f"/workflows/flow/admissions/{done['id']}").json == done
    assert flow("GET", "/workflows/flow").json["admission"] is None


def test_letting_in_is_cancelled(flow):
    add_leads(flow.campaign.store, flow.campaign.tenancy, 3, on_list="hot")
    going = flow("POST", "/workflows/flow/activation", {"enter": "matching"}).json["admission"]
    address = f"/workflows/flow/admissions/{going['id']}/cancel"
    assert flow("POST", address).json["status"] == "cancelled"
    assert flow("POST", address).status_code == 409
    assert flow("GET", f"/workflows/flow/admissions/{new_id()}").status_code == 404
    flow.campaign.run()
    assert flow("GET", "/executions?workflow=flow").json["items"] == []


def test_the_overdue_end_where_that_is_asked(flow, clock):
    add_leads(flow.campaign.store, flow.campaign.tenancy, 1, on_list="hot")
    flow("POST", "/workflows/flow/activation", {"enter": "matching"})
    flow.campaign.run()
    flow("DELETE", "/workflows/flow/activation?running=hold")
    clock.advance(timedelta(days=3))
    flow("POST", "/workflows/flow/activation", {"overdue": "skip"})
    (one,) = flow("GET", "/executions?workflow=flow").json["items"]
    assert one["status"] == "stopped"


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"enter": "all"}, "/enter"),
        ({"overdue": "later"}, "/overdue"),
        ({"spread_hours": 0}, "/spread_hours"),
        ({"at": "soon"}, "/at"),
        ({"at": "2020-01-01T00:00:00Z"}, "/at"),
        ({"note": 1}, "/note"),
        ({"when": "now"}, "/when"),
    ],
)
def test_what_is_wrong_is_told_at_its_path(flow, body, path):
    answer = flow("POST", "/workflows/flow/activation", body)
    assert answer.status_code == 422
    assert [one["path"] for one in answer.json["error"]["problems"]] == [path]
    assert flow("GET", "/workflows/flow").json["state"] == "inactive"


def test_a_time_in_the_address_is_read_strictly(flow):
    flow("POST", "/workflows/flow/activation")
    answer = flow("DELETE", "/workflows/flow/activation?at=soon")
    assert answer.status_code == 422
    assert [one["path"] for one in answer.json["error"]["problems"]] == ["/at"]
