"""Growing pauses between attempts: eight over about a day, gentle on long faults.

The spread between neighbours comes from a seed, so that a replay gives the same.
"""

from __future__ import annotations

from datetime import timedelta
from hashlib import blake2b
from uuid import UUID

MAX_ATTEMPTS = 8
_PAUSES_SECONDS = (30, 120, 600, 2_400, 7_200, 21_600, 54_000)  # after the 1st to the 7th failure: together 23 h 50 min
_SPREAD = 0.2  # each way


def pause(failures: int, *, seed: UUID | str) -> timedelta | None:
    """Return how long to wait after so many failed attempts (1 or more), or None when no attempt is left."""
    if failures < 1:
        raise ValueError("there is nothing to wait for before the first failure")
    if failures >= MAX_ATTEMPTS:
        return None
    share = 1 - _SPREAD + 2 * _SPREAD * _fraction(f"{seed}/{failures}")
    return timedelta(seconds=round(_PAUSES_SECONDS[failures - 1] * share, 3))


def _fraction(text: str) -> float:
    """A number from 0 to 1, even over all texts and always the same for one."""
    return int.from_bytes(blake2b(text.encode(), digest_size=7).digest()) / (1 << 56)
