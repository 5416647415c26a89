"""Erasing a lead whose mail is in a worker's hand at that moment, or was answered before."""

from __future__ import annotations

from campaigns.messages.handover import Accepted, GiveUp
from campaigns.messages.memory import MemoryTransport
from campaigns.services import leads
from campaigns.services.lead_erasure import erase_lead
from campaigns.services.outbox import Outbox
from campaigns.storage.models import Lead, Message, OutboxItem

MAIL = [{"id": "e", "type": "email.send", "config": {"template": "welcome"}}]


class Erasing(MemoryTransport):
    """A mail server that is so slow that the lead is erased meanwhile; it names the address in what it says."""

    def __init__(self, campaign, *, refuses: bool = False, erases: bool = True):
        super().__init__()
        self.campaign, self.refuses, self.erases = campaign, refuses, erases

    def send(self, message) -> Accepted:
        if self.erases:
            erase(self.campaign)
        if self.refuses:
            raise GiveUp(f"550 <{message.recipient}> is unknown")
        return Accepted(f"250 taken for {message.recipient}")


def erase(campaign) -> None:
    with campaign.write() as session:
        erase_lead(session, session.query(Lead.id).scalar())


def plan(campaign) -> None:
    campaign.workflow(MAIL)
    with campaign.write() as session:
        leads.create_lead(session, {"email": "ann@example.com"})
    assert campaign.worker._runner().run_once()


def test_a_mail_in_hand_ends_as_unknown_and_its_late_answer_is_dropped(campaign):
    plan(campaign)
    Outbox(campaign.store, Erasing(campaign)).run_once()
    mail = campaign.only(Message)
    assert (mail.state, mail.recipient, mail.subject) == ("unknown", "", "")
    assert "erased" in mail.reason
    assert mail.settled_at is not None
    assert campaign.all(OutboxItem) == []


def test_what_a_server_said_of_the_address_is_not_kept(campaign):
    plan(campaign)
    Outbox(campaign.store, Erasing(campaign, refuses=True, erases=False)).run_once()
    assert "ann@example.com" in campaign.only(Message).reason
    erase(campaign)
    assert (campaign.only(Message).state, campaign.only(Message).reason) == ("refused", "")
