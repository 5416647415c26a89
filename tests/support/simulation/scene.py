"""What the invariants compare: the rows before and after a commit, whose it was, and what has arrived outside."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from campaigns.storage.types import to_microseconds
from tests.support.simulation.actors import Actor
from tests.support.simulation.outside import Ledger
from tests.support.simulation.rows import Execution, Message, Rows
from tests.support.simulation.stage import SimulatedClock

FINAL = frozenset({"finished", "stopped", "cancelled"})


@dataclass
class Scene:
    """One commit. `taken`: the keys of mails that were ever taken; `limits`: by workflow.

    `forgotten`: refusals that went with their leads, by workflow. `lines`: how many rows the file of each import has.
    `has_file`: whether an import's file is still there. `homes`: in which tenants each lead was ever.
    """

    clock: SimulatedClock
    ledger: Ledger
    before: Rows
    after: Rows
    actor: Actor | None = None
    commits: int = 0
    taken: set[str] = field(default_factory=set)
    domains: dict[bytes, str] = field(default_factory=dict)
    limits: dict[bytes, dict[str, int]] = field(default_factory=dict)
    forgotten: Counter[bytes] = field(default_factory=Counter)
    lines: dict[bytes, int] = field(default_factory=dict)
    has_file: Callable[[bytes], bool] = lambda import_id: True
    homes: dict[bytes, set[bytes]] = field(default_factory=lambda: defaultdict(set))

    def __post_init__(self) -> None:
        self._read_limits()
        self._read_homes()

    def _read_homes(self) -> None:
        for lead in self.after["leads"]:
            self.homes[lead.id].add(lead.tenant)

    def _read_limits(self) -> None:
        for _, workflow, document in self.after["versions"]:
            self.limits[workflow] = json.loads(document)["settings"]["limits"]

    def advance(self, after: Rows, actor: Actor | None) -> None:
        """Go to the next commit."""
        self.before, self.after, self.actor = self.after, after, actor
        self.commits += 1
        if self.before["messages"] is not after["messages"]:
            self.taken |= {row.key for row in after["messages"] if row.state == "handing_over"}
        if self.before["versions"] is not after["versions"]:
            self._read_limits()
        if self.before["refusals"] is not after["refusals"]:
            gone = Counter(self.before["refusals"]) - Counter(after["refusals"])
            for (workflow, _), count in gone.items():
                self.forgotten[workflow] += count
        if self.before["leads"] is not after["leads"]:
            self._read_homes()

    @property
    def latest(self) -> int:
        """The furthest that the clock ever stood, as it is stored."""
        return to_microseconds(self.clock.latest)

    @property
    def now(self) -> int:
        return to_microseconds(self.clock.now())

    @property
    def is_worker(self) -> bool:
        return self.actor is not None and bool(self.actor.owners)

    def mine(self, owner: bytes | None) -> bool:
        return self.actor is not None and owner in self.actor.owners

    def changed(self) -> list[tuple[Execution | None, Execution]]:
        """Return the executions that this commit has made or changed, as they were and as they are."""
        if self.before["executions"] is self.after["executions"]:
            return []
        pairs = ((self.before.by_id.get(row.id), row) for row in self.after["executions"])
        return [(old, new) for old, new in pairs if old != new]

    def mails(self) -> list[tuple[Message | None, Message]]:
        """Return the mails that this commit has planned or changed."""
        if self.before["messages"] is self.after["messages"]:
            return []
        known = {row.id: row for row in self.before["messages"]}
        return [(known.get(row.id), row) for row in self.after["messages"] if known.get(row.id) != row]

    def wrote(self, *tables: str) -> bool:
        """Whether this commit has written any of these tables."""
        return any(self.before[table] is not self.after[table] for table in tables)


def letter(section: str) -> str:
    """Return what a section is: the first letter of its id."""
    return section[:1]


def describe(row: Any) -> str:
    """Return a row with ids short enough to be read."""
    values = row._asdict() if hasattr(row, "_asdict") else dict(enumerate(row))
    parts = (f"{name}={value.hex()[-6:] if isinstance(value, bytes) else value!r}" for name, value in values.items())
    return f"{type(row).__name__}({', '.join(parts)})"
