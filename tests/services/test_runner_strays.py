"""One bad row is its own trouble: it neither keeps a worker busy nor holds up the others of its shard."""

from datetime import timedelta

import pytest
from sqlalchemy import insert, select, update

from campaigns.dispatch.inline import Inline
from campaigns.ids import new_id
from campaigns.messages.memory import MemoryTransport
from campaigns.sections.registry import kinds
from campaigns.services import recovery
from campaigns.services.claims import REST
from campaigns.services.import_files import Uploads
from campaigns.services.runner import Runner
from campaigns.storage.models import (
    Due,
    Event,
    Execution,
    Lead,
    PendingEvent,
    Step,
    Subscription,
    Token,
    Version,
    Workflow,
)
from campaigns.storage.queries import due
from campaigns.storage.queries.batch_writes import Conflict
from campaigns.storage.transaction import system
from campaigns.worker import Worker
from tests.support.campaign import Campaign
from tests.support.factories import plant

WAIT = {"id": "s1", "type": "flow.delay", "config": {"duration": {"hours": 1}}}
POINTS = {"id": "s2", "type": "lead.add_points", "config": {"points": 1}}
LEADS = "email\n" + "".join(f"p{n}@example.com\n" for n in range(40))


def turns(run_once, most=10):
    """Work until there is nothing to do; return how many turns it took."""
    for turn in range(most):
        if not run_once():
            return turn
    raise AssertionError(f"after {most} turns there is still something to do")


def add_strays(campaign, count, shard=0, lane=0):
    """Queue events that are not there any more, before all others."""
    with campaign.write() as session:
        rows = [{"shard": shard, "lane": lane, "event_id": new_id()} for _ in range(count)]
        session.execute(insert(PendingEvent).values([row | {"tenant_id": session.tenant_id} for row in rows]))
        session.make_due("run", [shard], lane="interactive")


def test_rows_planted_with_references_to_nothing_are_drained(store, tmp_path):
    planted = plant(store, "acme")
    worker = Worker(store, kinds(), MemoryTransport(), Uploads(tmp_path))
    worker.tick()
    assert turns(worker.run_once) == 1
    with system(store) as session:
        run = session.scalars(select(Due).where(Due.tenant_id == planted.tenant_id, Due.kind == "run")).one()
    assert (run.next_at, run.owner) == (None, None)
    assert recovery.heal(store) == 0


def test_inline_dispatch_comes_to_an_end_over_planted_rows(store, tmp_path):
    planted = plant(store, "acme")
    inline = Inline()
    inline.start(Worker(store, kinds(), MemoryTransport(), Uploads(tmp_path)))
    inline.tick()
    inline.wake(planted.tenant_id, "interactive")
    assert inline.stop(0)


def test_a_thousand_events_that_are_gone_do_not_stand_in_the_way(campaign: Campaign):
    campaign.workflow([POINTS])
    for shard in range(due.SHARDS):
        add_strays(campaign, 100, shard)
    campaign.start_import(LEADS)
    assert turns(campaign.worker.run_once) < 10
    assert campaign.statuses() == {"finished": 40}
    assert campaign.all(PendingEvent) == []


@pytest.mark.parametrize("status", ["held", "failed", "finished"])
def test_a_token_of_an_execution_that_does_not_run_is_laid_aside_and_the_others_go_on(
    campaign: Campaign, clock, status
):
    campaign.workflow([WAIT, POINTS])
    campaign.imports(LEADS)
    chosen = campaign.all(Execution)[7].id
    with campaign.write() as session:
        session.execute(update(Execution).where(Execution.id == chosen).values(status=status))
    clock.advance(timedelta(hours=1))
    assert turns(campaign.worker.run_once) < 5
    assert campaign.statuses() == ({"finished": 39} | {status: 1} if status != "finished" else {"finished": 40})
    token = campaign.only(Token)
    assert (token.execution_id, token.wake_at, token.due_at) == (chosen, None, clock.now())
    assert {step.section for step in campaign.all(Step) if step.execution_id == chosen} == {"s1"}
    assert recovery.heal(campaign.store) == 0


def test_a_version_that_cannot_be_read_fails_its_own_executions_alone(campaign: Campaign, clock):
    campaign.workflow([WAIT, POINTS], key="sound")
    campaign.workflow([WAIT], key="broken")
    campaign.imports(LEADS)
    break_version(campaign, "broken")
    campaign.imports("email\nlate@example.com\n")
    clock.advance(timedelta(hours=1))
    assert turns(campaign.worker.run_once) < 5
    assert campaign.statuses() == {"finished": 41, "failed": 40}
    reasons = {each.reason for each in campaign.all(Execution) if each.status == "failed"}
    assert reasons == {"this version can't be read: ValidationError"}
    assert campaign.all(PendingEvent) == []


def break_version(campaign: Campaign, key: str) -> None:
    """Have a workflow run a version of a form that no program of today reads."""
    with campaign.write() as session:
        workflow = session.scalars(select(Workflow).where(Workflow.key == key)).one()
        old = session.scalars(select(Version).where(Version.workflow_id == workflow.id)).one()
        facts = {column.name: getattr(old, column.key) for column in Version.__table__.columns}
        new = facts | {"id": new_id(), "number": 2, "document": {"format": 99}}
        session.execute(insert(Version).values(new))
        for model in (Execution, Subscription):
            mine = update(model).where(model.tenant_id == session.tenant_id, model.workflow_id == workflow.id)
            session.execute(mine.values(version_id=new["id"]))


class Unlucky(Runner):
    """A worker with which everything about one lead goes wrong: `raises` in deciding, or in quarantining as well."""

    lead = None
    error: Exception = ZeroDivisionError("by nothing")
    quarantine_too = False

    def _decide(self, items, read, poison):
        mine = self.lead in items.lead_ids()
        if mine and (poison is None or self.quarantine_too):
            raise self.error
        return super()._decide(items, read, poison)


def unlucky(campaign, lead, **facts):
    runner = Unlucky(campaign.store, kinds())
    runner.most_shards = due.SHARDS
    runner.lead = lead.id.bytes if campaign.store.database.is_sqlite else lead.id
    for name, value in facts.items():
        setattr(runner, name, value)
    return runner


@pytest.fixture
def due_leads(campaign: Campaign, clock):
    """Return forty leads whose executions are due."""
    campaign.workflow([WAIT, POINTS])
    campaign.imports(LEADS)
    clock.advance(timedelta(hours=1))
    return campaign.all(Lead)


def test_what_raises_is_quarantined_with_its_reason_and_the_others_go_on(campaign: Campaign, due_leads):
    assert turns(unlucky(campaign, due_leads[5]).run_once) < 5
    assert campaign.statuses() == {"finished": 39, "failed": 1}
    failed = next(each for each in campaign.all(Execution) if each.status == "failed")
    assert (failed.lead_id, failed.reason) == (due_leads[5].id, "ZeroDivisionError: by nothing")


@pytest.mark.parametrize("error", [ZeroDivisionError("by nothing"), Conflict()], ids=["raises", "always changes"])
def test_what_cannot_even_be_quarantined_holds_up_nobody_and_is_tried_again_later(
    campaign: Campaign, due_leads, clock, error
):
    runner = unlucky(campaign, due_leads[5], error=error, quarantine_too=True)
    with pytest.raises(type(error)):
        runner.run_once()
    assert campaign.statuses() == {"finished": 39, "waiting": 1}
    assert not runner.run_once(), "its shards rest, so that the worker can turn to others"
    clock.advance(REST + timedelta(milliseconds=1))
    campaign.run()
    assert campaign.statuses() == {"finished": 40}
    assert {lead.score for lead in campaign.all(Lead)} == {1}
    assert len(campaign.all(Event)) == 80
