"""Story tests through the API: kept, listed, run, deleted, and what a failing one does to activation."""

from __future__ import annotations

from typing import Any

from campaigns.ids import new_id

TRIAL = {"lead": {"values": {"score": 60}}, "starts_at": "2026-03-02T08:00:00Z"}


def document(limit: int = 50) -> dict[str, Any]:
    condition = {"field": "lead.score", "op": "gte", "value": limit}
    tag = {"id": "s2", "type": "lead.add_tag", "config": {"tag": "hot"}}
    sections = [{"id": "s1", "type": "flow.if", "config": {"condition": condition}, "branches": {"yes": [tag]}}]
    return {"format": 1, "triggers": [{"id": "t1", "type": "lead.created", "config": {}}], "sections": sections}


def made(call, **spec: Any) -> Any:
    call("POST", "/workflows", {"name": "Try", "document": document()})
    return call("POST", "/workflows/try/tests", {"name": "Hot", "trial": TRIAL, **spec})


def test_a_test_is_kept_listed_run_and_deleted(call):
    answer = made(call)
    assert answer.status_code == 201
    assert answer.json["checks"] == [
        {"kind": "order", "sections": ["s1", "s2"]},
        {"kind": "ends_at", "section": "s2"},
        {"kind": "ends_as", "status": "finished"},
    ]
    assert (answer.json["blocks"], answer.json["last"]["passed"]) == (True, True)
    assert [item["name"] for item in call("GET", "/workflows/try/tests").json["items"]] == ["Hot"]
    ran = call("POST", "/workflows/try/tests/run")
    assert (ran.status_code, ran.json["passed"], ran.json["items"][0]["failures"]) == (200, True, [])
    assert call("DELETE", f"/workflows/try/tests/{answer.json['id']}").status_code == 204
    assert call("GET", "/workflows/try/tests").json["items"] == []


def test_a_failing_test_blocks_activation_and_nothing_overrides_it(call):
    story = made(call).json["id"]
    call("PUT", "/workflows/try/draft", document(limit=70))
    refused = call("POST", "/workflows/try/activation")
    error = refused.json["error"]
    assert (refused.status_code, error["code"]) == (409, "story_failed")
    assert [problem["path"] for problem in error["problems"]] == [f"/tests/{story}"]
    assert "“Hot” expected that it passes “If”" in error["problems"][0]["message"]
    for address in ("/workflows/try/activation?force=true", "/workflows/try/activation?anyway=1"):
        assert call("POST", address).status_code == 422
    assert call("GET", "/workflows/try").json["state"] == "inactive"
    ran = call("POST", "/workflows/try/tests/run").json
    assert (ran["passed"], len(ran["items"][0]["failures"])) == (False, 2)
    call("PUT", "/workflows/try/draft", document())
    assert call("POST", "/workflows/try/activation").json["state"] == "active"


def test_a_test_that_warns_lets_it_through(call):
    made(call, blocks=False)
    call("PUT", "/workflows/try/draft", document(limit=70))
    assert call("POST", "/workflows/try/activation").status_code == 200
    assert call("GET", "/workflows/try/tests").json["items"][0]["last"]["passed"] is False


def test_what_is_wrong_is_said_at_its_place(call):
    made(call)
    for spec, status, path in (
        ({"name": "", "trial": {}}, 422, "/name"),
        ({"name": "A"}, 422, "/trial"),
        ({"name": "A", "trial": {"lead": {"values": {"score": "x"}}}}, 422, "/lead/values/score"),
        ({"name": "A", "trial": {"start": {"changes": {"status": "new"}}}}, 422, "/trial/start/changes/status"),
        ({"name": "A", "trial": {}, "checks": [{"kind": "passes"}]}, 422, "/checks/0"),
        ({"name": "A", "trial": {}, "checks": []}, 422, "/checks"),
    ):
        answer = call("POST", "/workflows/try/tests", spec)
        assert (answer.status_code, answer.json["error"]["problems"][0]["path"]) == (status, path)
    assert call("POST", "/workflows/try/tests", {"name": "Hot", "trial": TRIAL}).status_code == 409
    assert call("POST", "/workflows/try/tests", {"name": "A", "trial": {"lead": str(new_id())}}).status_code == 404
    assert call("DELETE", f"/workflows/try/tests/{new_id()}").status_code == 404
    assert call("GET", "/workflows/none/tests").status_code == 404
