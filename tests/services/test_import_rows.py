"""Rows of bad files that meet what is there already: C18, C23, C24 and C32 of the list of bad inputs."""

from __future__ import annotations

from campaigns.services import imports, leads
from campaigns.storage.models import Event, Lead, LeadTag, Message, Suppression

SEND = [{"id": "e1", "type": "email.send", "config": {"template": "welcome"}}]


def counts(campaign, import_id) -> dict[str, int]:
    with campaign.read() as session:
        entry = imports.get_import(session, import_id)
    return {name: getattr(entry, name) for name in ("rows", "created", "updated", "skipped", "failed")}


def test_c18_the_same_address_twice_makes_one_lead_and_the_later_row_wins(campaign):
    csv = "email,first_name,last_name,tags\nAnn@x.test,Ann,Old,a\nbob@x.test,Bob,,\n ann@X.TEST ,,New,b\n"
    import_id = campaign.imports(csv)
    assert counts(campaign, import_id) == {"rows": 3, "created": 2, "updated": 1, "skipped": 0, "failed": 0}
    ann = next(lead for lead in campaign.all(Lead) if lead.email_key == "ann@x.test")
    assert (ann.first_name, ann.last_name) == ("Ann", "New")
    assert sorted(row.tag for row in campaign.all(LeadTag)) == ["a", "b"]
    assert [event.name for event in campaign.all(Event)] == ["lead.created"] * 2


def test_c18_where_existing_leads_are_skipped_the_first_row_wins(campaign):
    import_id = campaign.imports("email,first_name\nAnn@x.test,Ann\n ann@X.TEST ,Other\n", existing="skip")
    assert counts(campaign, import_id) == {"rows": 2, "created": 1, "updated": 0, "skipped": 1, "failed": 0}
    assert campaign.only(Lead).first_name == "Ann"


def test_c23_a_suppressed_address_comes_in_and_still_gets_no_mail(campaign):
    campaign.workflow(SEND)
    with campaign.write() as session:
        at = session.now
        session.add(Suppression(address_hash="h1", email="ann@x.test", reason="unsubscribed", created_at=at))
    campaign.imports("email,first_name\nAnn@x.test,Ann\nbob@x.test,Bob\n")
    assert sorted(lead.email for lead in campaign.all(Lead)) == ["Ann@x.test", "bob@x.test"]
    assert (campaign.only(Suppression).email, campaign.only(Suppression).reason) == ("ann@x.test", "unsubscribed")
    states = {message.recipient: message.state for message in campaign.all(Message)}
    assert states == {"Ann@x.test": "skipped", "bob@x.test": "handed_over"}


def test_c23_no_column_lifts_a_suppression(campaign):
    with campaign.write() as session:
        at = session.now
        session.add(Suppression(address_hash="h1", email="ann@x.test", reason="unsubscribed", created_at=at))
        leads.create_lead(session, {"email": "ann@x.test"})
    campaign.imports("email,status,suppressed,consent\nann@x.test,customer,no,yes\n", create_fields=True)
    assert campaign.only(Suppression).reason == "unsubscribed"


def test_c32_markup_in_a_name_is_stored_as_it_stands(campaign):
    campaign.imports('email,first_name\nann@x.test,"<script>alert(1)</script>"\n')
    assert campaign.only(Lead).first_name == "<script>alert(1)</script>"
