"""A circuit breaker for each tenant and host: who does not answer is left alone for a while."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

FAILURES = 5  # in a row
REST = timedelta(seconds=30)


@dataclass(slots=True)
class _State:
    failures: int = 0
    until: datetime | None = None


class Breaker:
    """Counts failures in a row. After five it says when to try again; then one try decides."""

    def __init__(self) -> None:
        self._states: dict[tuple[object, str], _State] = {}

    def rests_until(self, tenant: object, host: str, now: datetime) -> datetime | None:
        """Return until when a host is left alone, or None when it may be called."""
        state = self._states.get((tenant, host))
        return state.until if state is not None and state.until is not None and state.until > now else None

    def succeeded(self, tenant: object, host: str) -> None:
        """A host has answered."""
        self._states.pop((tenant, host), None)

    def failed(self, tenant: object, host: str, now: datetime) -> bool:
        """A host has not answered, or said that it can't; return whether that is what leaves it alone from now on."""
        state = self._states.setdefault((tenant, host), _State())
        state.failures += 1
        if state.failures >= FAILURES:
            state.until = now + REST
        return state.failures == FAILURES
