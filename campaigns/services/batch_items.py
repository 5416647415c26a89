"""What a batch is made of: events to match and tokens to resume, of one lease."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.engine import Connection

from campaigns.engine.events import Event
from campaigns.storage.queries import batch_reads as reads
from campaigns.storage.queries.due import Lease
from campaigns.storage.queries.due_tokens import Resume, due_tokens
from campaigns.storage.queries.strays import RESUMABLE


@dataclass(frozen=True, slots=True)
class Items:
    """Events and tokens that are decided together; those of one lead stay together while others remain."""

    events: list[Event]
    tokens: list[Resume]

    def __len__(self) -> int:
        return len(self.events) + len(self.tokens)

    def lead_ids(self) -> list[Any]:
        found = {item.lead_id for item in self.all()}
        return sorted(lead_id for lead_id in found if lead_id is not None)

    def all(self) -> list[Event | Resume]:
        return [*self.events, *self.tokens]

    def in_order(self) -> list[Event | Resume]:
        """Return all of them as they came to be due, an event before a token of the same moment."""
        return sorted(self.all(), key=_moment)

    def halves(self) -> tuple[Items, Items]:
        """Split by lead; the items of a single lead are split as they come."""
        leads = self.lead_ids()
        first = set(leads[: len(leads) // 2]) if len(leads) > 1 else None
        if first is None:
            both = self.all()
            cut = len(both) // 2
            return Items.of(both[:cut]), Items.of(both[cut:])
        mine = [item for item in self.all() if item.lead_id in first]
        rest = [item for item in self.all() if item.lead_id not in first]
        return Items.of(mine), Items.of(rest)

    @classmethod
    def of(cls, items: list[Event | Resume]) -> Items:
        return cls([i for i in items if isinstance(i, Event)], [i for i in items if isinstance(i, Resume)])


def _moment(item: Event | Resume) -> tuple[datetime, int]:
    return (item.received_at, 0) if isinstance(item, Event) else (item.wake_at, 1)


@dataclass(frozen=True, slots=True)
class Strays:
    """Keys of rows that say work is due where there is none (see `storage.queries.strays`)."""

    events: list[tuple[int, int, Any]]
    tokens: list[tuple[Any, int]]

    def __len__(self) -> int:
        return len(self.events) + len(self.tokens)


def load_items(connection: Connection, lease: Lease, *, lane: int, now: datetime, most: int) -> tuple[Items, Strays]:
    """Return what is due in the shards of a lease: at most so many items, and what strays among them."""
    events, gone = reads.pending_events(connection, lease, lane=lane, limit=most)
    tokens = due_tokens(connection, lease, now=now, limit=max(1, most - len(events)))
    resting = [(token.execution_id, token.number) for token in tokens if token.status not in RESUMABLE]
    return Items(events, [token for token in tokens if token.status in RESUMABLE]), Strays(gone, resting)
