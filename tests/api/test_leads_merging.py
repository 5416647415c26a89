"""Merging two leads through the API: one is left, and both names find it."""

from __future__ import annotations

from uuid import uuid4

import pytest


@pytest.fixture
def pair(call):
    made = [{"email": "ann@example.com", "score": 3}, {"email": "old@example.com", "external_id": "a-2", "score": 8}]
    return [call("POST", "/leads", body).json["id"] for body in made]


@pytest.mark.parametrize("kind", ["id", "email", "external_id"])
def test_the_other_lead_is_named_in_each_way_and_the_kept_one_answered(call, pair, kind):
    named = {"id": pair[1], "email": "OLD@example.com", "external_id": "a-2"}[kind]
    merged = call("POST", f"/leads/{pair[0]}/merge", {"lead": {kind: named}, "fields": {"score": "keep"}})
    assert merged.status_code == 200
    assert merged.json == call("GET", f"/leads/{pair[0]}").json
    assert (merged.json["email"], merged.json["external_id"], merged.json["score"]) == ("ann@example.com", "a-2", 3)
    assert call("GET", f"/leads/{pair[1]}").status_code == 404
    assert [lead["id"] for lead in call("GET", "/leads").json["items"]] == [pair[0]]


def test_old_names_are_the_kept_leads_from_then_on(call, pair):
    call("POST", f"/leads/{pair[0]}/merge", {"lead": {"id": pair[1]}})
    saved = call("POST", "/leads", {"email": "old@example.com", "first_name": "Ann"})
    assert (saved.status_code, saved.json["id"], saved.json["email"]) == (200, pair[0], "ann@example.com")
    taken = call("POST", "/events", {"name": "go", "lead": {"email": "old@example.com"}})
    assert taken.json["accepted"] == 1
    texts = [item["text"] for item in call("GET", f"/leads/{pair[0]}/timeline").json["items"]]
    assert "Event go" in texts
    again = call("POST", f"/leads/{pair[0]}/merge", {"lead": {"email": "old@example.com"}})
    assert again.status_code == 422


def test_the_same_key_merges_once(call, pair):
    path, body = f"/leads/{pair[0]}/merge", {"lead": {"id": pair[1]}}
    first, again = (call("POST", path, body, Idempotency_Key="k1") for _ in range(2))
    assert (first.status_code, again.status_code) == (200, 200)
    assert again.json == first.json
    assert call("POST", path, body).status_code == 404


def test_what_is_wrong_is_told_at_its_place(call, pair):
    path = f"/leads/{pair[0]}/merge"
    for body, at in (
        ({}, "/lead"),
        ({"lead": {"id": pair[0]}}, "/lead"),
        ({"lead": {"id": pair[1], "email": "old@example.com"}}, "/lead"),
        ({"lead": {"id": pair[1]}, "fields": {"email": "mine"}}, "/fields/email"),
        ({"lead": {"id": pair[1]}, "fields": {"town": "keep"}}, "/fields/town"),
        ({"lead": {"id": pair[1]}, "extra": 1}, "/extra"),
    ):
        refused = call("POST", path, body)
        assert (refused.status_code, refused.json["error"]["problems"][0]["path"]) == (422, at), body
    assert call("POST", path, {"lead": {"id": str(uuid4())}}).status_code == 404
    assert call("POST", f"/leads/{uuid4()}/merge", {"lead": {"id": pair[1]}}).status_code == 404
    assert len(call("GET", "/leads").json["items"]) == 2


def test_an_event_that_names_two_leads_merges_nothing(call, pair):
    refused = call("POST", "/events", {"name": "go", "lead": {"email": "ann@example.com", "external_id": "a-2"}})
    assert (refused.status_code, refused.json["error"]["problems"][0]["path"]) == (422, "/lead")
    clash = call("POST", "/leads", {"email": "ann@example.com", "external_id": "a-2"})
    assert (clash.status_code, clash.json["error"]["problems"][0]["path"]) == (409, "/email")
    assert len(call("GET", "/leads").json["items"]) == 2
