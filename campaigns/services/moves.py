"""Who is inside after a new version: they stay on theirs, move to the same section of the live one, or leave.

A decision is kept for an hour, in which it can be taken back. Who moved goes back to the version they came from, with
what they have done since; who leaves is held for that hour, so that leaving can be taken back too, and ends after it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

import structlog
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from campaigns.engine.compiling import compile_program
from campaigns.engine.document import Document, walk
from campaigns.engine.kinds import Kinds
from campaigns.engine.moving import section_misfit
from campaigns.engine.program import Program
from campaigns.errors import CampaignsError, Conflict, Invalid, NotFound, Problem
from campaigns.services import audit, awaiting
from campaigns.services.endings import teller
from campaigns.services.move_chunks import Mover, Way
from campaigns.services.vocabulary import load_vocabulary
from campaigns.services.workflows import get_workflow
from campaigns.storage.models import Move, Tenant, Version, Workflow
from campaigns.storage.queries import moves as queries
from campaigns.storage.queries import stopping
from campaigns.storage.transaction import Store, TenantSession, reading, system, writing
from campaigns.tenancy import Tenancy

log = structlog.get_logger()
Choice = Literal["stay", "move", "leave"]
CHOICES = ("stay", "move", "leave")
KEPT = timedelta(hours=1)  # how long a move can be taken back
LEFT = "left"  # why an execution has ended that was taken out
Choices = Mapping[tuple[int, str], str]  # by version number and section


@dataclass(frozen=True, slots=True)
class Place:
    """How many executions stand at a section of a version; `why` says why they can't move. "" is the start."""

    version: int
    section: str
    name: str
    type: str
    executions: int
    why: str | None


def find_places(session: TenantSession, workflow: Workflow, target: Document, kinds: Kinds) -> list[Place]:
    """Return where executions of other versions than the live one stand, and who of them could move to `target`."""
    return _places(session, workflow, target, kinds, skip=None)


def find_places_to_live(session: TenantSession, key: str, kinds: Kinds) -> list[Place]:
    """Return where executions of other versions than the live one stand; [] without a live one."""
    workflow = get_workflow(session, key)
    live = _version(session, workflow, workflow.live_version) if workflow.is_active else None
    if live is None:
        return []
    return _places(session, workflow, Document.model_validate(live.document), kinds, skip=live.number)


def choose(session: TenantSession, key: str, choices: Choices, *, kinds: Kinds) -> Move:
    """Move those inside to the live version, or let them leave, by where they stand; return what was done.

    Raise Conflict when the workflow is not active, Invalid for a version or choice that is none.
    """
    stopping.stop_batches(session, recall=True)
    workflow = get_workflow(session, key, lock=True)
    live = _version(session, workflow, workflow.live_version) if workflow.is_active else None
    if live is None:
        raise Conflict("The workflow is not active: there is no version to move to.")
    wanted = _read(session, workflow, choices, live.number)
    move = Move(workflow_id=workflow.id, version_id=live.id, author=session.actor.name, at=session.now)
    session.add(move)
    session.flush()
    programs = _programs(session, [live, *(version for version, _ in wanted)], kinds)
    mover = Mover(session, workflow.id, move.id)
    for version, ways in sorted(wanted, key=lambda pair: pair[0].id != live.id):  # who comes in does not leave as well
        mover.take(Way(version.id, live.id, programs[version.id], programs[live.id], version.number, live.number), ways)
    move.moved, move.leaving, move.stayed = mover.moved, mover.leaving, mover.stayed
    counts = {"moved": mover.moved, "leaving": mover.leaving, "stayed": mover.stayed}
    audit.record(session, "executions.moved", kind="workflow", target=key, version=live.number, **counts)
    session.flush()
    return move


def take_back(session: TenantSession, key: str, move_id: UUID, *, kinds: Kinds) -> Move:
    """Undo a move: those who have not ended go back where they fit; raise Conflict after an hour."""
    stopping.stop_batches(session, recall=True)
    workflow = get_workflow(session, key, lock=True)
    move = session.scalar(select(Move).where(Move.id == move_id, Move.workflow_id == workflow.id).with_for_update())
    if move is None:
        raise NotFound(f"There is no move {move_id}.")
    if move.settled_at is not None or session.now >= move.at + KEPT:
        raise Conflict("This can't be taken back any more.")
    if not workflow.is_active:
        raise Conflict("Activate the workflow first: those who left would stand still in it.")
    versions = session.scalars(select(Version).where(Version.workflow_id == workflow.id)).all()
    programs = _programs(session, versions, kinds)
    mover = Mover(session, workflow.id, move.id)
    ways = {
        old.id: Way(move.version_id, old.id, programs[move.version_id], programs[old.id], 0, old.number)
        for old in versions
    }
    numbers = {version.id: version.number for version in versions}
    for old in mover.bring_back(ways, was=numbers[move.version_id]):
        document = next(version.document for version in versions if version.id == old)
        awaiting.store(session, old, Document.model_validate(document), kinds)
    move.returned, move.settled_at = mover.moved + mover.leaving, session.now
    audit.record(session, "executions.moved_back", kind="workflow", target=key, executions=move.returned)
    session.flush()
    return move


def list_moves(session: TenantSession, key: str, *, limit: int = 20) -> list[dict[str, Any]]:
    """Return the moves of a workflow, newest first, as the API answers them."""
    workflow = get_workflow(session, key)
    own = (Move.workflow_id == workflow.id, Version.tenant_id == session.tenant_id)
    statement = select(Move, Version.number).join(Version, Version.id == Move.version_id).where(*own)
    rows = session.execute(statement.order_by(Move.id.desc()).limit(limit)).all()
    return [describe(move, number, session.now) for move, number in rows]


def describe(move: Move, number: int, now: datetime) -> dict[str, Any]:
    """Return a move as the API answers it; `until`: when it can be taken back no more, None when it can't now."""
    until = move.at + KEPT
    return {
        "id": move.id,
        "to": number,
        "moved": move.moved,
        "leaving": move.leaving,
        "stayed": move.stayed,
        "returned": move.returned,
        "at": move.at,
        "author": move.author,
        "until": until if move.settled_at is None and now < until else None,
    }


def settle(store: Store) -> int:
    """End those who have left for an hour, in all tenants; return how many moves were settled."""
    with system(store) as session:
        tenants = session.scalars(select(Tenant.id)).all()
    return sum(_settle_in(store, tenant_id) for tenant_id in tenants)


def _settle_in(store: Store, tenant_id: UUID) -> int:
    with reading(store, Tenancy(tenant_id)) as session:
        own = (Move.settled_at.is_(None), Move.at <= session.now - KEPT)
        due = session.execute(select(Move.id, Move.workflow_id).where(*own).order_by(Move.at)).all()
    for move_id, workflow_id in due:
        try:
            with writing(store, Tenancy(tenant_id)) as session:
                _settle(session, move_id, workflow_id)
        except (CampaignsError, SQLAlchemyError):
            log.exception("moves.failed", tenant=str(tenant_id), move=str(move_id))
    return len(due)


def _settle(session: TenantSession, move_id: UUID, workflow_id: UUID) -> None:
    stopping.stop_batches(session, recall=True)
    move = session.scalar(select(Move).where(Move.id == move_id, Move.settled_at.is_(None)).with_for_update())
    if move is None:
        return
    tell = teller(session, workflow_id, "stopped")
    mover = Mover(session, workflow_id, move_id)
    for ids in mover.leaving_pages():
        stopping.stop(session, workflow_id, ids, reason=LEFT, only=queries.LEAVING, tell=tell)
    mover.places.forget(move_id)
    move.settled_at = session.now
    awaiting.forget(session, workflow_id, keep=move.version_id)
    session.flush()


def _places(
    session: TenantSession, workflow: Workflow, target: Document, kinds: Kinds, *, skip: int | None
) -> list[Place]:
    counted = [row for row in queries.count_places(session, workflow.id) if row[0] != skip]
    numbers = {number for number, _, _ in counted}
    own = (Version.workflow_id == workflow.id, Version.number.in_(numbers))
    versions = {version.number: version for version in session.scalars(select(Version).where(*own))}
    programs = _programs(session, versions.values(), kinds)
    into = compile_program(target, kinds, load_vocabulary(session))
    names = {number: _names(version.document) for number, version in versions.items()}
    return [
        Place(
            number, section, *names[number].get(section, ("", "")), count,
            section_misfit(programs[versions[number].id], into, section),
        )
        for number, section, count in counted
    ]  # fmt: skip


def _names(document: dict[str, Any]) -> dict[str, tuple[str, str]]:
    sections = walk(Document.model_validate(document).sections)
    return {item.id: (item.name or "", item.type) for item, _, _ in sections}


def _programs(session: TenantSession, versions: Iterable[Version], kinds: Kinds) -> dict[UUID, Program]:
    vocabulary = load_vocabulary(session)
    return {
        version.id: compile_program(Document.model_validate(version.document), kinds, vocabulary)
        for version in versions
    }


def _read(
    session: TenantSession, workflow: Workflow, choices: Choices, live: int
) -> list[tuple[Version, dict[str, str]]]:
    """Return the versions that choices name, with what becomes of who stands at which section."""
    wanted: dict[int, dict[str, str]] = {}
    for index, ((number, section), choice) in enumerate(choices.items()):
        if choice not in CHOICES:
            raise Invalid(problems=[Problem(f"/choices/{index}/choice", "is stay, move or leave")])
        if choice == "leave" or (choice == "move" and number != live):
            wanted.setdefault(number, {})[section] = choice
    found = session.scalars(
        select(Version).where(Version.workflow_id == workflow.id, Version.number.in_(wanted)).order_by(Version.number)
    ).all()
    unknown = set(wanted) - {version.number for version in found}
    if unknown:
        raise Invalid(problems=[Problem("/choices", f"there is no version {min(unknown)}")])
    return [(version, wanted[version.number]) for version in found]


def _version(session: TenantSession, workflow: Workflow, number: int | None) -> Version | None:
    return session.scalar(select(Version).where(Version.workflow_id == workflow.id, Version.number == number))
