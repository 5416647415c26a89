"""I1: counters that are kept agree with the rows that they count, after every commit."""

from __future__ import annotations

from collections import Counter

from tests.support.simulation.scene import FINAL, Scene, letter

_UNCOUNTED = frozenset({"waiting", "failed", "moved"})


def i1_conservation(scene: Scene) -> None:
    """Whatever has started is counted where it is now: by workflow, lead and section; so are mails and calls."""
    if scene.wrote("executions", "workflow_totals", "enrolments", "refusals"):
        _totals(scene)
        _enrolments(scene)
    if scene.wrote("executions", "tokens", "steps", "section_counts"):
        _sections(scene)
    if scene.wrote("messages", "outbox", "outside_calls"):
        _outside(scene)


def _totals(scene: Scene) -> None:
    found: Counter[tuple[bytes, str]] = Counter()
    for row in scene.after["executions"]:
        found[row.workflow, "started"] += 1
        found[row.workflow, "active"] += scene.after.holds(row)
        if row.status in FINAL or row.status == "failed":
            found[row.workflow, row.status] += 1
    for workflow, _lead in scene.after["refusals"]:
        found[workflow, "refused"] += 1
    for workflow, count in scene.forgotten.items():
        found[workflow, "refused"] += count
    names = ("active", "started", "finished", "stopped", "cancelled", "failed", "refused")
    for workflow, *kept in scene.after["workflow_totals"]:
        counted = [found[workflow, name] for name in names]
        assert kept == counted, f"totals {dict(zip(names, kept, strict=True))}, rows say {counted}"
        most = scene.limits.get(workflow, {}).get("active_total")
        assert not most or kept[0] <= most, f"{kept[0]} are active, and {most} may be"


def _enrolments(scene: Scene) -> None:
    ever: Counter[tuple[bytes, bytes | None]] = Counter()
    active: Counter[tuple[bytes, bytes | None]] = Counter()
    for row in scene.after["executions"]:
        ever[row.workflow, row.lead] += 1
        active[row.workflow, row.lead] += scene.after.holds(row)
    for workflow, lead, now, total in scene.after["enrolments"]:
        place = workflow, lead
        assert (now, total) == (active[place], ever[place]), f"enrolment {now, total}: {active[place], ever[place]}"
        limits = scene.limits.get(workflow, {"per_lead_active": 0, "per_lead_ever": 0})
        assert not limits["per_lead_active"] or now <= limits["per_lead_active"], "more than per_lead_active"
        assert not limits["per_lead_ever"] or total <= limits["per_lead_ever"], "more than per_lead_ever"


def _sections(scene: Scene) -> None:
    waiting: Counter[tuple[bytes, str]] = Counter()
    failed: Counter[tuple[bytes, str]] = Counter()
    for token in scene.after["tokens"]:
        execution = scene.after.by_id[token.execution]
        waiting[execution.version, token.section] += bool(token.entered)
        failed[execution.version, token.section] += execution.status == "failed" and not token.entered
    counted = [
        row for row in scene.after["section_counts"] if letter(row[1]) != "t"
    ]  # what triggers let in is not here
    for version, section, waits, _passed, fails in counted:
        place = version, section
        assert waits == waiting[place], f"{section} counts {waits} who wait, rows say {waiting[place]}"
        assert fails == failed[place], f"{section} counts {fails} failures, rows say {failed[place]}"
    passed = sum(row[3] for row in counted if "/" not in row[1])
    took = [step for step in scene.after["steps"] if step.outcome not in _UNCOUNTED and letter(step.section) != "t"]
    assert passed == len(took), f"{passed} are counted as passed, and there are {len(took)} such steps"
    branches: Counter[str] = Counter()
    for row in counted:
        branches[row[1]] += row[3] if "/" in row[1] else 0
    ways = Counter(f"{step.section}/{step.outcome}" for step in took)
    for branch, taken in branches.items():
        assert not taken or taken == ways[branch], f"{branch} is counted {taken} times, and was taken {ways[branch]}"


def _outside(scene: Scene) -> None:
    planned = {row.id for row in scene.after["messages"] if row.state in {"planned", "handing_over"}}
    assert {row.message for row in scene.after["outbox"]} == planned, "mails and outbox do not agree"
    for call in scene.after["outside_calls"]:
        assert (call.next_at is not None) == (call.state in {"planned", "calling"}), f"a call {call.state}"
