"""Leads through the API, exactly as the contract says."""

from __future__ import annotations

from uuid import uuid4

import pytest

SHAPE = {
    "id", "email", "external_id", "first_name", "last_name", "phone", "status", "owner", "tags", "lists", "score",
    "fields", "created_at", "updated_at",
}  # fmt: skip


def test_a_lead_is_created_then_updated_without_regard_to_case(call):
    created = call("POST", "/leads", {"email": "Ann@Example.com", "score": 60})
    assert created.status_code == 201
    assert set(created.json) == SHAPE
    assert created.json["email"] == "Ann@Example.com"
    assert created.json["status"] == "new"
    again = call("POST", "/leads", {"email": "ann@example.COM", "first_name": "Ann"})
    assert again.status_code == 200
    assert again.json["id"] == created.json["id"]
    assert again.json["score"] == 60


def test_problems_are_json_pointers_into_what_was_sent(call):
    refused = call("POST", "/leads", {"email": "nobody", "surname": "X"})
    assert refused.status_code == 422
    assert {problem["path"] for problem in refused.json["error"]["problems"]} == {"/email", "/surname"}
    assert call("GET", "/leads").json["items"] == []


def test_pages_follow_the_cursor_to_the_end(call):
    for number in range(5):
        call("POST", "/leads", {"email": f"p{number}@example.com"})
    first = call("GET", "/leads?limit=2").json
    second = call("GET", f"/leads?limit=2&cursor={first['next']}").json
    third = call("GET", f"/leads?limit=2&cursor={second['next']}").json
    emails = [item["email"] for page in (first, second, third) for item in page["items"]]
    assert sorted(emails) == [f"p{number}@example.com" for number in range(5)]
    assert third["next"] is None


@pytest.mark.parametrize("query", ["limit=0", "limit=501", "limit=x", "cursor=forged", "colour=red"])
def test_a_10_a_11_bad_pages_and_filters_are_refused(call, query):
    assert call("GET", f"/leads?{query}").status_code == 422


def test_patch_merges_fields_and_null_removes(call):
    call("POST", "/fields", {"key": "city", "name": "City", "type": "text"})
    lead = call("POST", "/leads", {"email": "a@example.com", "phone": "+49 30 1", "fields": {"city": "Berlin"}}).json
    changed = call("PATCH", f"/leads/{lead['id']}", {"phone": None, "first_name": "Ann"}).json
    assert (changed["phone"], changed["first_name"], changed["fields"]) == (None, "Ann", {"city": "Berlin"})
    assert call("PATCH", f"/leads/{lead['id']}", {"fields": {"city": None}}).json["fields"] == {}


def test_an_erased_lead_is_gone(call):
    lead = call("POST", "/leads", {"email": "a@example.com"}).json
    assert call("DELETE", f"/leads/{lead['id']}").status_code == 204
    assert call("GET", f"/leads/{lead['id']}").status_code == 404


def test_what_another_tenant_has_does_not_exist(call, stranger):
    lead = call("POST", "/leads", {"email": "a@example.com"}).json
    for method, path in (("GET", ""), ("PATCH", ""), ("DELETE", ""), ("GET", "/timeline")):
        body = {"first_name": "X"} if method == "PATCH" else None
        foreign = stranger(method, f"/leads/{lead['id']}{path}", body)
        unknown = stranger(method, f"/leads/{uuid4()}{path}", body)
        assert foreign.status_code == unknown.status_code == 404
    assert call("GET", f"/leads/{lead['id']}").json["first_name"] is None


def test_the_timeline_tells_past_and_planned(call):
    call.campaign.workflow([{"id": "s1", "type": "flow.delay", "config": {"duration": {"days": 1}}}])
    lead = call("POST", "/leads", {"email": "a@example.com"}).json
    call.campaign.run()
    kinds = {item["kind"] for item in call("GET", f"/leads/{lead['id']}/timeline").json["items"]}
    assert kinds >= {"event", "step", "planned"}
