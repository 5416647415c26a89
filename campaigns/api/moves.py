"""Who is inside a workflow, and what becomes of them after a new version: stay, move, leave; and taking that back."""

from __future__ import annotations

from dataclasses import asdict
from typing import Literal

from flask import Response
from pydantic import Field

from campaigns.api.bodies import Body, body_of
from campaigns.api.requests import answer, keyed, listed, read, runtime, scope, uuid_of, write
from campaigns.services import moves
from campaigns.storage.models import Move, Version
from campaigns.storage.transaction import TenantSession

bp = keyed("api_moves")
MOST = 2000


class MoveChoice(Body):
    """What becomes of those who stand at a section of a version; "" is the start."""

    version: int = Field(ge=1, le=2147483647)
    section: str = Field(max_length=80)
    choice: Literal["stay", "move", "leave"]


class MoveBody(Body):
    """Who is to move to the live version, and who is to leave; all others stay."""

    choices: list[MoveChoice] = Field(min_length=1, max_length=MOST)


@bp.get("/workflows/<key>/inside")
@scope("workflows.view")
def inside(key: str) -> Response:
    """Where the executions of versions that are not live stand, and why they could not move to the live one."""
    with read() as session:
        found = moves.find_places_to_live(session, key, runtime().kinds)
    return answer({"items": [asdict(place) for place in found], "next": None})


@bp.get("/workflows/<key>/moves")
@scope("workflows.view")
def index(key: str) -> Response:
    with read() as session:
        return listed(moves.list_moves(session, key), by="id")


@bp.post("/workflows/<key>/moves")
@scope("workflows.activate")
def create(key: str) -> Response:
    """Move executions to the live version, or let them leave. It can be taken back for an hour."""
    body = body_of(MoveBody)
    choices = {(one.version, one.section): one.choice for one in body.choices}
    with write() as session:
        return _told(session, moves.choose(session, key, choices, kinds=runtime().kinds), 201)


@bp.post("/workflows/<key>/moves/<move_id>/undo")
@scope("workflows.activate")
def undo(key: str, move_id: str) -> Response:
    """Take a move back: those who have not ended since go back where they fit."""
    with write() as session:
        return _told(session, moves.take_back(session, key, uuid_of(move_id), kinds=runtime().kinds), 200)


def _told(session: TenantSession, move: Move, status: int) -> Response:
    version = session.get_one(Version, (move.tenant_id, move.version_id))
    return answer(moves.describe(move, version.number, session.now), status)
