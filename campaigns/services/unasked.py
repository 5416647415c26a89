"""Which starts count for the brake against storms: those that nobody has asked for.

An import, a change by hand, a start for a list, a schedule and a date are meant, however many leads they take along;
and so is what they set going in other workflows, the first time that a lead comes there. What is left is what other
systems send, and leads that workflows send round and round.
"""

from __future__ import annotations

from campaigns.engine.events import LANES

_BULK = LANES.index("bulk")
_FROM_OUTSIDE = frozenset({"api", "form"})
BY_WORKFLOWS = "execution"


def is_unasked(source: str, lane: int, *, again: bool) -> bool:
    """Tell of a start by its event's source and lane, and by whether the lead was in the workflow before."""
    if lane == _BULK:
        return False
    return source in _FROM_OUTSIDE or (source == BY_WORKFLOWS and again)
