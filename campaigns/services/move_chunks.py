"""Taking executions to another version, or out, a few thousand at a time: a handful of statements for each chunk."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from campaigns.engine.execution import Execution, Token
from campaigns.engine.moving import misfit, rearm
from campaigns.engine.program import Program
from campaigns.services.batch_runs import read_token
from campaigns.storage.queries.moves import LEAVING, MoveWrites, Places, shards_due
from campaigns.storage.queries.open_executions import OPEN, Open, load
from campaigns.storage.transaction import TenantSession

INSIDE = (*OPEN, "failed")
MOVED = "moved"  # the outcome of the step that records it
_FIRST = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Way:
    """From one version to another: their ids, programs and numbers."""

    before: UUID
    into: UUID
    old: Program
    new: Program
    from_number: int
    to_number: int


class Mover:
    """Carries out one move, and counts: `moved`, `leaving`, and `stayed` for those who were to go and could not."""

    def __init__(self, session: TenantSession, workflow_id: UUID, move_id: UUID) -> None:
        self.places = Places(session, workflow_id)
        self.session = session
        self.move_id = move_id
        self.moved = self.leaving = self.stayed = 0
        self._native = self.places.native

    def take(self, way: Way, choices: Mapping[str, str]) -> None:
        """Do with those who stand at a section of a version what was chosen for it: move or leave."""
        after, version = self._native.id(_FIRST), self._native.id(way.before)
        while page := self.places.page(version, sorted(choices), INSIDE, after=after):
            writes, found = MoveWrites(), self._load(row[0] for row in page)
            for execution_id, section in page:
                opened = found.get(execution_id)
                if opened is None:
                    continue
                if choices[section] == "leave":
                    self._leave(writes, opened)
                else:
                    self._move(writes, way, opened)
            self.places.write(writes)
            after = page[-1][0]

    def bring_back(self, ways: Mapping[UUID, Way], *, was: int) -> set[UUID]:
        """Take back what a move has done to those who have not ended since; return the versions they are in again.

        `was`: the number of the version that they went to.
        """
        used = set[UUID]()
        for rows in self._recorded():
            writes, found, freed = MoveWrites(), self._load(row[0] for row in rows), []
            for execution_id, version, leaves, status, steps, waits in rows:
                opened, way = found.get(execution_id), ways[self._native.uuid(version)]
                if opened is None:
                    continue
                if leaves:
                    freed += self._stay(writes, opened, status)
                elif opened.version_id == self._native.id(way.before):
                    kept = waits if opened.steps == steps else None
                    self._move(writes, way, opened, was=was, waits=kept)
                    used.add(way.into)
            self.places.write(writes)
            for shard, at in shards_due(self.places, freed).items():
                self.session.make_due("run", [shard], lane="timed", at=at)
        self.places.forget(self.move_id)
        return used

    def leaving_pages(self) -> Iterator[list[Any]]:
        """Yield the ids of those who were taken out, in the driver's form."""
        for rows in self._recorded():
            yield [row[0] for row in rows if row[2]]

    def _recorded(self) -> Iterator[list[tuple[Any, ...]]]:
        after = self._native.id(_FIRST)
        while rows := self.places.recorded(self.move_id, after=after):
            yield rows
            after = rows[-1][0]

    def _load(self, ids: Iterable[Any]) -> dict[Any, Open]:
        return load(self.places.connection, self.places.tenant, ids, statuses=INSIDE)

    def _leave(self, writes: MoveWrites, opened: Open) -> None:
        """Hold an execution until leaving can't be taken back any more. A failed one rests already, and stays."""
        if opened.status == "failed":
            self.stayed += 1
            return
        writes.held.add((opened.id, "held", LEAVING))
        self._record(writes, opened, leaves=True, steps=opened.steps, waits=None)
        self.leaving += 1

    def _stay(self, writes: MoveWrites, opened: Open, before: str) -> list[Any]:
        """Let an execution go on that was leaving; return it when it is not held for another reason."""
        if opened.status != "held" or opened.reason != LEAVING:
            return []
        status = "held" if before == "held" else _standing([read_token(stored) for stored in opened.tokens])
        writes.held.add((opened.id, status, ""))
        self.leaving += 1
        return [opened.id] if status != "held" else []

    def _move(
        self, writes: MoveWrites, way: Way, opened: Open, *, was: int | None = None, waits: list[Any] | None = None
    ) -> None:
        """Take an execution to the other version. `was` (the version it went to) says that this takes a move back."""
        execution = Execution(opened.steps, opened.state)
        execution.tokens = {stored.number: read_token(stored) for stored in opened.tokens}
        why = misfit(way.old, way.new, execution.tokens.values())
        if why is not None:
            self.stayed += 1
            return
        rearm(way.new, execution)
        into = self._native.id(way.into)
        receipt = {"from_version": way.from_number if was is None else was, "to_version": way.to_number}
        writes.version.add((opened.id, into, opened.steps + 1))
        writes.steps.add((opened.id, opened.steps, _place(execution), MOVED, self._native.json(receipt)))
        self._wait(writes, opened, execution, waits)
        _count(writes, opened, execution, into)
        if was is None:
            self._record(writes, opened, leaves=False, steps=opened.steps + 1, waits=_stored_waits(opened))
        self.moved += 1

    def _wait(self, writes: MoveWrites, opened: Open, execution: Execution, waits: list[Any] | None) -> None:
        """Write what an execution waits for now; `waits` are those of before, where nothing has happened since."""
        rows = waits if waits is not None else _waits(execution)
        if rows == _stored_waits(opened):
            return
        writes.waits_gone.append(opened.id)
        for number, name, event_type, count in rows:
            writes.waits.add((opened.id, number, name, event_type, opened.lead_id, count))

    def _record(self, writes: MoveWrites, opened: Open, *, leaves: bool, steps: int, waits: list[Any] | None) -> None:
        kept = self._native.json(waits) if waits else None
        place = (self._native.id(self.move_id), opened.id, opened.version_id)
        writes.records.add((*place, leaves, opened.status, steps, kept))


def _place(execution: Execution) -> str:
    return execution.tokens[min(execution.tokens)].section if execution.tokens else ""


def _standing(tokens: list[Token]) -> str:
    """Return how an execution stands that is not held any more."""
    main = [token for token in tokens if not token.side]
    if tokens and not main:
        return "listening"
    return "waiting" if any(token.entered for token in main) else "ready"


def _waits(execution: Execution) -> list[list[Any]]:
    return sorted(
        [token.number, armed.name, armed.event_type, armed.count]
        for token in execution.tokens.values()
        for armed in token.waits
    )


def _stored_waits(opened: Open) -> list[list[Any]]:
    return sorted([stored.number, *wait] for stored in opened.tokens for wait in stored.waits)


def _count(writes: MoveWrites, opened: Open, execution: Execution, into: Any) -> None:
    """Let the sections of the other version count who waits or has failed there."""
    for token in execution.tokens.values():
        if token.entered or opened.status == "failed":
            column = "waiting" if token.entered else "failed"
            writes.counts[opened.version_id, token.section, column] -= 1
            writes.counts[into, token.section, column] += 1
