"""A lead's timeline: all six kinds, in one order, in words, page by page."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from campaigns.engine.kinds import FieldType, Vocabulary
from campaigns.errors import Malformed, NotFound
from campaigns.services import executions, leads
from campaigns.services.timeline import timeline
from campaigns.services.timeline_words import event_words, receipt_words, step_words
from campaigns.storage.models import Message
from campaigns.storage.transaction import reading
from tests.support.workflows import counted, make_tenant

SECTIONS = [
    {
        "id": "i", "type": "flow.if", "name": "Hot lead?",
        "config": {"condition": {"field": "lead.score", "op": "gte", "value": 50}},
        "branches": {"yes": [{"id": "s", "type": "lead.set_status", "config": {"status": "qualified"}}]},
    },
    {"id": "l", "type": "list.add", "config": {"list": "hot"}},
    {"id": "n", "type": "log.note", "config": {"text": "Call soon"}},
    {"id": "e", "type": "email.send", "config": {"template": "welcome"}},
    {"id": "d", "type": "flow.delay", "config": {"duration": {"days": 2}}},
]  # fmt: skip
WORDS = Vocabulary(
    fields={"city": FieldType("text", name="City")}, lists={"hot": "Hot"}, statuses={"new": "New", "lost": "Lost"}
)


@pytest.fixture
def lead(campaign):
    campaign.workflow(SECTIONS)
    with campaign.write() as session:
        found = leads.create_lead(session, {"email": "ann@example.org", "score": 72})
    campaign.run()
    return found.id


def items(campaign, lead, **options):
    with campaign.read() as session:
        return timeline(session, lead, **options).items


def test_what_happened_and_what_is_planned_stand_in_one_order(campaign, lead):
    found = items(campaign, lead)
    assert [item["kind"] for item in found[:3]] == ["planned", "message", "note"]
    assert found[-1]["text"] == "Created by hand" or found[-1]["kind"] == "event"
    texts = [item["text"] for item in found]
    assert "Hot lead?: yes, because score 72 ≥ 50" in texts
    assert "Status changed from New to Qualified" in texts
    assert "Added to list Hot" in texts
    assert "Call soon" in texts
    assert "Email “Welcome” sent" in texts
    assert found[0]["text"] == "Goes on after Delay"
    assert {item["kind"] for item in found} == {"event", "step", "message", "note", "planned"}


def test_what_has_one_moment_stands_as_it_came_about(campaign, lead):
    happened = [item for item in reversed(items(campaign, lead)) if item["kind"] != "planned"]
    assert len({item["at"] for item in happened}) == 1
    assert [item["text"].partition(":")[0] for item in happened] == [
        "Created", "Hot lead?", "Set status", "Add to list", "Note", "Send email", "Delay",
        "Status changed from New to Qualified", "Added to list Hot", "Call soon", "Email “Welcome” sent",
    ]  # fmt: skip


def test_an_item_has_the_shape_of_the_contract(campaign, lead):
    found = {item["kind"]: item for item in items(campaign, lead)}
    assert set(found["step"]) == {"at", "kind", "text", "workflow", "execution", "section", "data"}
    assert found["step"]["workflow"] == "flow"
    assert set(found["event"]) == {"at", "kind", "text", "data"}
    assert found["message"]["data"]["state"] == "handed_over"
    assert [found[kind]["workflow"] for kind in ("message", "note")] == ["flow", "flow"]
    assert found["planned"]["section"] == "d"


def test_a_refusal_says_which_limit_of_which_workflow(campaign, lead):
    with pytest.raises(Exception, match="per_lead_active"), campaign.write() as session:
        executions.start_by_hand(session, "flow", lead)
    refusal = next(item for item in items(campaign, lead) if item["kind"] == "refusal")
    assert refusal["text"].startswith("refused:")
    assert refusal["data"] == {"workflow": "flow", "limit": "per_lead_active"}


@pytest.mark.parametrize("limit", [1, 2, 3, 5])
def test_pages_together_are_the_whole_without_gap_or_repeat(campaign, lead, limit):
    whole = items(campaign, lead, limit=200)
    found, before = [], None
    with campaign.read() as session:
        while True:
            page = timeline(session, lead, before=before, limit=limit)
            assert len(page.items) <= limit
            found += page.items
            if (before := page.next) is None:
                break
    assert found == whole


def test_a_page_takes_the_same_few_queries_however_long_it_is(campaign, lead):
    with counted(campaign.store, campaign.tenancy) as (session, statements):
        timeline(session, lead)
    assert len(statements) == 11


def test_a_place_that_is_none_and_a_foreign_lead_are_refused(campaign, lead, store):
    with campaign.read() as session:
        for before in ("x", "1.2.3.4", "9" * 40 + ".1." + "0" * 32 + ".0"):
            with pytest.raises(Malformed):
                timeline(session, lead, before=before)
    with reading(store, make_tenant(store, "other")) as session, pytest.raises(NotFound):
        timeline(session, lead)


def test_a_mail_that_was_not_sent_says_why(campaign, lead):
    with campaign.write() as session:
        session.execute(
            update(Message).where(Message.tenant_id == session.tenant_id).values(state="skipped", reason="bounced")
        )
    assert "Email “Welcome” not sent: bounced" in [item["text"] for item in items(campaign, lead)]


@pytest.mark.parametrize(
    ("name", "changes", "source", "words"),
    [
        ("lead.created", None, "import", "Created by an import"),
        ("lead.created", {"lists_added": ["hot"]}, "api", "Created by the API, added to list Hot"),
        ("lead.field_changed", {"fields": {"city": [None, "Bonn"]}}, "api", "City set to Bonn"),
        ("lead.field_changed", {"fields": {"city": ["Bonn", None]}}, "api", "City emptied, was Bonn"),
        (
            "lead.changed",
            {"status": ["new", "lost"], "tags_added": ["x"]},
            "api",
            "Status changed from New to Lost, tagged x",
        ),
        ("purchase", None, "api", "Event purchase"),
    ],
)
def test_events_in_words(name, changes, source, words):
    assert event_words(name, changes, source, WORDS) == words


@pytest.mark.parametrize(
    ("receipt", "words"),
    [
        ({"field": "lead.score", "op": "gte", "value": 50, "saw": 10, "is": False}, "score 10 < 50"),
        (
            {"all": [{"in_list": "hot", "is": True}, {"has_tag": "x", "is": False}], "is": False},
            "on list hot and has no tag x",
        ),
        (
            {"not": {"field": "lead.city", "op": "is_set", "saw": None, "is": False}, "is": True},
            "not (city is not set)",
        ),
        ({"did": "email.opened", "saw": 2, "is": True}, "email.opened happened 2 times"),
        ({"became_true": {"has_tag": "x", "is": False}, "is": False}, "has no tag x"),
        ({"became_true": {"has_tag": "x", "is": True}, "was": {}, "is": False}, "has tag x, as before"),
        ({"reason": "no address"}, "no address"),
        ({"until": "2026-03-06T12:00:00Z", "chain": []}, "until 2026-03-06 12:00 UTC"),
        (
            {"key": ["mail", "a@b.example"], "count": 1, "times": 3, "seconds": 60},
            "1 of 3 by mail, a@b.example",
        ),
        (
            {"key": [""], "count": 3, "times": 3, "seconds": 60, "again_at": "2026-03-04T14:00:00Z"},
            "3 of 3 by nothing, and again from 2026-03-04 14:00 UTC",
        ),
        ({"value": 1}, ""),
    ],
)
def test_receipts_in_words(receipt, words):
    assert receipt_words(receipt) == words


def test_steps_in_words():
    assert step_words("Set status", "done", None) == "Set status: done"
    assert step_words("Send email", "skipped", {"reason": "no address"}) == "Send email: skipped: no address"
