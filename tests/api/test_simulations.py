"""Simulations through the API: the shape that is promised, and errors at their place."""

from __future__ import annotations


def made(call, **config):
    sections = [{"id": "s1", "type": "flow.delay", "config": {"duration": {"hours": 2}}},
                {"id": "s2", "type": "lead.add_tag", "config": {"tag": "x"}}]  # fmt: skip
    document = {"format": 1, "triggers": [{"id": "t1", "type": "manual", "config": {}}], "sections": sections}
    call("POST", "/workflows", {"name": "Sim", "document": document | config})
    return call("POST", "/leads", {"email": "ann@example.com"}).json["id"]


def test_one_lead_with_its_path_and_times(call):
    lead = made(call)
    for named in (lead, {"email": "ann@example.com"}):
        answer = call("POST", "/workflows/sim/simulations", {"lead": named})
        assert answer.status_code == 200
        body = answer.json
        assert (body["leads"], body["sections"]) == (1, {"s1": 1, "s2": 1})
        (path,) = body["paths"]
        assert (path["lead"], path["status"]) == (lead, "finished")
        assert [(step["section"], step["type"], step["outcome"]) for step in path["steps"]] == [
            ("s1", "flow.delay", "waiting"), ("s1", "flow.delay", "resumed"), ("s2", "lead.add_tag", "done"),
        ]  # fmt: skip
    assert call("GET", f"/leads/{lead}").json["tags"] == []


def test_what_is_wrong_is_said_at_its_place(call):
    made(call)
    for sent, path in (({}, ""), ({"sample": 0}, "/sample"), ({"days": 1000}, "/days"), ({"nothing": 1}, "/nothing")):
        answer = call("POST", "/workflows/sim/simulations", sent)
        assert (answer.status_code, answer.json["error"]["problems"][0]["path"]) == (422, path)
    assert call("POST", "/workflows/none/simulations", {"sample": 1}).status_code == 404
    assert call("POST", "/workflows/sim/simulations", {"sample": 1, "version": 4}).status_code == 404
