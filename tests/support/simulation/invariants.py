"""What holds after every commit, whoever made it and whatever went wrong: I1 to I12 of the reliability promises.

Each is a function of a scene that raises AssertionError with what it found. `ALL` names them in their order.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from campaigns.engine.events import MAX_HOPS
from tests.support.simulation.accounting import i1_conservation
from tests.support.simulation.belonging import (
    a_lead_is_in_one_place,
    each_time_comes_once,
    imports_add_up,
    what_was_undone_runs_no_more,
)
from tests.support.simulation.scene import FINAL, Scene, describe, letter
from tests.support.simulation.sleeping import i11_nothing_is_stuck
from tests.support.simulation.workloads import WAITING

_ENDED_MAILS = frozenset({"handed_over", "refused", "unknown", "skipped"})
_ONE_EACH = {"e": "events", "n": "notes", "m": "messages", "h": "outside_calls", "a": "outside_calls"}
_RECALLED = frozenset({"erased", "undone"})


def i2_one_step_a_visit(scene: Scene) -> None:
    """Steps are numbered without a gap, never change, and each has had its effects inside exactly once."""
    if not scene.wrote("executions", "steps", "messages", "outside_calls", "notes", "leads"):
        return
    for execution in scene.after["executions"]:
        steps = scene.after.steps_of[execution.id]
        assert [step.number for step in steps] == list(range(execution.steps)), describe(execution)
        old = scene.before.steps_of.get(execution.id, [])
        assert steps[: len(old)] == old, f"steps of the past have changed: {describe(execution)}"
    _points(scene)
    _one_row_each(scene)


def _points(scene: Scene) -> None:
    scored: Counter[bytes] = Counter()
    for step in scene.after["steps"]:
        execution = scene.after.by_id.get(step.execution)
        if letter(step.section) == "p" and step.outcome == "done" and execution and execution.lead:
            scored[execution.lead] += 1
    for lead in scene.after["leads"]:
        right = lead.moved_to is not None or lead.score == scored[lead.id]
        assert right, f"{scored[lead.id]} steps have added points, and the score is {lead.score}"


def _one_row_each(scene: Scene) -> None:
    wanted: Counter[tuple[str, bytes]] = Counter()
    nameless = {row.id for row in scene.after["executions"] if row.lead is None}
    for step in scene.after["steps"]:
        kind = letter(step.section)
        if kind == "n" and step.execution in nameless:
            continue  # its notes went with its lead
        if step.outcome == ("waiting" if kind in "ha" else "done") and kind in _ONE_EACH:
            wanted[_ONE_EACH[kind], step.execution] += 1
        if (kind, step.outcome) == ("a", "done"):
            wanted["events", step.execution] += 1
    found: Counter[tuple[str, bytes]] = Counter(("notes", row[0]) for row in scene.after["notes"])
    found.update(("messages", row.execution) for row in scene.after["messages"])
    found.update(("outside_calls", row.execution) for row in scene.after["outside_calls"])
    emitted = (row.source_id for row in scene.after["events"] if row.name in {"pinged", "bought", "acted"})
    found.update(("events", source) for source in emitted if source in scene.after.by_id)
    differ = {f"{table} of {key.hex()[-6:]}": found[table, key] - wanted[table, key] for table, key in found | wanted}
    assert found == wanted, f"more than steps have left: { {place: by for place, by in differ.items() if by} }"
    places = [(row.execution, row.step) for row in (*scene.after["messages"], *scene.after["outside_calls"])]
    assert len(places) == len(set(places)), "a step has planned its effect twice"


def i3_keys_are_stable(scene: Scene) -> None:
    """A mail or call has one key for ever, no other has it, and nothing arrives outside under any other key."""
    if not scene.wrote("messages", "outside_calls"):
        return
    rows = [*scene.after["messages"], *scene.after["outside_calls"]]
    keys = {row.id: row.key for row in rows}
    assert len(set(keys.values())) == len(rows), "a key is used twice"
    for row in (*scene.before["messages"], *scene.before["outside_calls"]):
        assert keys.get(row.id) == row.key, f"the key has changed: {describe(row)}"
    known = set(keys.values())
    assert {*scene.ledger.mails, *scene.ledger.calls} <= known, "something arrived under an unknown key"
    assert all(len(sent) == 1 for sent in scene.ledger.bodies.values()), "one key carried two contents"
    assert all(len(to) == 1 for to in scene.ledger.recipients.values()), "one key went to two addresses"


def i4_what_has_ended_stays(scene: Scene) -> None:
    """Executions, mails and calls that have ended never change again, but for what names a lead that is erased."""
    if scene.wrote("executions"):
        for old in scene.before["executions"]:
            if old.status in FINAL:
                assert scene.after.by_id.get(old.id) in (old, old._replace(lead=None)), f"was {describe(old)}"
    for before, after in scene.mails():
        same = before is not None and after == before._replace(lead=None, recipient="")
        assert before is None or same or before.state not in _ENDED_MAILS, f"was {before}, is {after}"
    if scene.wrote("outside_calls"):
        calls = {row.id: row for row in scene.after["outside_calls"]}
        for call in scene.before["outside_calls"]:
            same = calls[call.id] in (call, call._replace(reason=""))
            assert call.state not in {"answered", "gone"} or same, describe(call)


def i5_no_effect_without_a_lease(scene: Scene) -> None:
    """A worker changes executions of shards that it holds, settles mails and calls that it has taken, and no others.

    But for the storm brake, which holds a whole workflow, and for the undoing of an import, which cancels what that has
    started and erases leads: they take all leases of the tenant back for that.
    """
    _mails_and_calls(scene)
    if not scene.is_worker:
        return
    owners = {(row.tenant, row.shard): row.owner for row in scene.before["due"] if row.kind == "run"}
    for old, execution in scene.changed():
        is_held = execution.status == "held" and old is not None and old.status != "held"
        if is_held or execution.reason in _RECALLED:
            left = [row.owner for row in scene.after["due"] if row.kind == "run" and row.tenant == execution.tenant]
            assert not any(left), f"changed under somebody's lease: {describe(execution)}"
            continue
        shard = execution.lead[-1] & 15 if execution.lead else None
        owner = owners.get((execution.tenant, shard)) if shard is not None else None
        assert shard is None or scene.mine(owner), f"changed without a lease: {describe(execution)}"
    held = {row.id: row for row in scene.before["outside_calls"]}
    for call in scene.after["outside_calls"] if scene.wrote("outside_calls") else ():
        old = held.get(call.id)
        if old is not None and old.state == "calling" and call.state in {"answered", "planned"}:
            assert scene.mine(old.owner), f"another worker has it: {describe(old)}"


def _mails_and_calls(scene: Scene) -> None:
    assert set(scene.ledger.mails) <= scene.taken, "a mail arrived that nobody had taken"
    items = {row.message: row for row in scene.before["outbox"]}
    for before, after in scene.mails():
        item = items.get(after.id)
        if before is None or item is None or before.state != "handing_over" or after.state == "handing_over":
            continue
        over = item.lease_until is not None and item.lease_until <= scene.now
        erased = after.lead is None and before.lead is not None
        assert scene.mine(item.owner) or over or erased, f"another worker has it: {describe(after)}"


def i6_effects_stay_in_their_tenant(scene: Scene) -> None:
    """Whatever belongs to an execution belongs to its tenant, and mail goes to that tenant's leads."""
    if not scene.wrote("steps", "tokens", "messages", "outside_calls"):
        return
    tenants = {row.id: row.tenant for row in scene.after["executions"]}
    for table in ("steps", "tokens", "messages", "outside_calls"):
        for row in scene.after[table]:
            assert tenants.get(row.execution) == row.tenant, describe(row)
    for row in scene.after["messages"]:
        theirs = tuple(scene.domains[home] for home in scene.homes[row.lead]) if row.lead else ("",)
        assert row.recipient.endswith(theirs), describe(row)


def i7_versions_do_not_change(scene: Scene) -> None:
    """An execution stays on its version unless a person moves it, which is a step; a version is what it was."""
    for old, new in scene.changed():
        if old is not None and old.version != new.version:
            last = scene.after.steps_of[new.id][-1]
            assert not scene.is_worker, f"a worker has moved {describe(new)}"
            assert (last.outcome, new.steps) == ("moved", old.steps + 1), describe(last)
        if old is not None:
            assert (old.workflow, old.tenant) == (new.workflow, new.tenant), f"was {old}, is {new}"
            assert new.lead in (old.lead, None), f"was {old}, is {new}"
    if scene.wrote("versions"):
        assert set(scene.before["versions"]) <= set(scene.after["versions"]), "a version has changed"


def i8_what_waits_goes_on_once(scene: Scene) -> None:
    """A join, a wait, a delay and a call are left at most as often as they were entered."""
    if not scene.wrote("steps"):
        return
    inside: Counter[tuple[bytes, str]] = Counter()
    for step in scene.after["steps"]:
        if letter(step.section) in WAITING and step.outcome not in {"moved", "skipped"}:
            inside[step.execution, step.section] += 1 if step.outcome == "waiting" else -1
            assert inside[step.execution, step.section] >= 0 or step.outcome == "failed", describe(step)


def i9_no_mail_to_the_suppressed(scene: Scene) -> None:
    """No mail is taken for an address that is suppressed by then."""
    suppressed = {(tenant, email) for tenant, email in scene.before["suppressions"]}
    for before, after in scene.mails():
        if after.state == "handing_over" and (before is None or before.state != "handing_over"):
            assert (after.tenant, after.recipient) not in suppressed, describe(after)


def i10_hops_are_counted(scene: Scene) -> None:
    """No chain of executions is longer than 25 hops."""
    if scene.wrote("executions", "events"):
        assert all(row.hop <= MAX_HOPS for row in scene.after["executions"])
        assert all(row.hop <= MAX_HOPS + 1 for row in scene.after["events"])


def i12_events_of_a_lead_keep_their_order(scene: Scene) -> None:
    """Of a lead's events in a lane, none is worked on while an older one waits."""
    if not scene.wrote("pending_events"):
        return
    leads = {row.id: (row.tenant, row.lead) for row in scene.after["events"]}
    left = set(scene.after["pending_events"])
    gone = [row for row in scene.before["pending_events"] if row not in left]
    for row in gone:
        for other in left:
            older = other.lane == row.lane and other.event < row.event
            assert not older or leads[other.event] != leads[row.event], "an older event of the lead still waits"


def mail_is_repeated_as_promised(scene: Scene) -> None:
    """Marketing mail arrives at most once, transactional mail at most twice; what is called handed over has arrived."""
    for row in scene.after["messages"] if scene.wrote("messages") else ():
        arrived = scene.ledger.mails[row.key]
        assert arrived <= (1 if row.kind == "marketing" else 2), f"arrived {arrived} times: {describe(row)}"
        assert arrived or row.state != "handed_over", f"never arrived: {describe(row)}"


ALL: dict[str, Callable[[Scene], None]] = {
    "I1": i1_conservation,
    "I2": i2_one_step_a_visit,
    "I3": i3_keys_are_stable,
    "I4": i4_what_has_ended_stays,
    "I5": i5_no_effect_without_a_lease,
    "I6": i6_effects_stay_in_their_tenant,
    "I7": i7_versions_do_not_change,
    "I8": i8_what_waits_goes_on_once,
    "I9": i9_no_mail_to_the_suppressed,
    "I10": i10_hops_are_counted,
    "I11": i11_nothing_is_stuck,
    "I12": i12_events_of_a_lead_keep_their_order,
    "mail": mail_is_repeated_as_promised,
    "imports": imports_add_up,
    "undone": what_was_undone_runs_no_more,
    "places": a_lead_is_in_one_place,
    "times": each_time_comes_once,
}
