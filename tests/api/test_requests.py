"""Keys, scopes, strict JSON, idempotency: what every call stands on."""

from __future__ import annotations

import pytest

LEAD = {"email": "a@example.com"}


def test_no_key_or_a_wrong_one_is_told_to_authenticate(app, call):
    answer = app.test_client().get("/api/v1/leads")
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert answer.json["error"]["code"] == "unauthorized"
    wrong = app.test_client().get("/api/v1/leads", headers={"Authorization": f"Bearer {call.key}x"})
    assert wrong.status_code == 401


def test_a_missing_scope_is_forbidden(call_with):
    viewer = call_with("leads.view")
    assert viewer("GET", "/leads").status_code == 200
    assert viewer("POST", "/leads", LEAD).status_code == 403


@pytest.mark.parametrize(
    "text",
    [b"{", b"{} {}", b'{"email": "a", "email": "b"}', b'{"score": NaN}', b'{"score": 1e400}', b"[" * 5000, b"\xff"],
)
def test_a_01_to_a_04_what_cannot_be_read_is_400(call, text):
    headers = {"Authorization": f"Bearer {call.key}"}
    answer = call.client.post("/api/v1/leads", headers=headers, data=text, content_type="application/json")
    assert answer.status_code == 400
    assert answer.json["error"]["code"] == "malformed"


def test_a_07_only_json_is_taken(call):
    headers = {"Authorization": f"Bearer {call.key}"}
    answer = call.client.post("/api/v1/leads", headers=headers, data="email=a", content_type="text/plain")
    assert answer.status_code == 415


def test_a_13_the_same_key_is_answered_once(call):
    first = call("POST", "/leads", LEAD, Idempotency_Key="k1")
    again = call("POST", "/leads", LEAD, Idempotency_Key="k1")
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json == again.json
    other = call("POST", "/leads", {"email": "b@example.com"}, Idempotency_Key="k1")
    assert other.status_code == 409
    assert other.json["error"]["code"] == "idempotency_key_reused"
    assert call("POST", "/leads", LEAD, Idempotency_Key="k" * 300).status_code == 400
    assert len(call("GET", "/leads").json["items"]) == 1


def test_keys_of_two_tenants_do_not_touch(call, stranger):
    assert call("POST", "/leads", LEAD, Idempotency_Key="k1").status_code == 201
    assert stranger("POST", "/leads", {"email": "other@example.com"}, Idempotency_Key="k1").status_code == 201


def test_a_refused_request_may_be_tried_again_with_its_key(call):
    assert call("POST", "/leads", {"email": "bad"}, Idempotency_Key="k1").status_code == 422
    assert call("POST", "/leads", {"email": "bad"}, Idempotency_Key="k1").status_code == 422


def test_errors_below_the_api_are_json(call):
    for method, path, status in (("GET", "/nothing", 404), ("TRACE", "/leads", 405), ("PUT", "/leads", 405)):
        answer = call(method, path)
        assert answer.status_code == status
        assert answer.json["error"]["message"]


def test_readiness_and_the_description_need_no_key(app):
    client = app.test_client()
    assert client.get("/healthz").json == {"status": "ok"}
    assert client.get("/readyz").json["database"] == "ok"


def test_statuses_fields_and_lists_are_changed_with_what_was_read(call):
    call("POST", "/lists", {"key": "vip", "name": "VIP"})
    call("POST", "/fields", {"key": "city", "name": "City", "type": "text"})
    assert call("PUT", "/lists/vip", {"key": "vip", "name": "Very"}).json["name"] == "Very"
    assert call("PUT", "/fields/city", {"key": "city", "name": "Town", "type": "text"}).json["name"] == "Town"
    assert call("PUT", "/statuses/lost", {"key": "lost", "name": "Gone", "default": True}).json["default"] is True
    assert call("POST", "/leads", {"email": "a@example.com"}).json["status"] == "lost"
    for path in ("/lists/vip", "/fields/city", "/statuses/new"):
        refused = call("PUT", path, {"key": "other", "name": "Other"})
        assert [problem["path"] for problem in refused.json["error"]["problems"]] == ["/key"]
    assert call("PUT", "/fields/city", {"name": "City", "type": "number"}).status_code == 422
