"""Bad input to the API, row by row (docs: bad-input matrix, A01 to A22): each told at its place, nothing written."""

from __future__ import annotations

import json
import time

import pytest

PLACES = ("POST /leads", "POST /events", "POST /lists", "POST /fields", "POST /templates", "POST /workflows")


@pytest.fixture
def send(call):
    """Send bytes as they are to `POST /place`."""

    def sent(place: str, data: bytes, kind: str = "application/json", **headers: str):
        method, _, path = place.partition(" ")
        given = {"Authorization": f"Bearer {call.key}"} | {n.replace("_", "-"): v for n, v in headers.items()}
        return call.client.open(f"/api/v1{path}", method=method, headers=given, data=data, content_type=kind)

    return sent


def is_error(answer, status: int, code: str) -> None:
    """Check the one shape that all errors have."""
    assert answer.status_code == status, answer.text
    assert answer.mimetype == "application/json"
    assert set(answer.json) == {"error"}
    error = answer.json["error"]
    assert error["code"] == code
    assert error["message"]
    assert all(set(problem) == {"path", "message"} for problem in error["problems"])


def paths(answer) -> set[str]:
    return {problem["path"] for problem in answer.json["error"]["problems"]}


@pytest.mark.parametrize(
    "data",
    [
        b"", b"{", b"{} {}", b'{"name": "a", "name": "b"}', b'{"n": NaN}', b'{"n": -Infinity}', b'{"n": 1e400}',
        b'{"n": 9223372036854775808}', b'{"n": ' + b"9" * 5000 + b"}",
        b"[" * 10_000, b'{"a":' * 500 + b"1" + b"}" * 500, b"\xff\xfe",
        b'\xef\xbb\xbf{"name": "a"}', b'{"name": "\\x"}',
    ],
    ids=lambda data: data[:12].decode("latin-1"),
)  # fmt: skip
def test_a_01_to_a_04_what_cannot_be_read(send, data):
    for place in PLACES:
        is_error(send(place, data), 400, "malformed")


def test_a_03_deep_nesting_costs_nothing(send):
    send("POST /events", b"{}")
    begun = time.thread_time()
    is_error(send("POST /events", b'{"properties":' + b"[" * 10_000 + b"]" * 10_000 + b"}"), 400, "malformed")
    assert time.thread_time() - begun < 5  # what grows too fast takes minutes


def test_a_04_numbers_are_kept_exactly(call):
    sent = {"a": 9007199254740993, "b": -9223372036854775807, "c": 0.1, "d": -0.0}
    body = {"name": "ping", "lead": {"email": "a@example.com"}, "properties": sent | {"huge": 1e308}}
    assert call("POST", "/events", body).status_code == 202
    lead = call("GET", "/leads?email=a@example.com").json["items"][0]["id"]
    items = call("GET", f"/leads/{lead}/timeline").json["items"]
    (found,) = [item["data"]["properties"] for item in items if item["data"]["name"] == "ping"]
    assert float(found.pop("huge")) == 1e308
    assert found == sent


@pytest.mark.parametrize("text", ["\\u0000", "\\ud800", "\\udfff\\ud800"])
def test_text_that_no_database_holds_is_told_at_its_place(send, text):
    for place in PLACES:
        answer = send(place, f'{{"name": "a{text}b", "key": "k"}}'.encode())
        is_error(answer, 422, "invalid")
        assert paths(answer) == {"/name"}


def test_such_text_is_found_however_deep_and_as_a_name(send):
    data = rb'{"name": "x", "lead": {"email": "a@x.de"}, "properties": {"a/b": [1, {"c~": "\ud800"}], "\u0000": 1}}'
    answer = send("POST /events", data)
    is_error(answer, 422, "invalid")
    assert paths(answer) == {"/properties/a~1b/1/c~0", "/properties/\0"}


@pytest.mark.parametrize("value", [None, True, 1, 1.5, "text", [], [1]])
def test_a_05_a_body_is_an_object(send, value):
    for place in PLACES:
        is_error(send(place, json.dumps(value).encode()), 422, "invalid")


@pytest.mark.parametrize(
    ("place", "body", "wrong"),
    [
        ("POST /leads", {"email": ["a"], "score": "1", "tags": [1], "fields": []}, "/email /score /tags /fields"),
        ("POST /leads", {"email": "a@example.com", "tags": "vip"}, "/tags"),
        ("POST /lists", {"name": 1, "key": {}}, "/name /key"),
        ("POST /fields", {"name": "A", "choices": "red"}, "/choices"),
        ("POST /workflows", {"name": "A", "document": "x"}, "/document"),
        ("POST /workflows", {"name": "A", "document": {"format": 1, "sections": {}}}, "/document/sections"),
        ("POST /events", {"name": "x", "lead": "a@x.de", "properties": []}, "/lead /properties"),
        ("POST /events", {"events": [{"name": "x", "lead": {"email": "a@x.de"}}, {"name": 1}]}, "/events/1/name"),
    ],
)
def test_a_05_wrong_types_are_told_field_by_field(call, place, body, wrong):
    method, _, path = place.partition(" ")
    answer = call(method, path, body)
    is_error(answer, 422, "invalid")
    assert set(wrong.split()) <= paths(answer)


def test_a_06_unknown_keys_are_told(send):
    for place in PLACES:
        answer = send(place, b'{"label": "A", "tenant_id": "x"}')
        is_error(answer, 422, "invalid")
        assert {"/label", "/tenant_id"} <= paths(answer)


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "", "application/json; charset=utf-16"]
)
def test_a_07_only_json_in_utf_8_is_taken(send, kind):
    is_error(send("POST /leads", b'{"email": "a@example.com"}', kind), 415, "unsupported_type")


def test_a_07_a_stated_utf_8_is_fine(send):
    assert send("POST /leads", b'{"email": "a@x.de"}', "application/json; charset=UTF-8").status_code == 201


def test_a_08_a_body_that_is_too_large(send):
    is_error(send("POST /events", b'{"name": "' + b"x" * (10 * 1024 * 1024) + b'"}'), 413, "too_large")


@pytest.mark.parametrize("named", ["0", "-1", "%00", "..%2f..", "x" * 5000, "00000000-0000-0000-0000-000000000000"])
def test_a_09_ids_that_name_nothing(call, named):
    for path in ("/leads/{}", "/leads/{}/timeline", "/executions/{}", "/imports/{}", "/workflows/{}", "/templates/{}"):
        is_error(call("GET", path.format(named)), 404, "not_found")
    is_error(call("PUT", f"/lists/hot/leads/{named}"), 404, "not_found")
    is_error(call("DELETE", f"/lists/{named}"), 404, "not_found")


@pytest.mark.parametrize("number", ["0", "-1", "x", "99999999999", "9" * 5000, "²", "1.0"])
def test_a_09_versions_that_there_are_not(call, number):
    call("POST", "/workflows", {"name": "Welcome"})
    is_error(call("GET", f"/workflows/welcome/versions/{number}"), 404, "not_found")
    is_error(call("POST", f"/workflows/welcome/versions/{number}/restore"), 404, "not_found")


@pytest.mark.parametrize(
    ("query", "wrong"),
    [
        ("limit=0", "/limit"), ("limit=-1", "/limit"), ("limit=1000000000", "/limit"), ("limit=", "/limit"),
        ("limit=" + "9" * 5000, "/limit"), ("limit=%EF%BC%91", "/limit"), ("limit=1&limit=2", "/limit"),
        ("cursor=forged", "/cursor"), ("cursor=%ff", "/cursor"), ("cursor=%00", "/cursor"),
        ("tenant_id=1", "/tenant_id"), ("sort=secret", "/sort"),
    ],
)  # fmt: skip
def test_a_10_to_a_12_pages_and_parameters(call, query, wrong):
    for path in ("/leads", "/executions", "/refusals"):
        answer = call("GET", f"{path}?{query}")
        is_error(answer, 422, "invalid")
        assert paths(answer) == {wrong}


def test_a_10_a_cursor_is_of_one_tenant_and_one_filter(call, stranger):
    for caller in (call, stranger):
        for number in range(2):
            caller("POST", "/leads", {"email": f"p{number}@example.com"})
    cursor = call("GET", "/leads?limit=1").json["next"]
    assert call("GET", f"/leads?limit=1&cursor={cursor}").status_code == 200
    is_error(call("GET", f"/leads?status=new&cursor={cursor}"), 422, "invalid")
    is_error(call("GET", f"/executions?cursor={cursor}"), 422, "invalid")
    is_error(stranger("GET", f"/leads?limit=1&cursor={cursor}"), 422, "invalid")


def test_filters_that_name_what_is_not_there(call):
    nobody = "00000000-0000-0000-0000-000000000000"
    for query in ("/leads?list=no", "/leads?status=no", "/executions?workflow=no", f"/refusals?lead={nobody}"):
        is_error(call("GET", query), 404, "not_found")
    assert call("GET", "/leads?email=nobody@example.com").json["items"] == []


@pytest.mark.parametrize(
    "moment", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "yesterday", 5, "9" * 400]
)
def test_a_14_times_that_cannot_be(call, moment):
    body = {"name": "x", "lead": {"email": "a@example.com"}, "occurred_at": moment}
    answer = call("POST", "/events", body)
    is_error(answer, 422, "invalid")
    assert paths(answer) == {"/occurred_at"}


@pytest.mark.parametrize(
    ("moment", "kept"),
    [
        ("2016-12-31T23:59:60Z", "2016-12-31T23:59:59Z"),
        ("2016-03-04T12:00:00", "2016-03-04T12:00:00Z"),
        ("2036-03-04T12:00:00+01:00", "2036-03-04T11:00:00Z"),
    ],
)
def test_a_14_far_times_leap_seconds_and_no_zone_are_taken(call, moment, kept):
    body = {"name": "x", "lead": {"email": "a@example.com"}, "occurred_at": moment}
    assert call("POST", "/events", body).status_code == 202
    lead = call("GET", "/leads?email=a@example.com").json["items"][0]["id"]
    items = call("GET", f"/leads/{lead}/timeline").json["items"]
    assert [item["at"] for item in items if item["data"]["name"] == "x"] == [kept]


def test_a_15_properties_are_data_of_a_limited_size(call):
    strange = {"": 1, "__proto__": 2, "$where": 3, "a.b": 4, "constructor": {"prototype": 5}}
    body = {"name": "x", "lead": {"email": "a@example.com"}, "properties": strange}
    assert call("POST", "/events", body).status_code == 202
    many = body | {"properties": {f"k{number}": number for number in range(5000)}}
    large = body | {"properties": {"a": "x" * 1024 * 1024}}
    for wrong in (many, large):
        answer = call("POST", "/events", wrong)
        is_error(answer, 422, "invalid")
        assert paths(answer) == {"/properties"}


def test_a_17_a_key_counts_in_its_header_alone_and_once(call):
    client = call.client
    is_error(client.get(f"/api/v1/leads?api_key={call.key}"), 401, "unauthorized")
    is_error(client.get("/api/v1/leads", headers={"X-API-Key": call.key}), 401, "unauthorized")
    two = [("Authorization", f"Bearer {call.key}"), ("Authorization", f"Bearer {call.key}")]
    is_error(client.get("/api/v1/leads", headers=two), 400, "malformed")


@pytest.mark.parametrize("revision", ['"x"', '"' + "9" * 5000 + '"', '"²"', "-1", '""'])
def test_a_18_an_if_match_that_is_no_revision(call, revision):
    call("POST", "/workflows", {"name": "Welcome"})
    answer = call("PUT", "/workflows/welcome/draft", {"format": 1}, If_Match=revision)
    is_error(answer, 422, "invalid")
    assert paths(answer) == {"/If-Match"}


def test_a_18_an_old_revision_is_stale(call):
    call("POST", "/workflows", {"name": "Welcome"})
    assert call("PUT", "/workflows/welcome/draft", {"format": 1}, If_Match='"1"').status_code == 200
    is_error(call("PUT", "/workflows/welcome/draft", {"format": 1}, If_Match='"1"'), 412, "stale")


def test_a_22_methods(call):
    for method in ("TRACE", "PUT", "PATCH", "DELETE", "BREW"):
        answer = call(method, "/leads")
        is_error(answer, 405, "method_not_allowed")
        assert "POST" in answer.headers["Allow"]
    lead = call("POST", "/leads", {"email": "a@example.com"}, X_HTTP_Method_Override="DELETE")
    assert lead.status_code == 201
    is_error(call("GET", "/nothing"), 404, "not_found")
