"""Events: one, or up to 1,000 at once."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated, Any

import orjson
from flask import Response
from pydantic import BeforeValidator, Field, StringConstraints, model_validator

from campaigns.api.bodies import Body, body_of, object_body
from campaigns.api.requests import answer, keyed, scope, write
from campaigns.errors import Invalid, NotFound, Problem
from campaigns.services import events
from campaigns.services.events import Sent, Taken

bp = keyed("api_events")
MOST = 1000
MOST_BYTES = 64 * 1024
MOST_PROPERTIES = 1000
EARLIEST, LATEST = 1900, 9000  # what both databases hold, in every time zone
_LEAP = re.compile(r"(T\d\d:\d\d):60")
Text = Annotated[str, StringConstraints(min_length=1, max_length=200)]


def read_time(value: Any) -> datetime:
    """Return the instant (UTC) that a text stands for; raise ValueError in words."""
    if not isinstance(value, str):
        raise ValueError("must be a time, such as 2026-03-04T12:00:00Z")
    try:
        found = datetime.fromisoformat(_LEAP.sub(r"\1:59", value))
        found = (found if found.tzinfo is not None else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError("must be a time, such as 2026-03-04T12:00:00Z") from None
    if not EARLIEST <= found.year <= LATEST:
        raise ValueError(f"must be a time of the years {EARLIEST} to {LATEST}")
    return found


class LeadName(Body):
    """Who an event is about: one of the three."""

    id: Text | None = None
    external_id: Text | None = None
    email: Annotated[str, StringConstraints(min_length=1, max_length=254)] | None = None

    @model_validator(mode="after")
    def _one(self) -> LeadName:
        if len(self.model_dump(exclude_none=True)) != 1:
            raise ValueError("name the lead by exactly one of id, external_id and email")
        return self


class EventBody(Body):
    """An event."""

    id: Annotated[str, StringConstraints(min_length=1, max_length=255)] | None = None
    name: Text
    lead: LeadName | None = None
    properties: dict[str, Any] = Field(default_factory=dict, max_length=MOST_PROPERTIES)
    occurred_at: Annotated[datetime, BeforeValidator(read_time)] | None = None
    session: Text | None = None

    @model_validator(mode="after")
    def _whose(self) -> EventBody:
        if self.lead is None and self.session is None:
            raise ValueError("name a lead, or a session")
        return self

    def sent(self) -> Sent:
        lead = self.lead.model_dump(exclude_none=True) if self.lead is not None else {}
        return Sent(self.name, lead, self.id, self.properties, self.occurred_at, self.session)


class EventsBody(Body):
    """Several events."""

    events: list[EventBody] = Field(max_length=MOST)


@bp.post("/events")
@scope("events.send")
def take() -> Response:
    """Record one event, or those of `events`."""
    raw = object_body()
    alone = "events" not in raw
    bodies = [body_of(EventBody, raw)] if alone else body_of(EventsBody, raw).events
    _check_sizes(bodies, alone=alone)
    with write() as session:
        taken = events.take(session, [body.sent() for body in bodies])
        if alone:
            _refuse_alone(taken)
    problems = [{"path": f"/events/{n}{one.path}", "message": one.message} for n, one in taken.problems]
    return answer({"accepted": taken.accepted, "duplicates": taken.duplicates, "problems": problems}, 202)


def _check_sizes(bodies: list[EventBody], *, alone: bool) -> None:
    large = [n for n, body in enumerate(bodies) if len(orjson.dumps(body.properties)) > MOST_BYTES]
    if large:
        paths = ["/properties" if alone else f"/events/{n}/properties" for n in large]
        raise Invalid(problems=[Problem(path, f"is larger than {MOST_BYTES // 1024} KiB") for path in paths])


def _refuse_alone(taken: Taken) -> None:
    """An event that was sent alone is refused by its problem; nothing of it is kept."""
    for _, problem in taken.problems:
        if problem.path == "/lead/id":
            raise NotFound("There is no lead with this id.", problems=[problem])
        raise Invalid(problems=[problem])
