"""Simulations: a draft or a version, run in virtual time and without effects."""

from __future__ import annotations

from typing import Any

from flask import Response
from pydantic import Field

from campaigns.api.bodies import Body, body_of, object_body
from campaigns.api.events import LeadName
from campaigns.api.lead_names import lead_of
from campaigns.api.requests import answer, keyed, read, runtime, scope
from campaigns.services import simulations, workflows
from campaigns.services.simulations import Asked

bp = keyed("api_simulations")


class MadeUpEvent(Body):
    """The event that starts the leads."""

    name: str | None = Field(None, min_length=1, max_length=200)
    properties: dict[str, Any] = Field(default_factory=dict)


class SimulationBody(Body):
    """What to simulate: exactly one of `lead`, `sample` (so many leads) and `days` (what has happened in them)."""

    lead: str | LeadName | None = None
    sample: int | None = None
    days: int | None = None
    version: int | None = Field(None, ge=1)
    event: MadeUpEvent | None = None


@bp.post("/workflows/<key>/simulations")
@scope("workflows.view")
def simulate(key: str) -> Response:
    raw = object_body()
    sent = body_of(SimulationBody, raw)
    with read() as session:
        workflows.get_workflow(session, key)
        lead = lead_of(session, raw["lead"]) if sent.lead is not None else None
        event = sent.event.model_dump(exclude_none=True) if sent.event is not None else None
        asked = simulations.check(Asked(lead, sent.sample, sent.days, sent.version, event))
        found = simulations.run_simulation(session, key, asked, kinds=runtime().kinds)
        return answer(simulations.describe(found))
