"""What activating or deactivating a workflow would do, in numbers, before anybody decides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from campaigns.engine.comparing import Difference, compare
from campaigns.engine.document import Document
from campaigns.engine.kinds import Kinds
from campaigns.errors import Problem
from campaigns.services.admissions import Matching, find_matching
from campaigns.services.drafts import find_draft_problems, get_draft
from campaigns.services.moves import Place, find_places
from campaigns.services.resuming import Overdue, count_overdue
from campaigns.services.versions import executions_inside
from campaigns.services.workflows import get_workflow
from campaigns.storage.models import Version, Workflow
from campaigns.storage.queries import executions as queries
from campaigns.storage.transaction import TenantSession


@dataclass(frozen=True, slots=True)
class Prospect:
    """An activation to be: the draft, what keeps it from running, what differs from the version that is live.

    `difference` is None for a first activation; `inside` counts executions not ended, by version number; `places` says
    where they stand, and who could move to what would be frozen. `matching`: leads who match now; `overdue`: those
    held whose time has passed. Neither is looked for while there are problems.
    """

    workflow: Workflow
    document: Document
    problems: list[Problem]
    difference: Difference | None
    inside: dict[int, int]
    places: list[Place]
    matching: Matching | None
    overdue: Overdue


def foresee_activation(session: TenantSession, key: str, kinds: Kinds) -> Prospect:
    """Return what activating the draft as it is now would do; raise NotFound."""
    workflow = get_workflow(session, key)
    draft = get_draft(session, key)
    statement = select(Version.document).where(
        Version.workflow_id == workflow.id, Version.number == workflow.live_version
    )
    live = session.scalar(statement)
    document, problems = Document.model_validate(draft.document), find_draft_problems(session, draft, kinds=kinds)
    return Prospect(
        workflow=workflow,
        document=document,
        problems=problems,
        difference=compare(live, draft.document) if live is not None else None,
        inside=count_inside(session, workflow),
        places=[] if problems else find_places(session, workflow, document, kinds),
        matching=None if problems else find_matching(session, document, kinds),
        overdue=Overdue(0, 0) if workflow.is_active or problems else count_overdue(session, workflow.id),
    )


def count_people(session: TenantSession, rows: Sequence[Workflow]) -> dict[str, int]:
    """Return how many leads are inside of each of these workflows, by key: what deactivating one is about."""
    found = queries.count_people(session, [row.id for row in rows])
    return {row.key: found.get(row.id, 0) for row in rows}


def count_inside(session: TenantSession, workflow: Workflow) -> dict[int, int]:
    """Return how many executions are not ended, by version number."""
    return {number: sum(places.values()) for number, places in executions_inside(session, workflow).items()}
