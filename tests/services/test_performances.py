"""Runs of plugins from workflows: planned with the step, made outside of it, tried again, given up, kept apart."""

from __future__ import annotations

from datetime import timedelta

import pytest

from campaigns.outgoing.call import Answer, RecordingSender
from campaigns.performing.children import Children
from campaigns.performing.task import InProcess, Task
from campaigns.sections.registry import kinds
from campaigns.services import executions, fields, lead_erasure, secrets, simulations
from campaigns.services.calls import LEASE, Caller
from campaigns.storage.models import AuditEntry, Event, Execution, Lead, Note, OutsideCall, Step
from campaigns.vault import Vault
from campaigns.worker import Outside, Worker
from tests.support.acting import acting_kinds
from tests.support.campaign import Campaign
from tests.support.programs import item
from tests.support.sending import ANN, BY_EVENT, is_settled, send, tags

VAULT = Vault("x" * 40)


class Noting(InProcess):
    """Carries out runs here, and remembers them."""

    def __init__(self, answers=()) -> None:
        super().__init__(acting_kinds(), RecordingSender(answers))
        self.tasks: list[Task] = []

    def perform(self, task: Task):
        self.tasks.append(task)
        return super().perform(task)


def worker_of(campaign: Campaign, performer, known=None) -> Worker:
    outside = Outside(vault=VAULT, performer=performer)
    return Worker(campaign.store, known or campaign.kinds, campaign.transport, campaign.uploads, outside=outside)


@pytest.fixture
def noting(campaign: Campaign) -> Noting:
    """Let the campaign know a plugin's type, and run it in this process."""
    made = Noting()
    campaign.kinds = acting_kinds()
    campaign.worker = worker_of(campaign, made)
    return made


def act(mode: str = "well", **config):
    branches = {"done": [item("lead.add_tag", "y", tag="done")], "error": [item("lead.add_tag", "n", tag="error")]}
    return item("test.act", "a", mode=mode, **config, branches=branches)


def run(campaign: Campaign, clock, **span: int) -> None:
    clock.advance(timedelta(**span))
    campaign.run()


def test_what_was_performed_is_applied_with_the_step(campaign: Campaign, noting: Noting):
    with campaign.write() as session:
        fields.create_field(session, key="city", name="City", type="text")
        fields.create_field(session, key="visits", name="Visits", type="number")
    campaign.workflow([act(fields={"city": "Berlin", "visits": "12", "first_name": "Ann"})], triggers=[BY_EVENT])
    send(campaign, "go")
    lead, execution = campaign.only(Lead), campaign.only(Execution)
    assert (lead.fields, lead.first_name) == ({"city": "Berlin", "visits": 12}, "Ann")
    assert execution.state["seen"] == {"email": ANN, "key": noting.tasks[0].key, "attempt": 1}
    assert [event.properties for event in campaign.all(Event) if event.name == "acted"] == [{"by": "test"}]
    assert (campaign.only(Note).text, tags(campaign)) == ("Acted", ["done"])
    waited, done = [step for step in campaign.all(Step) if step.section == "a"]
    assert (waited.outcome, done.outcome, done.receipt["secrets"]) == ("waiting", "done", 0)
    is_settled(campaign)


def test_what_it_was_given_of_the_lead_is_forgotten_once_it_is_over(campaign: Campaign, noting: Noting):
    campaign.workflow([act()], triggers=[BY_EVENT])
    send(campaign, "go")
    row = campaign.only(OutsideCall)
    assert (row.state, row.reason, row.request["asked"]) == ("answered", "performed", {})


@pytest.mark.parametrize(
    ("config", "reason"),
    [
        ({"fields": {"shoe_size": 4}}, "shoe_size is no field that can be set"),
        ({"fields": {"owner": "x@example.com"}}, "owner is no field that can be set"),
        ({"fields": {"email": "nobody"}}, "email: "),
        ({"mode": "answers another branch"}, "perform answered with the branch 'nowhere'"),
        ({"mode": "no branch"}, "there is no such thing"),
    ],
)
def test_what_does_not_fit_puts_the_execution_aside_with_the_reason(campaign: Campaign, noting: Noting, config, reason):
    section = act(**config) if config.get("mode") != "no branch" else item("test.act", "a", **config)
    campaign.workflow([section], triggers=[BY_EVENT])
    send(campaign, "go")
    execution = campaign.only(Execution)
    assert (execution.status, execution.reason[: len(reason)]) == ("failed", reason)
    assert tags(campaign) == []


def test_what_may_pass_is_tried_again_with_the_same_key_when_it_asks(campaign: Campaign, noting: Noting, clock):
    campaign.workflow([act("later")], triggers=[BY_EVENT])
    send(campaign, "go")
    run(campaign, clock, seconds=1)
    assert len(noting.tasks) == 1
    run(campaign, clock, seconds=2)
    run(campaign, clock, seconds=2)
    assert ([task.attempt for task in noting.tasks], tags(campaign)) == ([1, 2, 3], ["done"])
    assert len({task.key for task in noting.tasks}) == 1
    is_settled(campaign)


def test_after_the_last_try_it_goes_to_error(campaign: Campaign, noting: Noting, clock):
    campaign.workflow([act("raises")], triggers=[BY_EVENT])
    send(campaign, "go")
    for _ in range(6):
        run(campaign, clock, seconds=10)
    assert (len(noting.tasks), tags(campaign)) == (4, ["error"])
    done = next(step for step in campaign.all(Step) if step.outcome == "error")
    assert (done.receipt["error"], done.receipt["tries"]) == ("ZeroDivisionError: oh", 4)


def test_it_reads_the_secrets_that_its_config_names_and_no_other(campaign: Campaign, noting: Noting, caplog):
    with campaign.write() as session:
        secrets.create_secret(session, VAULT, name="CRM", value="s3cr3t-value", key="crm")
        secrets.create_secret(session, VAULT, name="Shop", value="other-value", key="shop")
    campaign.workflow([act("gives up", password="crm")], triggers=[BY_EVENT])
    send(campaign, "go")
    assert (noting.tasks[0].secrets, tags(campaign)) == ({"crm": "s3cr3t-value"}, ["error"])
    rows = [*campaign.all(OutsideCall), *campaign.all(Step), *campaign.all(Execution)]
    assert "s3cr3t-value" not in repr([vars(row) for row in rows]) + caplog.text
    assert campaign.only(OutsideCall).reason == "no, and ••• does not help"


def test_a_type_that_fails_again_and_again_is_left_alone_for_a_while(campaign: Campaign, noting: Noting, clock):
    campaign.workflow([act("raises")])
    campaign.imports("email\n" + "".join(f"p{n}@example.com\n" for n in range(40)))
    tried = len(noting.tasks)
    assert 5 <= tried < 40
    run(campaign, clock, seconds=10)
    run(campaign, clock, seconds=10)
    assert len(noting.tasks) == tried
    run(campaign, clock, seconds=11)
    assert len(noting.tasks) > tried, "what is refused meanwhile must not put the next try off"
    rests = [(row.target, row.detail["failures"]) for row in campaign.all(AuditEntry) if row.action == "plugin.rests"]
    assert rests == [("test.act", 5)]


def test_other_sections_go_on_beside_one_that_fails(campaign: Campaign, noting: Noting):
    campaign.workflow([act("raises")])
    campaign.workflow([item("lead.add_points", "p", points=1)], key="other")
    campaign.imports("email\nx@example.com\n")
    assert campaign.statuses() == {"waiting": 1, "finished": 1}


def test_a_run_whose_worker_died_is_made_again_after_its_lease_with_the_same_key(
    campaign: Campaign, noting: Noting, clock
):
    class Dying(Noting):
        def perform(self, task: Task):
            super().perform(task)
            raise SystemExit

    campaign.workflow([act()], triggers=[BY_EVENT])
    dying = Dying()
    campaign.worker = worker_of(campaign, dying)
    with pytest.raises(SystemExit):
        send(campaign, "go")
    assert not Caller(campaign.store, RecordingSender(), VAULT, performer=noting).run_once()
    campaign.worker = worker_of(campaign, noting)
    run(campaign, clock, seconds=LEASE.total_seconds() + 1)
    assert (tags(campaign), noting.tasks[0].key) == (["done"], dying.tasks[0].key)


def test_a_version_whose_plugin_is_gone_quarantines_with_the_reason_and_a_retry_goes_on_when_it_is_back(
    campaign: Campaign, noting: Noting
):
    campaign.workflow([act()], triggers=[BY_EVENT])
    known = campaign.worker
    campaign.worker = worker_of(campaign, noting, kinds())
    send(campaign, "go")
    execution = campaign.only(Execution)
    assert (execution.status, execution.reason) == ("failed", "the section type test.act is not installed any more")
    campaign.worker = known
    with campaign.write() as session:
        executions.retry_execution(session, execution.id)
    campaign.run()
    assert (campaign.statuses(), tags(campaign)) == ({"finished": 1}, ["done"])


def test_a_plugin_that_goes_while_an_answer_is_awaited_quarantines_too(campaign: Campaign, noting: Noting, clock):
    campaign.workflow([act("later")], triggers=[BY_EVENT])
    send(campaign, "go")
    gone = InProcess(kinds(), RecordingSender())
    campaign.worker = worker_of(campaign, gone, kinds())
    run(campaign, clock, seconds=3)
    execution = campaign.only(Execution)
    assert (execution.status, execution.reason) == ("failed", "the section type test.act is not installed any more")


def test_erasing_a_lead_takes_what_was_handed_to_a_plugin(campaign: Campaign, noting: Noting):
    campaign.workflow([act("later")], triggers=[BY_EVENT])
    send(campaign, "go")
    with campaign.write() as session:
        lead_erasure.erase_lead(session, session.query(Lead).one().id)
    assert ANN not in repr([vars(row) for row in campaign.all(OutsideCall)])


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_worker_runs_it_in_a_child_process_unless_told_otherwise(campaign: Campaign):
    campaign.kinds = acting_kinds()
    children = Children(campaign.kinds)
    campaign.worker = worker_of(campaign, children)
    campaign.workflow([act("prints")], triggers=[BY_EVENT])
    try:
        send(campaign, "go")
    finally:
        children.close()
    assert tags(campaign) == ["done"]


def test_its_calls_carry_the_key(campaign: Campaign):
    sender = RecordingSender([Answer(204, {}, b"", 1)])
    campaign.kinds = acting_kinds()
    campaign.worker = worker_of(campaign, InProcess(acting_kinds(), sender))
    campaign.workflow([act("calls")], triggers=[BY_EVENT])
    send(campaign, "go")
    (sent,) = sender.sent
    assert sent.headers["webhook-id"] == campaign.only(OutsideCall).key
    assert campaign.only(Execution).state == {"status": 204}


def test_a_simulation_walks_through_it_and_runs_nothing(campaign: Campaign, noting: Noting):
    campaign.workflow([act()], triggers=[BY_EVENT])
    campaign.imports("email\nann@example.com\n")
    with campaign.read() as session:
        asked = simulations.check(simulations.Asked(sample=1))
        found = simulations.run_simulation(session, "flow", asked, kinds=campaign.kinds)
    assert (found.sections, found.statuses) == ({"a": 1, "y": 1}, {"finished": 1})
    assert noting.tasks == []
