"""Taking leads that are inside to another section, of the live version: each goes on from there at once.

What they had under way ends: a wait, a listener beside it. Who is in several places at a time, or runs for a listener
alone, stays; so do those that failed, until they are retried. The path of each records who was moved from where.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import select

from campaigns.engine.compiling import compile_program
from campaigns.engine.document import Document
from campaigns.engine.execution import MAIN
from campaigns.engine.kinds import Kinds
from campaigns.errors import Conflict, NotFound
from campaigns.services import audit
from campaigns.services.execution_chunks import MOST_COUNTED, Chosen, Chunk, count_fitting, next_ids
from campaigns.services.execution_pages import Place, places_in
from campaigns.services.vocabulary import load_vocabulary
from campaigns.services.workflows import get_workflow
from campaigns.storage.models import Version, Workflow
from campaigns.storage.queries import stopping
from campaigns.storage.queries.moves import LEAVING, Places
from campaigns.storage.queries.open_executions import Open, Stored, load
from campaigns.storage.queries.relocations import Relocations
from campaigns.storage.transaction import TenantSession

CHUNK = 2000
RELOCATED = "relocated"  # the outcome of the step that records it
MOVED_FROM = frozenset({"ready", "running", "waiting", "held"})


@dataclass(frozen=True, slots=True)
class Target:
    """Where leads can be taken: the live version, and the sections of it that are not within a fork or a listener."""

    version_id: UUID
    number: int
    places: dict[str, Place] = field(default_factory=dict)


def load_target(session: TenantSession, key: str, kinds: Kinds) -> Target:
    """Return where leads of a workflow can be taken; raise Conflict when it is not active."""
    return _target(session, get_workflow(session, key), kinds)


def move_some(
    session: TenantSession, chosen: Chosen, section: str, *, kinds: Kinds, after: UUID | None = None
) -> Chunk:
    """Take the next of the chosen executions to a section of the live version; others are passed over.

    Raise NotFound for a section that leads can't be taken to, Conflict when the workflow is not active.
    """
    stopping.stop_batches(session, recall=True)
    workflow = get_workflow(session, chosen.filters.workflow or "")
    target = _target(session, workflow, kinds)
    if section not in target.places:
        raise NotFound(f"Nobody can be moved to a section {section} of version {target.number}.")
    ids, more = next_ids(session, chosen, after, CHUNK)
    going = [one for one in _open(session, workflow, ids) if may_move(one)]
    if going:
        _move(session, workflow, going, (target, section))
        told = {"section": section, "version": target.number, "executions": len(going)}
        audit.record(session, "executions.relocated", kind="workflow", target=workflow.key, **told)
        session.flush()
    return Chunk(len(going), more)


def count_movable(session: TenantSession, chosen: Chosen, *, most: int = MOST_COUNTED) -> int:
    """Return how many of the chosen executions can be taken to another section; more than `most` are not counted."""
    workflow = get_workflow(session, chosen.filters.workflow or "")

    def fitting(ids: Sequence[UUID]) -> int:
        return sum(may_move(one) for one in _open(session, workflow, ids))

    return count_fitting(session, chosen, fitting, chunk=CHUNK, most=most)


def may_move(opened: Open) -> bool:
    """Say whether an execution stands at one place of its main line alone."""
    if opened.status not in MOVED_FROM or opened.reason == LEAVING:
        return False
    main = [token for token in opened.tokens if not token.data.get("listener")]
    return len(main) == 1 and main[0].number == MAIN and not (main[0].data.get("side") or main[0].data.get("branches"))


def _open(session: TenantSession, workflow: Workflow, ids: Sequence[UUID]) -> list[Open]:
    places = Places(session, workflow.id)
    found = load(places.connection, places.tenant, [places.native.id(one) for one in ids], statuses=sorted(MOVED_FROM))
    return [one for one in found.values() if one.workflow_id == places.workflow]


def _move(session: TenantSession, workflow: Workflow, going: Sequence[Open], to: tuple[Target, str]) -> None:
    target, section = to
    numbers = dict(session.execute(select(Version.id, Version.number).where(Version.workflow_id == workflow.id)).all())
    places, counts = Places(session, workflow.id), Counter[tuple[Any, str, str]]()
    by = session.actor.name or session.actor.kind
    rows = Relocations(places, places.native.id(target.version_id), section)
    for one in going:
        main = next(token for token in one.tokens if token.number == MAIN)
        was = numbers[places.native.uuid(one.version_id)]
        receipt = {"from_version": was, "to_version": target.number, "to_section": section, "by": by}
        rows.add(one, main.section, RELOCATED, receipt)
        for token in filter(_entered, one.tokens):
            counts[one.version_id, token.section, "waiting"] -= 1
    rows.write(counts)
    session.make_due("run", rows.shards, lane="timed")


def _entered(token: Stored) -> bool:
    return bool(token.data.get("entered"))


def _target(session: TenantSession, workflow: Workflow, kinds: Kinds) -> Target:
    own = (Version.workflow_id == workflow.id, Version.number == workflow.live_version)
    version = session.scalar(select(Version).where(*own)) if workflow.is_active else None
    if version is None:
        raise Conflict("The workflow is not active: there is no version to move to.")
    program = compile_program(Document.model_validate(version.document), kinds, load_vocabulary(session))
    places = places_in(version.document, kinds, triggers=False)
    outside = {key: place for key, place in places.items() if key in program.positions}
    free = {key: place for key, place in outside.items() if not program.nodes[program.positions[key]].scope}
    return Target(version.id, version.number, free)
