"""Workflows through the API: draft, activation, versions."""

from __future__ import annotations

DOCUMENT = {
    "format": 1,
    "triggers": [{"id": "t1", "type": "lead.created", "config": {}}],
    "sections": [
        {
            "id": "s1",
            "type": "flow.if",
            "config": {"condition": {"field": "lead.score", "op": "gte", "value": 50}},
            "branches": {"yes": [{"id": "s2", "type": "list.add", "config": {"list": "hot"}}]},
        }
    ],
}


def created(call, document=DOCUMENT):
    return call("POST", "/workflows", {"name": "Größe & Co", "document": document})


def test_a_workflow_is_made_with_a_key_of_its_name(call):
    answer = created(call)
    assert answer.status_code == 201
    assert (
        answer.json.items() >= {"state": "inactive", "draft_revision": 1, "live_version": None, "differs": True}.items()
    )
    assert answer.json["key"].isascii()


def test_the_draft_is_guarded_by_its_revision(call):
    key = created(call).json["key"]
    answer = call("PUT", f"/workflows/{key}/draft", DOCUMENT | {"sections": []}, If_Match='"1"')
    assert answer.status_code == 200
    assert answer.headers["ETag"] == '"2"'
    stale = call("PUT", f"/workflows/{key}/draft", DOCUMENT, If_Match='"1"')
    assert stale.status_code == 412
    assert any("was removed" in problem["message"] for problem in stale.json["error"]["problems"])
    assert call("GET", f"/workflows/{key}").json["document"]["sections"] == []


def test_a_draft_that_cannot_be_read_is_refused_by_path(call):
    key = created(call).json["key"]
    wrong = {
        "format": 1,
        "sections": [{"id": "s1", "type": "flow.if", "config": {"condition": {"field": "lead.score"}}}],
    }
    answer = call("PUT", f"/workflows/{key}/draft", wrong)
    assert answer.status_code == 422
    assert answer.json["error"]["problems"][0]["path"].startswith("/sections/0/config/condition")


def test_what_is_missing_is_a_problem_of_the_draft_and_stops_activation(call):
    document = {"format": 1, "sections": [{"id": "s1", "type": "list.add", "config": {"list": "nowhere"}}]}
    key = created(call, document).json["key"]
    problems = {problem["path"] for problem in call("GET", f"/workflows/{key}").json["problems"]}
    assert problems == {"/triggers", "/sections/0/config/list"}
    refused = call("POST", f"/workflows/{key}/activation")
    assert refused.status_code == 422
    assert {problem["path"] for problem in refused.json["error"]["problems"]} == problems


def test_activating_starts_executions_and_pins_the_version(call):
    key = created(call).json["key"]
    assert call("POST", f"/workflows/{key}/activation").json.items() >= {"state": "active", "live_version": 1}.items()
    call("POST", "/leads", {"email": "a@example.com", "score": 70})
    call.campaign.run()
    (execution,) = call("GET", f"/executions?workflow={key}").json["items"]
    assert execution.items() >= {"version": 1, "status": "finished", "workflow": key}.items()
    whole = call("GET", f"/executions/{execution['id']}").json
    assert [(step["section"], step["type"], step["outcome"]) for step in whole["steps"]] == [
        ("s1", "flow.if", "yes"),
        ("s2", "list.add", "done"),
    ]
    assert whole["steps"][0]["receipt"]["saw"] == 70


def test_deactivated_workflows_refuse_a_start_by_hand(call):
    key = created(call).json["key"]
    call("POST", f"/workflows/{key}/activation")
    call("POST", "/leads", {"email": "a@example.com"})
    assert call("DELETE", f"/workflows/{key}/activation?running=cancel").json["state"] == "inactive"
    refused = call("POST", f"/workflows/{key}/executions", {"lead": {"email": "a@example.com"}})
    assert refused.status_code == 409
    assert refused.json["error"]["code"] == "inactive"


def test_a_version_comes_back(call):
    key = created(call).json["key"]
    call("POST", f"/workflows/{key}/activation")
    call("PUT", f"/workflows/{key}/draft", DOCUMENT | {"sections": []})
    assert call("POST", f"/workflows/{key}/activation").json["live_version"] == 2
    assert call("POST", f"/workflows/{key}/versions/1/restore").json["live_version"] == 1
    assert call("GET", f"/workflows/{key}").json["document"]["sections"][0]["id"] == "s1"
    assert [item["number"] for item in call("GET", f"/workflows/{key}/versions").json["items"]] == [2, 1]


def test_what_a_live_version_uses_cannot_be_deleted(call):
    key = created(call).json["key"]
    call("POST", f"/workflows/{key}/activation")
    refused = call("DELETE", "/lists/hot")
    assert refused.status_code == 409
    assert refused.json["error"]["code"] == "in_use"


def test_a_change_takes_a_name_and_a_document(call):
    key = created(call).json["key"]
    changed = call("PATCH", f"/workflows/{key}", {"name": "Later", "document": DOCUMENT | {"sections": []}})
    assert (changed.json["name"], changed.json["draft_revision"]) == ("Later", 2)
    assert call("PATCH", f"/workflows/{key}", {"document": DOCUMENT}, If_Match='"1"').status_code == 412
    assert call("PATCH", f"/workflows/{key}", {"key": "other"}).status_code == 422
    assert call("GET", f"/workflows/{key}").json["document"]["sections"] == []


def test_problems_of_a_document_are_told_where_it_stands_in_the_body(call):
    wrong = {"format": 1, "sections": [{"id": "s1", "type": "no.such", "config": {}}]}
    refused = call("POST", "/workflows", {"name": "A", "document": wrong})
    assert [problem["path"] for problem in refused.json["error"]["problems"]] == ["/document/sections/0/type"]
    key = created(call).json["key"]
    refused = call("PATCH", f"/workflows/{key}", {"document": wrong})
    assert [problem["path"] for problem in refused.json["error"]["problems"]] == ["/document/sections/0/type"]


def test_versions_are_compared_with_each_other_and_with_the_draft(call):
    key = created(call).json["key"]
    call("POST", f"/workflows/{key}/activation")
    other = DOCUMENT | {"sections": []}
    call("PUT", f"/workflows/{key}/draft", other)
    found = call("GET", f"/workflows/{key}/versions/1/differences").json
    assert (found["from"], found["to"], found["added"], found["settings"]) == (1, None, [], False)
    assert {part["section"] for part in found["removed"]} >= {one["id"] for one in DOCUMENT["sections"]}
    call("POST", f"/workflows/{key}/activation")
    between = call("GET", f"/workflows/{key}/versions/2/differences?to=1").json
    assert [part["section"] for part in between["added"]] == [part["section"] for part in found["removed"]]
    assert call("GET", f"/workflows/{key}/versions/1/differences?to=7").status_code == 404
