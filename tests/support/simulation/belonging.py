"""What holds of leads and of what brings them: imports, moves to other tenants, schedules and dates."""

from __future__ import annotations

from collections import Counter

from tests.support.simulation.scene import FINAL, Scene, describe

_UNENDED = frozenset({"draft", "pending", "running", "paused", "failed"})
_TOLD_ONCE = frozenset({"schedule.due", "lead.date_reached"})


def imports_add_up(scene: Scene) -> None:
    """Each row of a file is counted once, under what became of it, and nothing is left of what was undone."""
    if not scene.wrote("imports", "import_problems", "events"):
        return
    problems = Counter(row[0] for row in scene.after["import_problems"])
    made = Counter(row.source_id for row in scene.after["events"] if row.name == "lead.created")
    before = {row.id: row for row in scene.before["imports"]}
    for one in scene.after["imports"]:
        lines = scene.lines[one.id]
        assert one.rows == one.created + one.updated + one.skipped + one.failed, describe(one)
        assert one.unchanged <= one.updated, describe(one)
        assert one.failed == problems[one.id], f"{problems[one.id]} rows were refused: {describe(one)}"
        assert one.created == made[one.id], f"has made {made[one.id]} leads: {describe(one)}"
        assert one.rows <= lines, f"the file has {lines} rows: {describe(one)}"
        assert one.status != "done" or one.rows == lines, f"the file has {lines} rows: {describe(one)}"
        goes_on = one.status in _UNENDED and one.undo is None
        assert not goes_on or scene.has_file(one.id), f"its file is gone: {describe(one)}"
        assert one.undo is None or one.status != "failed", f"was being undone: {describe(one)}"
        old = before.get(one.id)
        assert old is None or old.rows <= one.rows, f"was {describe(old)}, is {describe(one)}"


def what_was_undone_runs_no_more(scene: Scene) -> None:
    """Of an import that was undone no execution is left that has not ended, and no event that would start one."""
    undone = {row.id for row in scene.after["imports"] if row.status == "undone"}
    if not undone or not scene.wrote("imports", "executions", "pending_events"):
        return
    events = {row.id for row in scene.after["events"] if row.source_id in undone}
    for execution in scene.after["executions"]:
        ended = execution.status in FINAL
        assert ended or execution.event not in events, f"started by what was undone: {describe(execution)}"
    waiting = [row for row in scene.after["pending_events"] if row.event in events]
    assert not waiting, f"would start something: {describe(waiting[0])}"


def a_lead_is_in_one_place(scene: Scene) -> None:
    """A lead is in one tenant, all that runs for it runs there, and of one who was erased nothing runs or is sent."""
    if not scene.wrote("leads", "executions", "tokens", "outbox"):
        return
    here = [row for row in scene.after["leads"] if row.moved_to is None]
    assert len({row.id for row in here}) == len(here), "a lead is in two tenants"
    places = {(row.tenant, row.id) for row in here}
    for execution in scene.after["executions"]:
        inside = (execution.tenant, execution.lead) in places
        assert inside or execution.status in FINAL, f"its lead is not here: {describe(execution)}"
    away = {row.id: row.tenant for row in scene.after["leads"] if row.moved_to is not None}
    known = {row.id for row in here}
    assert away.keys() <= known, "a lead was erased, and what it left behind was not"


def each_time_comes_once(scene: Scene) -> None:
    """A schedule comes once for a lead and a time, and a date is reached once."""
    if not scene.wrote("events"):
        return
    told = Counter(
        (row.source_id, row.lead, row.name, row.told)
        for row in scene.after["events"]
        if row.name in _TOLD_ONCE and row.lead is not None
    )
    for (_, lead, name, what), count in told.items():
        assert count == 1, f"{name} came {count} times for {lead.hex()[-6:]}: {what}"
