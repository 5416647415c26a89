"""Where an item stands in a lead's timeline: by its moment, and within one moment as things came about.

All of a batch has the same moment. Then what came from outside stands first, then the refusals; then, execution by
execution, its steps and what they brought about: changes, notes, tasks, and mails, which leave when all is written.
What people left follows, and what is planned is last.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, false, or_, true
from sqlalchemy.orm import InstrumentedAttribute

from campaigns.errors import Malformed
from campaigns.storage.types import from_microseconds, to_microseconds

OUTSIDE, REFUSED, RUN, BESIDE, PLANNED = range(5)  # ranks: RUN is all that an execution did, BESIDE what people left
STEP, EVENT, NOTE, TASK, MAIL = range(5)  # parts of what an execution did
NOBODY = UUID(int=0)


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """The order: moment, rank, execution, part, step, and the item's own id."""

    at: datetime
    rank: int
    execution: UUID = NOBODY
    part: int = 0
    number: int = 0
    id: UUID = NOBODY

    def written(self) -> str:
        return ".".join(
            (
                str(to_microseconds(self.at)),
                str(self.rank),
                self.execution.hex,
                str(self.part),
                str(self.number),
                self.id.hex,
            )
        )


def read_place(text: str) -> Place:
    """Return the place that was written; raise Malformed."""
    try:
        at, rank, execution, part, number, ident = text.split(".")
        return Place(from_microseconds(int(at)), int(rank), UUID(execution), int(part), int(number), UUID(ident))
    except (ValueError, OverflowError):
        raise Malformed("This is no place in a timeline.") from None


def earlier(before: Place, order: Sequence[Any]) -> ColumnElement[bool]:
    """Return the condition that rows stand before a place; `order` has columns, and values that all rows share."""
    found: ColumnElement[bool] = false()
    for mine, limit in reversed(list(zip(order, astuple(before), strict=True))):
        if is_column(mine):
            found = or_(mine < limit, and_(mine == limit, found))
        elif mine != limit:
            found = true() if mine < limit else false()
    return found


def is_column(part: Any) -> bool:
    """Say whether a part of an order differs from row to row."""
    return isinstance(part, ColumnElement | InstrumentedAttribute)
