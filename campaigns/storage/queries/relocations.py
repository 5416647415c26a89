"""Executions that are put at another section, of another version: a few statements for a whole chunk."""

from __future__ import annotations

from collections import Counter
from typing import Any

from campaigns.storage.queries.batch_writes import Rows
from campaigns.storage.queries.bulk import Same, change, insert, remove
from campaigns.storage.queries.moves import Places
from campaigns.storage.queries.open_executions import Open


class Relocations:
    """A chunk that goes to one section of one version. `shards`: where there is work by it."""

    def __init__(self, places: Places, version: Any, section: str) -> None:
        self.places, self.version, self.section = places, version, section
        self.shards: set[int] = set()
        self._executions = Rows("id", "version_id", "steps", "status")
        self._steps = Rows("execution_id", "number", "section", "outcome", "receipt")
        self._tokens = Rows("execution_id", "shard", "wake_at")

    def add(self, opened: Open, left: str, outcome: str, receipt: dict[str, Any]) -> None:
        """Take an execution along; `left` is the section where it stands, at which its path records the move."""
        held, shard = opened.status == "held", opened.tokens[0].shard
        self._executions.add((opened.id, self.version, opened.steps + 1, "held" if held else "ready"))
        self._steps.add((opened.id, opened.steps, left, outcome, self.places.native.json(receipt)))
        self._tokens.add((opened.id, shard, None if held else self.places.now))
        self.shards.add(shard)

    def write(self, counts: Counter[tuple[Any, str, str]]) -> None:
        """Write the chunk; `counts`: what sections count is changed by so much, by version, section and column."""
        connection, now = self.places.connection, Same(self.places.now)
        scope: dict[str, Any] = {"tenant_id": Same(self.places.tenant)}
        gone = scope | {"execution_id": self._executions.column("id")}
        remove(connection, "tokens", gone)
        remove(connection, "waits", gone)
        sets = "version_id = {version_id}, steps = {steps}, status = {status}"
        own = "executions.tenant_id = {tenant_id} AND executions.id = {id}"
        change(connection, "executions", sets, own, scope | self._executions.series())
        insert(connection, "steps", scope | self._steps.series() | {"at": now})
        same = {"workflow_id": Same(self.places.workflow), "number": Same(0), "section": Same(self.section)}
        times = {"due_at": now, "entered_at": now}
        insert(connection, "tokens", scope | self._tokens.series() | same | times)
        self.places.count(counts)
