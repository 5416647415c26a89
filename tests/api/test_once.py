"""A POST with an Idempotency-Key: done once, whatever happens in between."""

from __future__ import annotations

import hashlib
import io
from datetime import timedelta

import pytest
from flask import request

from campaigns.api.requests import answer, keyed, scope, write
from campaigns.services import idempotency, leads
from campaigns.services.idempotency import ABANDONED, Claim, InFlight, Kept, KeyReused
from campaigns.storage.models import Lead
from campaigns.web.security import exempt_api

LEAD = {"email": "a@example.com"}


def test_the_answer_comes_again_with_its_headers(call):
    first = call("POST", "/workflows", {"name": "Welcome"}, Idempotency_Key="k1")
    again = call("POST", "/workflows", {"name": "Welcome"}, Idempotency_Key="k1")
    assert (again.status_code, again.json, again.headers["ETag"]) == (201, first.json, '"1"')
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"
    assert len(call("GET", "/workflows").json["items"]) == 1


def test_a_file_is_taken_once(call):
    def upload(csv: bytes):
        data = {"file": (io.BytesIO(csv), "leads.csv"), "options": '{"start_workflows": false}'}
        headers = {"Authorization": f"Bearer {call.key}", "Idempotency-Key": "k1"}
        return call.client.post("/api/v1/imports", headers=headers, data=data, content_type="multipart/form-data")

    one, two = b"email\na@example.com\n", b"email\nb@example.com\n"
    first, again, other = upload(one), upload(one), upload(two)
    assert (first.status_code, again.status_code, other.status_code) == (202, 202, 409)
    assert first.json["id"] == again.json["id"]
    call.campaign.run()
    assert call("GET", f"/imports/{first.json['id']}").json["created"] == 1


def test_what_a_dead_process_left_behind_is_taken_over(call):
    store, tenancy = call.campaign.store, call.campaign.tenancy
    claim = idempotency.begin(store, tenancy, "k1", "mark")
    assert isinstance(claim, Claim)
    store.clock.advance(ABANDONED + timedelta(seconds=1))
    taken = idempotency.begin(store, tenancy, "k1", "mark")
    assert isinstance(taken, Claim)
    with pytest.raises(InFlight), call.campaign.write() as session:  # the first one was only slow: it may not end it
        idempotency.finish(session, claim, Kept(201, "{}"))
    idempotency.forget(store, tenancy, claim)
    with call.campaign.write() as session:
        idempotency.finish(session, taken, Kept(201, "{}"))
    assert idempotency.begin(store, tenancy, "k1", "mark") == Kept(201, "{}")
    with pytest.raises(KeyReused):
        idempotency.begin(store, tenancy, "k1", "another")


def test_what_was_done_and_its_answer_are_committed_together(app, campaign, call):
    """A request that took too long finds its key taken over: what it did is rolled back, or it would be done twice."""
    slow = keyed("api_slow")

    @slow.post("/slow")
    @scope("leads.edit")
    def work():
        campaign.store.clock.advance(ABANDONED + timedelta(seconds=1))
        mark = hashlib.sha256(b"POST\n/api/v1/slow?\n" + request.get_data()).hexdigest()
        assert isinstance(idempotency.begin(campaign.store, campaign.tenancy, "k1", mark), Claim)
        with write() as session:
            leads.create_lead(session, LEAD)
        return answer({}, 201)

    app.register_blueprint(slow, url_prefix="/api/v1")
    exempt_api(app)
    refused = call("POST", "/slow", {}, Idempotency_Key="k1")
    assert (refused.status_code, refused.json["error"]["code"]) == (409, "idempotency_in_flight")
    assert campaign.all(Lead) == []
