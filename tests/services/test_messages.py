"""Sending again: only what nobody knows the outcome of, under the same key; and lists that stay fast."""

from __future__ import annotations

import pytest
from sqlalchemy import insert, select

from campaigns.errors import Conflict, NotFound
from campaigns.ids import new_id, new_ids
from campaigns.services import messages
from campaigns.services.messages import Filters
from campaigns.storage.models import AuditEntry, Message
from campaigns.storage.transaction import tenant_connection, writing
from campaigns.tenancy import Tenancy
from tests.support.campaign import new_tenant
from tests.support.workflows import counted

SEND = {"id": "s1", "type": "email.send", "config": {"template": "welcome"}}


@pytest.fixture
def sent(campaign):
    campaign.workflow([SEND])
    campaign.imports("email,first_name\nann@x.test,Ann\n")
    return campaign.only(Message)


def settle(campaign, message, state):
    with campaign.write() as session:
        session.get(Message, (message.tenant_id, message.id)).state = state


def test_an_unknown_outcome_goes_out_again_under_the_same_key(campaign, sent):
    settle(campaign, sent, "unknown")
    with campaign.write() as session:
        messages.resend(session, sent.id)
    assert campaign.only(Message).state == "planned"
    campaign.run()
    assert campaign.only(Message).state == "handed_over"
    assert [mail.message_id for mail in campaign.transport.sent] == [campaign.transport.sent[0].message_id] * 2
    assert [entry.action for entry in campaign.all(AuditEntry)].count("message.resent") == 1


@pytest.mark.parametrize("state", [state for state in messages.STATES if state != "unknown"])
def test_no_other_state_is_sent_again(campaign, sent, state):
    settle(campaign, sent, state)
    with campaign.write() as session, pytest.raises(Conflict):
        messages.resend(session, sent.id)


def test_another_tenants_mail_does_not_exist(campaign, sent):
    rival = Tenancy(new_tenant(campaign.store, "rival"))
    with writing(campaign.store, rival) as session:
        for ask in (messages.resend, messages.get_message):
            with pytest.raises(NotFound):
                ask(session, sent.id)
        assert messages.list_messages(session, Filters()) == []


def test_pages_hang_together(campaign, sent):
    copies(campaign, sent, 5)
    with campaign.read() as session:
        first = messages.list_messages(session, Filters(), limit=4)
        second = messages.list_messages(session, Filters(), before=first[-1].message.id, limit=4)
    ids = [line.message.id for line in [*first, *second]]
    assert len(set(ids)) == 6
    assert ids == sorted(ids, reverse=True)


@pytest.mark.parametrize(
    "filters",
    [
        Filters(), Filters(state="unknown"), Filters(template="welcome"), Filters(workflow="flow"),
        Filters(text="nobody"), Filters(workflow="flow", text="nobody", state="handed_over"),
    ],
    ids=str,
)  # fmt: skip
def test_a_page_takes_as_many_statements_however_many_mails_there_are(campaign, sent, filters):
    copies(campaign, sent, 120)
    counts = []
    for size in (2, 100):
        with counted(campaign.store, campaign.tenancy) as (session, statements):
            messages.list_messages(session, filters, limit=size)
            messages.count_by_state(session)
            counts.append(len(statements))
    assert counts[0] == counts[1] < 6


def copies(campaign, message, count):
    """Plant as many mails like this one."""
    columns = {column.name for column in Message.__table__.columns}
    with campaign.read() as session:
        row = session.execute(select(Message.__table__).where(Message.__table__.c.tenant_id == message.tenant_id)).one()
    values = {name: value for name, value in row._mapping.items() if name in columns}
    with tenant_connection(campaign.store, message.tenant_id, writes=True) as connection:
        rows = [values | {"id": one, "key": new_id().hex} for one in new_ids(count)]
        connection.execute(insert(Message.__table__), rows)
