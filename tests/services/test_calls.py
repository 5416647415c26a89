"""Calls of workflows to other systems: made, answered, repeated, given up, and never for nobody."""

from __future__ import annotations

from datetime import timedelta

import pytest

from campaigns.outgoing.call import Answer, Forbidden, RecordingSender, Unreachable
from campaigns.sections.registry import kinds
from campaigns.services import events, executions, secrets, versions
from campaigns.services.calls import LEASE, Caller
from campaigns.services.references import InUse
from campaigns.storage.models import Execution, Lead, OutsideCall, Step
from campaigns.storage.queries import due
from campaigns.vault import Vault
from campaigns.worker import Outside, Worker
from tests.support.campaign import Campaign
from tests.support.lines import note
from tests.support.programs import item
from tests.support.sending import ANN, BY_EVENT, is_settled, send, tags

VAULT = Vault("x" * 40)
JSON = {"content-type": "application/json"}
GOOD = Answer(200, JSON, b'{"plan": "pro", "n": 3}', 12)


def call(**config):
    branches = {"ok": [item("lead.add_tag", "y", tag="ok")], "error": [item("lead.add_tag", "n", tag="error")]}
    config = {"method": "POST", "url": "https://crm.example.com/leads?e={{ lead.email }}", **config}
    return item("http.call", "h", **config, branches=branches)


@pytest.fixture
def answers(campaign: Campaign):
    """Return a function that says what the other system answers; gives the sender that remembers what was sent."""

    def answer(*given) -> RecordingSender:
        sender = RecordingSender(given)
        campaign.worker = Worker(
            campaign.store, kinds(), campaign.transport, campaign.uploads, outside=Outside(calls=sender, vault=VAULT)
        )
        return sender

    return answer


def run(campaign: Campaign, clock, **span: int) -> None:
    clock.advance(timedelta(**span))
    campaign.run()


def test_the_answer_is_kept_and_says_the_branch(campaign: Campaign, answers):
    sender = answers(GOOD)
    body = '{"email": {{ lead.email | json }}}'
    keep = item("lead.add_points", "p", points=1)
    campaign.workflow(
        [call(save_as="crm", body=body, headers={"X-Score": "{{ lead.score }}"}), keep], triggers=[BY_EVENT]
    )
    send(campaign, "go")
    (sent,) = sender.sent
    assert (sent.method, sent.url, sent.body) == (
        "POST", f"https://crm.example.com/leads?e={ANN}", b'{"email": "ann@example.com"}',
    )  # fmt: skip
    assert sent.headers["X-Score"] == "0"
    assert campaign.only(Execution).state["crm"] == {"status": 200, "body": {"plan": "pro", "n": 3}, "headers": JSON}
    assert (tags(campaign), campaign.only(Lead).score) == (["ok"], 1)
    assert [step.outcome for step in campaign.all(Step) if step.section == "h"] == ["waiting", "ok"]
    is_settled(campaign)


@pytest.mark.parametrize("status", [400, 404, 302])
def test_other_answers_are_errors_at_once(campaign: Campaign, answers, status):
    sender = answers(Answer(status, {}, b"no", 1))
    campaign.workflow([call(save_as="crm")], triggers=[BY_EVENT])
    send(campaign, "go")
    assert (len(sender.sent), tags(campaign)) == (1, ["error"])
    assert campaign.only(Execution).state["crm"]["status"] == status


@pytest.mark.parametrize("failing", [Unreachable("gone"), Answer(503, {}, b"", 1), Answer(429, {}, b"", 1)])
def test_what_may_pass_is_tried_again_with_the_same_key(campaign: Campaign, answers, clock, failing):
    sender = answers(failing, failing, GOOD)
    campaign.workflow([call()], triggers=[BY_EVENT])
    send(campaign, "go")
    assert (len(sender.sent), tags(campaign)) == (1, [])
    run(campaign, clock, seconds=2)
    run(campaign, clock, seconds=3)
    assert (len(sender.sent), tags(campaign)) == (3, ["ok"])
    assert len({sent.headers["webhook-id"] for sent in sender.sent}) == 1
    is_settled(campaign)


def test_after_the_last_try_it_is_an_error_with_the_reason(campaign: Campaign, answers, clock):
    sender = answers(Answer(503, {}, b"", 1))
    campaign.workflow([call(retries=1, save_as="crm")], triggers=[BY_EVENT])
    send(campaign, "go")
    run(campaign, clock, seconds=5)
    run(campaign, clock, minutes=5)
    assert (len(sender.sent), tags(campaign)) == (2, ["error"])
    assert campaign.only(Execution).state["crm"]["error"] == "503 after 2 tries"
    assert campaign.only(OutsideCall).state == "answered"


def test_what_asks_to_wait_longer_than_there_is_time_is_given_up(campaign: Campaign, answers):
    sender = answers(Answer(429, {"retry-after": "120"}, b"", 1))
    campaign.workflow([call()], triggers=[BY_EVENT])
    send(campaign, "go")
    assert (len(sender.sent), tags(campaign)) == (1, ["error"])


def test_a_forbidden_address_is_an_error_at_once(campaign: Campaign, answers):
    sender = answers(Forbidden("crm.example.com does not lie on the public internet."))
    campaign.workflow([call(save_as="crm")], triggers=[BY_EVENT])
    send(campaign, "go")
    assert (len(sender.sent), tags(campaign)) == (1, ["error"])
    assert "public internet" in campaign.only(Execution).state["crm"]["error"]


def test_a_host_that_fails_again_and_again_is_left_alone_for_a_while(campaign: Campaign, answers, clock):
    sender = answers(Unreachable("gone"))
    campaign.workflow([call(retries=0)])
    campaign.imports("email\n" + "".join(f"p{n}@example.com\n" for n in range(40)))
    assert campaign.statuses() == {"finished": 40}
    assert len(sender.sent) < 40
    tried = len(sender.sent)
    run(campaign, clock, seconds=31)
    send(campaign, "x")
    campaign.imports("email\nlate@example.com\n")
    assert len(sender.sent) == tried + 1


def test_secrets_go_into_headers_and_stand_nowhere_else(campaign: Campaign, answers, caplog):
    sender = answers(GOOD)
    with campaign.write() as session:
        secrets.create_secret(session, VAULT, name="CRM", value="s3cr3t-value", key="crm")
    headers = {"Authorization": "Bearer {{ secrets.crm }}"}
    campaign.workflow([call(headers=headers, sign_with="crm")], triggers=[BY_EVENT])
    send(campaign, "go")
    (sent,) = sender.sent
    assert sent.headers["Authorization"] == "Bearer s3cr3t-value"
    assert sent.headers["webhook-signature"].startswith("v1,")
    rows = [*campaign.all(OutsideCall), *campaign.all(Step), *campaign.all(Execution)]
    assert "s3cr3t-value" not in repr([vars(row) for row in rows]) + caplog.text
    with campaign.write() as session, pytest.raises(InUse):
        secrets.delete_secret(session, "crm")


def test_a_lead_can_not_name_a_secret(campaign: Campaign, answers):
    sender = answers(GOOD)
    with campaign.write() as session:
        secrets.create_secret(session, VAULT, name="CRM", value="s3cr3t-value", key="crm")
    campaign.workflow([call(headers={"X-Name": "{{ lead.first_name }}"})])
    campaign.imports("email,first_name\nx@example.com,{{ secrets.crm }}\n")
    assert "s3cr3t-value" not in repr(sender.sent)


def test_a_call_that_nobody_waits_for_is_not_made(campaign: Campaign, answers):
    sender = answers(GOOD)
    campaign.workflow([call()], triggers=[BY_EVENT])
    with campaign.write() as session:
        events.take(session, [events.Sent("go", {"email": ANN})])
    campaign.worker._runner().run_once()
    with campaign.write() as session:
        executions.cancel_execution(session, session.query(Execution).one().id)
    campaign.run()
    assert (sender.sent, campaign.only(OutsideCall).state) == ([], "gone")


def test_an_answer_waits_for_the_release_of_a_held_execution(campaign: Campaign, answers):
    answers(GOOD)
    campaign.workflow([call(), note("after")], triggers=[BY_EVENT])
    with campaign.write() as session:
        events.take(session, [events.Sent("go", {"email": ANN})])
    campaign.worker._runner().run_once()
    with campaign.write() as session:
        versions.deactivate(session, "flow", running="hold")
    campaign.run()
    assert (campaign.statuses(), tags(campaign)) == ({"held": 1}, [])
    with campaign.write() as session:
        versions.activate(session, "flow", kinds=kinds())
    campaign.run()
    assert (campaign.statuses(), tags(campaign)) == ({"finished": 1}, ["ok"])


def test_a_call_whose_worker_died_is_made_again_after_its_lease(campaign: Campaign, clock):
    class Dying(RecordingSender):
        def send(self, made):
            super().send(made)
            raise SystemExit

    campaign.workflow([call()], triggers=[BY_EVENT])
    with campaign.write() as session:
        events.take(session, [events.Sent("go", {"email": ANN})])
    campaign.worker._runner().run_once()
    dying, good = Dying(), RecordingSender([GOOD])
    with pytest.raises(SystemExit):
        Caller(campaign.store, dying, VAULT).run_once()
    caller = Caller(campaign.store, good, VAULT)
    assert not caller.run_once()
    clock.advance(LEASE + timedelta(seconds=1))
    assert caller.run_once()
    campaign.run()
    assert tags(campaign) == ["ok"]
    assert good.sent[0].headers["webhook-id"] == dying.sent[0].headers["webhook-id"]


def test_a_retry_is_made_in_time_though_another_worker_has_looked_meanwhile(campaign: Campaign, answers, clock):
    class Slow(RecordingSender):
        def send(self, made):
            clock.advance(due.LEASE + timedelta(seconds=1))
            assert Caller(campaign.store, RecordingSender(), VAULT).run_once()  # it takes the shard, and finds nothing
            return Answer(503, {"retry-after": "60"}, b"", 1)

    sender = answers(GOOD)
    campaign.workflow([call(within=300)], triggers=[BY_EVENT])
    with campaign.write() as session:
        events.take(session, [events.Sent("go", {"email": ANN})])
    campaign.worker._runner().run_once()
    Caller(campaign.store, Slow(), VAULT).run_once()
    run(campaign, clock, seconds=30)
    assert (len(sender.sent), tags(campaign)) == (1, ["ok"])
