"""Events through the API."""

from __future__ import annotations


def listens(call, name="ping"):
    trigger = {"id": "t1", "type": "event.received", "config": {"name": name}}
    call.campaign.workflow([{"id": "s1", "type": "lead.add_points", "config": {"points": 1}}], triggers=[trigger])


def test_an_event_starts_what_listens_and_makes_its_lead(call):
    listens(call)
    answer = call(
        "POST", "/events", {"name": "ping", "lead": {"email": "a@example.com"}, "properties": {"plan": "pro"}}
    )
    assert (answer.status_code, answer.json) == (202, {"accepted": 1, "duplicates": 0, "problems": []})
    call.campaign.run()
    assert call("GET", "/leads").json["items"][0]["score"] == 1


def test_an_event_is_recorded_once_by_its_id(call):
    listens(call)
    event = {"id": "order-1", "name": "ping", "lead": {"email": "a@example.com"}}
    answer = call("POST", "/events", {"events": [event, event]})
    assert answer.json == {"accepted": 1, "duplicates": 1, "problems": []}
    assert call("POST", "/events", event).json["duplicates"] == 1
    call.campaign.run()
    assert call("GET", "/leads").json["items"][0]["score"] == 1


def test_good_events_are_taken_beside_bad_ones(call):
    good = {"name": "ping", "lead": {"external_id": "4711"}}
    bad = {"name": "ping", "lead": {"email": "nobody"}}
    answer = call("POST", "/events", {"events": [bad, good]})
    assert answer.status_code == 202
    assert answer.json["accepted"] == 1
    assert answer.json["problems"][0]["path"] == "/events/0/lead"


def test_an_unknown_id_is_not_found_when_sent_alone(call):
    nobody = {"name": "ping", "lead": {"id": "01a1fb5a-d4fe-7006-9dc8-020122403104"}}
    assert call("POST", "/events", nobody).status_code == 404
    assert call("POST", "/events", {"events": [nobody]}).json["problems"][0]["path"] == "/events/0/lead/id"


def test_more_than_a_thousand_or_two_leads_at_once_are_refused(call):
    many = [{"name": "ping", "lead": {"email": "a@example.com"}}] * 1001
    assert call("POST", "/events", {"events": many}).status_code == 422
    both = {"name": "ping", "lead": {"email": "a@example.com", "external_id": "1"}}
    assert call("POST", "/events", both).status_code == 422
