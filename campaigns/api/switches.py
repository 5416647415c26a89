"""How a workflow is activated and deactivated: at what time, who enters, what becomes of the late; taking back."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from flask import Response, request
from pydantic import BeforeValidator, Field

from campaigns.api.bodies import Body
from campaigns.api.events import read_time
from campaigns.api.requests import answer, keyed, listed, read, scope, uuid_of, write
from campaigns.errors import Invalid, NotFound, Problem
from campaigns.services import admissions, switches
from campaigns.services.resuming import MOST_HOURS, Plan, Resume

bp = keyed("api_switches")


class ActivationBody(Body):
    """What is new in the version, and how it is activated.

    `enter`: whether leads who match its triggers now enter as well. `overdue`: what becomes of held executions whose
    time has passed while the workflow was inactive. `at`: when, if not now.
    """

    note: str = ""
    enter: Literal["none", "matching"] = "none"
    overdue: Plan = "send"
    spread_hours: int = Field(24, ge=1, le=MOST_HOURS)
    at: Annotated[datetime, BeforeValidator(read_time)] | None = None

    def wanted(self) -> switches.Activation:
        """Return it as services take it."""
        return switches.Activation(self.note, self.enter == "matching", Resume(self.overdue, self.spread_hours))


def time_in_address(name: str) -> datetime | None:
    """Return the time that a parameter holds; raise Invalid."""
    text = request.args.get(name)
    try:
        return read_time(text) if text is not None else None
    except ValueError as error:
        raise Invalid(problems=[Problem(f"/{name}", str(error))]) from None


@bp.delete("/workflows/<key>/planned/<turn>")
@scope("workflows.activate")
def cancel(key: str, turn: str) -> Response:
    """Forget what is planned for a workflow: its `activate` or its `deactivate`; also one that could not be done."""
    if turn not in switches.TURNS:
        raise NotFound("Nothing of that kind is planned.")
    with write() as session:
        switches.cancel(session, key, turn)
    return Response(status=204)


@bp.get("/workflows/<key>/admissions")
@scope("workflows.view")
def all_admissions(key: str) -> Response:
    """The last 20 times that leads who matched were let in, newest first."""
    with read() as session:
        items = [admissions.describe(row) for row in admissions.list_admissions(session, key)]
    return listed(items, by="id")


@bp.get("/workflows/<key>/admissions/<admission_id>")
@scope("workflows.view")
def show_admission(key: str, admission_id: str) -> Response:
    with read() as session:
        return answer(admissions.describe(admissions.get_admission(session, key, uuid_of(admission_id))))


@bp.post("/workflows/<key>/admissions/<admission_id>/cancel")
@scope("workflows.activate")
def cancel_admission(key: str, admission_id: str) -> Response:
    """Let no further leads in; those who have entered stay."""
    with write() as session:
        return answer(admissions.describe(admissions.cancel(session, key, uuid_of(admission_id))))
