"""What a section may look at: the lead, the event, the execution's state, and the time it is told."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, tzinfo
from typing import Any

from campaigns.engine.subject import Subject

_NO_TAGS: set[str] = set()


def no_activity(_name: str, _since: datetime | None) -> int:
    """The activity of a lead that has done nothing."""
    return 0


class Context:
    """The view of one execution at one moment; conditions and templates read it by its parts' names."""

    __slots__ = (
        "activity",
        "before",
        "event",
        "now",
        "session",
        "state",
        "subject",
        "tenant_zone",
        "time_zone",
        "workflows",
    )

    def __init__(  # noqa: PLR0913 - the parts are the contract
        self,
        subject: Subject | None,
        *,
        now: datetime,
        event: Mapping[str, Any] | None = None,
        state: dict[str, Any] | None = None,
        session: Mapping[str, Any] | None = None,
        before: Mapping[str, Any] | None = None,
        workflows: set[str] | None = None,
        activity: Callable[[str, datetime | None], int] = no_activity,
        time_zone: tzinfo = UTC,
        tenant_zone: tzinfo = UTC,
    ) -> None:
        self.subject = subject
        self.now = now
        self.event = event if event is not None else {}
        self.state = state if state is not None else {}
        self.session = session
        self.before = before
        self.workflows = workflows if workflows is not None else _NO_TAGS
        self.activity = activity
        self.time_zone = time_zone
        self.tenant_zone = tenant_zone

    @property
    def lead(self) -> Mapping[str, Any] | None:
        """The lead's values by field key, or None for an event without a lead."""
        return self.subject.values if self.subject is not None else None

    @property
    def tags(self) -> set[str]:
        return self.subject.tags if self.subject is not None else _NO_TAGS

    @property
    def lists(self) -> set[str]:
        return self.subject.lists if self.subject is not None else _NO_TAGS

    def values(self) -> dict[str, Any]:
        """Return what templates may name: lead, event, state, session, now."""
        return {
            "lead": self.lead or {},
            "event": self.event,
            "state": self.state,
            "session": self.session or {},
            "now": self.now,
        }
