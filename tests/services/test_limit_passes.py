"""Limits over many leads: counted by key, exactly, whoever asks at once, and once whatever goes wrong."""

from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import event as listening
from sqlalchemy import select

from campaigns.sections.registry import kinds
from campaigns.services import events, limit_passes
from campaigns.services.events import Sent
from campaigns.services.runner import Runner
from campaigns.storage.models import LimitPasses, Step
from tests.support.campaign import Campaign
from tests.support.lines import hours, note
from tests.support.locks import in_thread, waiting_for_a_lock
from tests.support.programs import item
from tests.support.sending import ANN, BY_EVENT, is_settled, send
from tests.support.trees import child

EMAIL = {"template": "{{ lead.email }}"}


def limit(id="l", *, keys=("k",), times=3, branches=None, **more):
    config = {"keys": list(keys), "times": times, "within": {"hours": 1}} | more
    return item("flow.limit", id, branches=branches, **config)


def create(campaign, count, first=0):
    campaign.start_import("email\n" + "".join(f"p{n}@example.com\n" for n in range(first, first + count)))
    while campaign.worker._import_chunk():
        pass


def went(campaign, section="l"):
    with campaign.read() as session:
        return Counter(session.scalars(select(Step.outcome).where(Step.section == section)))


def receipts(campaign, section="l"):
    with campaign.read() as session:
        rows = select(Step.receipt).where(Step.section == section).order_by(Step.execution_id, Step.number)
        return list(session.scalars(rows))


def test_of_many_leads_at_once_so_many_pass_and_the_rest_is_blocked(campaign: Campaign):
    campaign.workflow([limit(branches={"pass": [note("p")], "block": [note("b")]})])
    create(campaign, 40)
    campaign.run()
    assert (went(campaign), went(campaign, "p"), went(campaign, "b")) == (
        {"pass": 3, "block": 37}, {"done": 3}, {"done": 37},
    )  # fmt: skip
    is_settled(campaign)
    passed = [receipt["count"] for receipt in receipts(campaign) if "again_at" not in receipt]
    assert sorted(passed) == [1, 2, 3]


def test_the_window_slides_over_batches(campaign: Campaign, clock):
    campaign.workflow([limit(times=2)], triggers=[BY_EVENT])
    for minutes in (0, 40, 10, 9, 1):
        clock.advance(timedelta(minutes=minutes))
        send(campaign, "go")
    assert [receipt.get("again_at") for receipt in receipts(campaign)] == [
        None, None, "2026-03-04T13:00:00Z", "2026-03-04T13:00:00Z", None,
    ]  # fmt: skip


def test_each_key_has_a_counter_of_its_own(campaign: Campaign):
    campaign.workflow([limit(keys=["mail", EMAIL], times=1)], triggers=[BY_EVENT])
    for email in (ANN, "bob@example.com", ANN):
        send(campaign, "go", email)
    assert went(campaign) == {"pass": 2, "block": 1}
    assert [receipt["key"] for receipt in receipts(campaign)] == [
        ["mail", ANN], ["mail", "bob@example.com"], ["mail", ANN],
    ]  # fmt: skip


def test_no_key_can_be_read_from_what_is_kept(campaign: Campaign):
    campaign.workflow([limit(keys=[EMAIL]), hours("d")], triggers=[BY_EVENT])
    send(campaign, "go")
    row = campaign.only(LimitPasses)
    assert (len(row.key), ANN in str(vars(row)), len(row.passes)) == (64, False, 1)


@pytest.mark.parametrize(("scope", "ways"), [("workflow", {"pass": 4}), ("tenant", {"pass": 3, "block": 1})])
def test_workflows_share_a_counter_if_they_want_to(campaign: Campaign, scope, ways):
    for key in ("one", "two"):
        campaign.workflow([limit(scope=scope)], triggers=[BY_EVENT], key=key)
    send(campaign, "go")
    send(campaign, "go")
    assert went(campaign) == ways


def test_another_version_and_another_section_go_on_with_the_same_counter(campaign: Campaign):
    campaign.workflow([limit(times=1), limit("m", times=1)], triggers=[BY_EVENT])
    send(campaign, "go")
    assert (went(campaign, "l"), went(campaign, "m")) == ({"pass": 1}, {"block": 1})


def test_tenants_never_share_a_counter(campaign: Campaign):
    other = child(campaign, "other", None)
    for one in (campaign, other):
        one.workflow([limit(times=1, scope="tenant")], triggers=[BY_EVENT])
        send(one, "go")
    assert (went(campaign), went(other)) == ({"pass": 1}, {"pass": 1})
    assert campaign.only(LimitPasses).key != other.only(LimitPasses).key


def test_a_longer_time_asked_once_keeps_what_a_shorter_one_would_forget(campaign: Campaign, clock):
    campaign.workflow([limit(times=1), limit("m", times=9, within={"days": 2})], triggers=[BY_EVENT])
    for _ in range(3):
        send(campaign, "go")
        clock.advance(timedelta(hours=2))
        limit_passes.sweep(campaign.store)
    assert [receipt["count"] for receipt in receipts(campaign, "m")] == [2, 4, 6]


def test_what_counts_no_more_is_removed(campaign: Campaign, clock):
    campaign.workflow([limit(times=1)], triggers=[BY_EVENT])
    send(campaign, "go")
    clock.advance(timedelta(hours=1))
    assert (limit_passes.sweep(campaign.store), len(campaign.all(LimitPasses))) == (0, 1)
    clock.advance(timedelta(seconds=1))
    campaign.worker.tick()
    assert campaign.all(LimitPasses) == []
    send(campaign, "go")
    assert went(campaign) == {"pass": 2}


def counting(campaign, word):
    """Return a list that grows with each statement that contains a word."""
    seen = []

    def note_it(_connection, _cursor, statement, *_):
        if word in statement:
            seen.append(statement)

    for engine in {campaign.store.database.writer, campaign.store.database.reader}:
        listening.listen(engine, "before_cursor_execute", note_it)
    return seen


def test_a_batch_asks_for_all_its_keys_at_once_and_one_without_limits_asks_nothing(campaign: Campaign):
    campaign.workflow([limit(keys=[EMAIL], times=1)])
    create(campaign, 300)
    seen = counting(campaign, "limit_passes")
    runner = Runner(campaign.store, kinds())
    runner.most_shards = 16
    runner._work(runner._claim(), lambda: False)
    assert went(campaign) == {"pass": 300}
    assert 2 <= len(seen) <= 4
    campaign.workflow([note("n")], triggers=[BY_EVENT], key="plain")
    seen.clear()
    send(campaign, "go", "p0@example.com")
    assert seen == []


class Falling(Runner):
    """A worker that dies when all of a batch that counts is written, right before it would be committed."""

    falls = True

    def _write(self, connection, lease, batch, before, *, keep):
        settled = super()._write(connection, lease, batch, before, keep=keep)
        if self.falls and before.known.limits.counters:
            raise KeyboardInterrupt
        return settled


def test_what_a_crash_undoes_is_not_counted_and_done_again_once(campaign: Campaign):
    campaign.workflow([limit(times=2)])
    create(campaign, 5)
    runner = Falling(campaign.store, kinds())
    with pytest.raises(KeyboardInterrupt):
        list(iter(runner.run_once, False))
    assert went(campaign) == {}
    campaign.run()
    assert went(campaign) == {"pass": 2, "block": 3}


class Held(Runner):
    """A worker in whose batch something happens between deciding and writing."""

    def __init__(self, store, meanwhile):
        super().__init__(store, kinds())
        self.meanwhile = meanwhile

    def _decide(self, items, before, poison):
        batch = super()._decide(items, before, poison)
        if before.known.limits.counters and self.meanwhile:
            act, self.meanwhile = self.meanwhile, None
            act()
        return batch


def halves(campaign):
    """Bring leads of many shards to a limit, and return two leases that share them."""
    campaign.workflow([limit(times=5)])
    create(campaign, 60)
    first, second = Runner(campaign.store, kinds()), Runner(campaign.store, kinds())
    first.most_shards = second.most_shards = 8
    leases = first._claim(), second._claim()
    return (first, second), leases


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_two_workers_at_once_never_pass_together_more(campaign: Campaign, database_url):
    (_, second), (mine, other) = halves(campaign)
    first = Held(campaign.store, None)
    first.owner, answers = mine.owner, []

    def other_comes():
        answers.append(in_thread(lambda: second._work(other, lambda: False)))
        assert waiting_for_a_lock(database_url)

    first.meanwhile = other_comes
    first._work(mine, lambda: False)
    answers.pop()()
    campaign.run()
    assert went(campaign) == {"pass": 5, "block": 55}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_batch_that_was_decided_before_another_counted_is_decided_anew(campaign: Campaign):
    (_, second), (mine, other) = halves(campaign)
    first = Held(campaign.store, lambda: second._work(other, lambda: False))
    first.owner = mine.owner
    first._work(mine, lambda: False)
    campaign.run()
    assert went(campaign) == {"pass": 5, "block": 55}


def test_one_bad_key_holds_up_no_other(campaign: Campaign):
    campaign.workflow([limit(keys=[{"template": "{{ event.n | divided_by: event.by }}"}])], triggers=[BY_EVENT])
    with campaign.write() as session:
        events.take(session, [Sent("go", {"email": f"p{n}@example.com"}, None, {"n": 4, "by": n}) for n in range(3)])
    campaign.run()
    assert campaign.statuses() == {"failed": 1, "finished": 2}
