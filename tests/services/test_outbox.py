"""Mails leave once, and where nobody can know whether one left, that is what is said."""

from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import select

from campaigns.messages.handover import Accepted, GiveUp, OutcomeUnknown, TryLater
from campaigns.messages.memory import MemoryTransport
from campaigns.services import hand_overs, templates
from campaigns.services.claims import REST
from campaigns.services.hand_overs import AT_ONCE, LEASE
from campaigns.services.outbox import BEGIN_WITHIN_SECONDS, Outbox
from campaigns.storage.models import Due, Message, OutboxItem, Suppression
from campaigns.storage.queries import due
from campaigns.storage.transaction import system
from tests.support.campaign import Campaign

TAKEN_OVER = LEASE + timedelta(seconds=1)


@pytest.fixture(params=["marketing", "transactional"])
def message_class(request):
    return request.param


def plan(campaign: Campaign, count: int = 1, message_class: str = "marketing", body: str = "<p>Hello</p>") -> None:
    """Plan one mail a lead, and hand over none."""
    with campaign.write() as session:
        facts = {"key": "news", "name": "News", "subject": "News", "message_class": message_class}
        templates.create_template(session, **facts, source=f"<html><body>{body}</body></html>")
    campaign.workflow([{"id": "s1", "type": "email.send", "config": {"template": "news"}}])
    campaign.start_import("email,score\n" + "".join(f"p{n}@example.com,{n}\n" for n in range(count)))
    while campaign.worker._import_chunk() or campaign.worker._runner().run_once():
        pass
    assert len(campaign.all(OutboxItem)) == count


def states(campaign):
    return sorted((message.state, message.attempts) for message in campaign.all(Message))


def turns(outbox, most=20):
    for turn in range(most):
        if not outbox.run_once():
            return turn
    raise AssertionError(f"after {most} turns there is still something to do")


def take_and_die(campaign):
    """Take what is planned, as a worker does that stops before it says how it ended."""
    with campaign.write() as session:
        return hand_overs.take(session, Outbox(campaign.store, MemoryTransport()).owner, range(16)).sendings


def outbox(campaign, transport=None, **options):
    return Outbox(campaign.store, transport or campaign.transport, **options)


class Meddling(MemoryTransport):
    """A transport during whose sending something else happens, once."""

    def __init__(self, meanwhile, **options):
        super().__init__(**options)
        self.meanwhile = [meanwhile]

    def send(self, message):
        answer = super().send(message)
        if self.meanwhile:
            self.meanwhile.pop()()
        return answer


def test_what_a_dead_worker_had_in_hand_stays_alone_until_its_lease_is_over(campaign: Campaign, clock, message_class):
    plan(campaign, message_class=message_class)
    assert len(take_and_die(campaign)) == 1
    clock.advance(LEASE - timedelta(seconds=1))
    turns(outbox(campaign))
    assert states(campaign) == [("handing_over", 1)]


def test_marketing_mail_of_a_dead_worker_is_never_repeated_and_counts_as_unknown(campaign: Campaign, clock):
    plan(campaign, 3)
    take_and_die(campaign)
    clock.advance(TAKEN_OVER)
    turns(outbox(campaign))
    assert campaign.transport.sent == []
    assert states(campaign) == [("unknown", 1)] * 3
    assert {message.settled_at for message in campaign.all(Message)} == {clock.now()}
    assert all("may or may not have arrived" in message.reason for message in campaign.all(Message))
    assert campaign.all(OutboxItem) == []


def test_transactional_mail_of_a_dead_worker_is_repeated_once_under_its_key_and_not_twice(campaign: Campaign, clock):
    plan(campaign, 2, "transactional")
    keys = sorted(sending.message.key for sending in take_and_die(campaign))
    clock.advance(TAKEN_OVER)
    transport = MemoryTransport(answers=[Accepted("250 ok"), OutcomeUnknown("the line went dead")])
    turns(outbox(campaign, transport))
    assert sorted(mail.key for mail in transport.sent) == keys
    assert states(campaign) == [("handed_over", 2), ("unknown", 2)]


def test_transactional_mail_whose_second_worker_dies_too_counts_as_unknown(campaign: Campaign, clock):
    plan(campaign, 1, "transactional")
    for _ in range(2):
        assert len(take_and_die(campaign)) == 1
        clock.advance(TAKEN_OVER)
    turns(outbox(campaign))
    assert (states(campaign), campaign.transport.sent) == ([("unknown", 2)], [])
    assert campaign.all(OutboxItem) == []


@pytest.mark.parametrize("answer", [None, TryLater("busy"), GiveUp("no")], ids=["accepted", "later", "refused"])
def test_the_late_answer_of_a_worker_that_was_overtaken_changes_nothing(campaign: Campaign, clock, answer):
    plan(campaign, 1, "transactional")
    dead = take_and_die(campaign)
    clock.advance(TAKEN_OVER)
    late = outbox(campaign, Meddling(lambda: None, answers=[answer] if answer else []))
    late._claim()
    with campaign.write() as session:
        taken = hand_overs.take(session, late.owner, range(16)).sendings
    zombie_says = dead[0]
    zombie_says.state = "planned" if isinstance(answer, TryLater) else "refused" if answer else "handed_over"
    zombie_says.again_at = clock.now() if isinstance(answer, TryLater) else None
    with campaign.write() as session:
        hand_overs.record(session, outbox(campaign).owner, dead)
    assert states(campaign) == [("handing_over", 2)]
    assert campaign.only(OutboxItem).owner == late.owner
    taken[0].state = "handed_over"
    with campaign.write() as session:
        hand_overs.record(session, late.owner, taken)
    assert states(campaign) == [("handed_over", 2)]
    assert campaign.all(OutboxItem) == []


def test_two_workers_at_once_send_each_mail_once(campaign: Campaign, clock):
    """The second begins when the first's lease on the shards is over; that on its mails is not."""
    plan(campaign, 60)
    other = MemoryTransport()

    def second():
        clock.advance(due.LEASE + timedelta(seconds=1))
        turns(outbox(campaign, other))

    with_other = Meddling(second)
    turns(outbox(campaign, with_other))
    assert (len(with_other.sent), len(other.sent)) == (AT_ONCE, 60 - AT_ONCE)
    sent = [mail.recipient for mail in with_other.sent + other.sent]
    assert (len(sent), len(set(sent))) == (60, 60)
    assert states(campaign) == [("handed_over", 1)] * 60


def test_mails_are_put_back_before_the_lease_on_them_can_run_out(campaign: Campaign):
    plan(campaign, 3)
    seconds = iter([0.0, 0.0, 1.0, BEGIN_WITHIN_SECONDS, *range(1000, 1100)])
    slow = outbox(campaign, timer=lambda: next(seconds))
    assert slow.run_once()
    assert len(campaign.transport.sent) == 1
    assert states(campaign) == [("handed_over", 1), ("planned", 0), ("planned", 0)]
    turns(outbox(campaign))
    assert states(campaign) == [("handed_over", 1)] * 3


class Failing(MemoryTransport):
    """A transport with a fault of its own: at the door, or at one mail."""

    def __init__(self, *, door=None, recipient=None):
        super().__init__()
        self.door, self.recipient = door, recipient

    @contextmanager
    def session(self):
        if self.door is not None:
            raise self.door
        yield self

    def send(self, message):
        if message.recipient == self.recipient:
            raise RuntimeError("a fault of the transport")
        return super().send(message)


def test_a_fault_at_one_mail_makes_that_one_unknown_and_no_other(campaign: Campaign):
    plan(campaign, 3)
    turns(outbox(campaign, Failing(recipient="p1@example.com")))
    assert states(campaign) == [("handed_over", 1), ("handed_over", 1), ("unknown", 1)]


def test_a_fault_before_any_mail_puts_all_back_for_a_moment(campaign: Campaign, clock):
    plan(campaign, 3)
    broken = outbox(campaign, Failing(door=RuntimeError("no way out")))
    with pytest.raises(RuntimeError):
        broken.run_once()
    assert states(campaign) == [("planned", 0)] * 3
    assert not broken.run_once(), "another tenant's mail gets its turn"
    clock.advance(REST + timedelta(milliseconds=1))
    turns(outbox(campaign))
    assert states(campaign) == [("handed_over", 1)] * 3


def test_what_is_interrupted_in_the_middle_is_unknown_and_the_rest_goes_back(campaign: Campaign):
    plan(campaign, 3)

    def interrupt():
        raise KeyboardInterrupt

    stopped = Meddling(interrupt)
    with pytest.raises(KeyboardInterrupt):
        outbox(campaign, stopped).run_once()
    assert len(stopped.sent) == 1
    assert states(campaign) == [("planned", 0), ("planned", 0), ("unknown", 1)]


def test_what_is_put_off_goes_out_after_its_pause_and_is_refused_when_no_attempt_is_left(campaign: Campaign, clock):
    plan(campaign)
    busy = outbox(campaign, MemoryTransport(answers=[TryLater("451 busy")] * 8))
    for attempt in range(1, 8):
        assert turns(busy) == 1
        assert states(campaign) == [("planned", attempt)]
        clock.advance(timedelta(hours=20))
    turns(busy)
    assert states(campaign) == [("refused", 8)]
    assert (campaign.only(Message).reason, campaign.all(OutboxItem)) == ("451 busy", [])


def test_mail_to_a_suppressed_address_is_skipped_once_and_for_all(campaign: Campaign, clock):
    plan(campaign, 2)
    with campaign.write() as session:
        session.add(Suppression(address_hash="p1", email="P1@example.com", reason="complained", created_at=session.now))
    assert turns(outbox(campaign)) == 1
    assert states(campaign) == [("handed_over", 1), ("skipped", 0)]
    assert [mail.recipient for mail in campaign.transport.sent] == ["p0@example.com"]
    assert campaign.all(OutboxItem) == []


def test_a_worker_that_holds_some_shards_is_not_kept_busy_by_mails_in_others(campaign: Campaign, clock):
    plan(campaign, 40)
    mine = outbox(campaign)
    with system(campaign.store, writes=True) as session:
        lease = due.claim(session.connection(), "outbox", mine.owner, now=session.now, most_shards=1)
    with campaign.write() as session:
        hand_overs.take(session, mine.owner, lease.shards)
    mine._settle(lease)
    with system(campaign.store) as session:
        mine_due = select(Due.next_at).where(Due.kind == "outbox", Due.shard.in_(lease.shards))
        assert session.scalars(mine_due).one() == clock.now() + LEASE


def test_what_is_put_off_goes_out_in_time_though_another_worker_has_looked_meanwhile(campaign: Campaign, clock):
    plan(campaign)

    def look():
        clock.advance(due.LEASE + timedelta(seconds=1))
        assert outbox(campaign).run_once()  # it takes the shard, and finds nothing

    class Busy(Meddling):
        def send(self, message):
            self.meanwhile.pop()()
            raise TryLater("busy")

    outbox(campaign, Busy(look)).run_once()
    clock.advance(timedelta(minutes=1))
    turns(outbox(campaign))
    assert states(campaign) == [("handed_over", 2)]
