"""Messages in the browser: found by filters in the address, explained, and sent again where nobody knows."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update

from campaigns.services import leads, templates, versions, workflows
from campaigns.storage.models import Message, OutboxItem
from campaigns.storage.transaction import reading, writing
from campaigns.tenancy import Tenancy
from tests.support.lead_pages import empty_tenant


@pytest.fixture
def acme(store):
    return empty_tenant(store)


@pytest.fixture
def tenancy(acme):
    return Tenancy(acme.tenant_id)


@pytest.fixture
def client(acme, signed_in):
    return signed_in(acme, "editor")


@pytest.fixture
def base(acme):
    return f"/t/{acme.key}/messages"


@pytest.fixture
def sent(store, tenancy):
    """Return the mails to two leads: the second has no name, and the template has no word in its place."""
    section = {"id": "s1", "type": "email.send", "config": {"template": "welcome"}}
    trigger = {"id": "t1", "type": "lead.created", "config": {}}
    with writing(store, tenancy) as session:
        templates.create_template(
            session, key="welcome", name="Welcome", subject="Hi {{ lead.first_name }}", source="<p>Hello</p>"
        )
        document = {"format": 1, "settings": {}, "triggers": [trigger], "sections": [section]}
        workflows.create_workflow(session, name="Onboarding", document=document)
        versions.activate(session, "onboarding")
    with writing(store, tenancy) as session:
        leads.create_lead(session, {"email": "ann@a.example", "first_name": "Ann"})
        leads.create_lead(session, {"email": "bob@a.example"})
    with reading(store, tenancy) as session:
        return {message.recipient: message for message in session.scalars(select(Message))}


def rows(page):
    return sorted(link.get_text() for link in page.select("td.main a"))


def test_without_any_the_page_says_what_makes_one(client, base):
    assert "No messages yet" in client.get(base).get_text()


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["ann@a.example", "bob@a.example"]),
        ("?state=handed_over", ["ann@a.example"]),
        ("?state=skipped", ["bob@a.example"]),
        ("?state=nonsense", ["ann@a.example", "bob@a.example"]),
        ("?q=hi+ANN", ["ann@a.example"]),
        ("?q=%25", []),
        ("?template=welcome&workflow=onboarding", ["ann@a.example", "bob@a.example"]),
        ("?template=nobodys", []),
        ("?workflow=nobodys", []),
    ],
)
def test_filters_live_in_the_address(client, base, sent, query, found):
    assert rows(client.get(base + query)) == found
    assert rows(client.part(base + query)) == found


def test_one_message_tells_its_state_reason_and_origin(client, base, sent):
    text = client.get(f"{base}/{sent['bob@a.example'].id}").get_text(" ", strip=True)
    assert "no value for lead.first_name" in text
    assert "Onboarding" in text
    assert "Hi Ann" in client.get(f"{base}/{sent['ann@a.example'].id}").get_text()


def test_an_unknown_outcome_is_sent_again_as_the_same_message(client, base, sent, store, tenancy, app):
    ann = sent["ann@a.example"]
    with writing(store, tenancy) as session:
        session.execute(
            update(Message).where(Message.tenant_id == tenancy.tenant_id, Message.id == ann.id).values(state="unknown")
        )
    client.submit(client.get(f"{base}/{ann.id}"), "main form")
    with reading(store, tenancy) as session:
        after = session.get(Message, (tenancy.tenant_id, ann.id))
        assert (after.state, after.key) == ("handed_over", ann.key)
        assert session.scalars(select(OutboxItem)).all() == []
    keys = [mail.key for mail in app.extensions["runtime"].transport.sent]
    assert keys.count(ann.key) == 2


def test_only_an_unknown_outcome_is_sent_again(client, base, sent):
    page = client.get(f"{base}/{sent['ann@a.example'].id}")
    assert page.select_one("main form") is None
    token = page.select_one("input[name=csrf_token]")["value"]
    client.post(f"{base}/{sent['ann@a.example'].id}/resend", data={"csrf_token": token})
    assert "is handed over" in client.follow().select_one("#toasts").get_text()


def test_viewers_can_not_send_again(acme, signed_in, base, sent):
    viewer = signed_in(acme, "viewer")
    page = viewer.get(base)
    token = page.select_one("input[name=csrf_token]")["value"]
    viewer.post(f"{base}/{sent['ann@a.example'].id}/resend", data={"csrf_token": token}, status=403)
