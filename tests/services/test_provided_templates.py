"""Notices to staff end to end: the template that comes with the product, and people of the tree by type."""

from campaigns.ids import new_id
from campaigns.services import templates, workflows
from campaigns.storage.models import EmailTemplate, Membership, Message, Tenant, User
from campaigns.storage.transaction import system, writing
from campaigns.tenancy import Tenancy
from tests.support.campaign import Campaign
from tests.support.programs import item
from tests.support.sending import ANN, BY_EVENT, is_settled, send


def member(campaign: Campaign, tenant_id, address: str) -> None:
    user_id = new_id()
    with system(campaign.store, writes=True) as session:
        session.add(User(id=user_id, email=address, email_key=address, name="", created_at=session.now))
    with writing(campaign.store, Tenancy(tenant_id)) as session:
        session.add(Membership(user_id=user_id, role="viewer", created_at=session.now))


def child(campaign: Campaign, key: str, **settings: str):
    tenant_id = new_id()
    with system(campaign.store, writes=True) as session:
        place = {"parent_id": campaign.tenancy.tenant_id, "settings": settings, "created_at": session.now}
        session.add(Tenant(id=tenant_id, key=key, name=key, **place))
    return tenant_id


def test_staff_are_told_with_the_template_that_comes_along(campaign: Campaign):
    member(campaign, child(campaign, "north", organisation_type="dealer"), "dee@dealer.example")
    member(campaign, child(campaign, "south", organisation_type="office"), "otto@office.example")
    to = {"addresses": ["boss@acme.example"], "organisation_types": ["dealer"]}
    campaign.workflow([item("email.notify", "s", to=to)], triggers=[BY_EVENT])
    send(campaign, "go")
    sent = {message.recipient: message for message in campaign.transport.sent}
    assert set(sent) == {"boss@acme.example", "dee@dealer.example"}
    assert sent["boss@acme.example"].subject == f"About {ANN}"
    assert {message.state for message in campaign.all(Message)} == {"handed_over"}
    assert [one.key for one in campaign.all(EmailTemplate)].count("notification") == 1
    is_settled(campaign)


def test_a_tenant_s_own_template_of_that_key_is_kept(campaign: Campaign):
    campaign.workflow([item("email.notify", "s", to={"addresses": ["boss@acme.example"]})], triggers=[BY_EVENT])
    with campaign.write() as session:
        templates.update_template(session, "notification", subject="Mine")
    campaign.workflow([item("email.notify", "s", to={"addresses": ["two@acme.example"]})], triggers=[BY_EVENT], key="b")
    send(campaign, "go")
    assert {m.recipient: m.subject for m in campaign.transport.sent}["two@acme.example"] == "Mine"


def test_a_draft_makes_no_template(campaign: Campaign):
    document = {"format": 1, "triggers": [BY_EVENT], "sections": [item("email.notify", "s", to={"owner": True})]}
    with campaign.write() as session:
        workflows.create_workflow(session, name="x", key="x", document=document)
    assert "notification" not in [one.key for one in campaign.all(EmailTemplate)]
