"""Executions and refused starts as lists show them: filtered, in pages, with the names of what they stand at."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, TypeVar
from uuid import UUID

from sqlalchemy import func, select

from campaigns.engine.document import Document, walk, walk_triggers
from campaigns.engine.kinds import Kinds
from campaigns.errors import NotFound
from campaigns.services.workflows import get_workflow
from campaigns.storage.models import Version, Workflow, WorkflowTotal
from campaigns.storage.queries import execution_pages as queries
from campaigns.storage.queries.execution_pages import Refused, Row, Wanted
from campaigns.storage.queries.workflows import TOTALS
from campaigns.storage.transaction import TenantSession

STATUSES = ("ready", "running", "waiting", "listening", "held", "failed", "finished", "stopped", "cancelled")
FINAL = frozenset({"finished", "stopped", "cancelled"})
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list is narrowed to; None or empty means any. `workflow` is a key, `version` a number of its.

    `text` is looked for in the lead, `reason` in why an execution failed or ended. `section` is where one stands now,
    `passed` a section (or listener) that it has come out of, `trigger` what let it in. `oldest`: the oldest first.
    """

    workflow: str | None = None
    version: int | None = None
    status: str | None = None
    section: str | None = None
    text: str = ""
    reason: str = ""
    passed: str | None = None
    trigger: str | None = None
    oldest: bool = False

    @property
    def narrows(self) -> bool:
        """Whether anything but the workflow is given."""
        given = (self.version, self.status, self.section, self.text, self.reason, self.passed, self.trigger)
        return any(given)


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page lies: next after the id `before`, or right ahead of the id `after`; neither: at the first."""

    before: UUID | None = None
    after: UUID | None = None


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Rows in order, newest first as a rule; `newer` and `older`: the ids by which the pages ahead and next go on."""

    rows: list[T]
    newer: UUID | None = None
    older: UUID | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """A section or trigger of a version as pages name it."""

    name: str
    type: str
    role: str


def list_executions(session: TenantSession, filters: Filters, cursor: Cursor, *, limit: int = 50) -> Page[Row]:
    """Return a page of executions; one of an unknown workflow or version is empty."""
    wanted = _wanted(session, filters, cursor)
    if wanted is None:
        return Page([])
    ids = queries.find_ids(session, wanted, limit=limit + 1)
    return _page(ids, cursor, limit, partial(_load_rows, session, oldest=filters.oldest))


def find_ids(session: TenantSession, filters: Filters, cursor: Cursor, *, limit: int) -> list[UUID]:
    """Return the ids of a page of executions, newest first; none of an unknown workflow or version."""
    wanted = _wanted(session, filters, cursor)
    return queries.find_ids(session, wanted, limit=limit) if wanted is not None else []


def list_refusals(session: TenantSession, filters: Filters, cursor: Cursor, *, limit: int = 50) -> Page[Refused]:
    """Return a page of refused starts: of a workflow, of leads that a text is found in."""
    wanted = _wanted(session, Filters(workflow=filters.workflow, text=filters.text), cursor)
    if wanted is None:
        return Page([])
    ids = queries.find_refusal_ids(session, wanted, limit=limit + 1)
    return _page(ids, cursor, limit, partial(queries.load_refused, session))


def list_reasons(session: TenantSession, filters: Filters) -> list[str]:
    """Return why executions ended, failed or are held: of the newest of a workflow, or of all; a filter offers it."""
    wanted = _wanted(session, Filters(workflow=filters.workflow), Cursor())
    return queries.recent_reasons(session, wanted.workflow_id) if wanted is not None else []


def totals(session: TenantSession, workflow: str | None = None) -> dict[str, int]:
    """Return how many were started, finished, refused, ...: of a workflow or of all. Nothing is counted for it."""
    sums = [func.coalesce(func.sum(getattr(WorkflowTotal, name)), 0) for name in TOTALS]
    statement = select(*sums).where(WorkflowTotal.tenant_id == session.tenant_id)
    if workflow is not None:
        statement = statement.where(WorkflowTotal.workflow_id == get_workflow(session, workflow).id)
    found: Any = session.execute(statement).one()
    return {name: int(count) for name, count in zip(TOTALS, found, strict=True)}


def list_numbers(session: TenantSession, workflow: Workflow) -> list[int]:
    """Return the numbers of a workflow's versions, newest first."""
    statement = select(Version.number).where(Version.workflow_id == workflow.id)
    return list(session.scalars(statement.order_by(Version.number.desc())))


def list_places(session: TenantSession, workflow: Workflow, version: int | None, kinds: Kinds) -> dict[str, Place]:
    """Return the sections of a version (the newest one where none is named), in the order of the canvas."""
    raw = _document(session, workflow, version)
    return places_in(raw, kinds, triggers=False) if raw else {}


def list_names(session: TenantSession, workflow: Workflow, version: int | None, kinds: Kinds) -> dict[str, str]:
    """Return the names of a version's sections, triggers and listeners by id (the newest one where none is named)."""
    raw = _document(session, workflow, version)
    return {key: place.name for key, place in places_in(raw, kinds).items()} if raw else {}


def _document(session: TenantSession, workflow: Workflow, version: int | None) -> dict[str, Any] | None:
    number = version if version is not None else workflow.last_version
    own = (Version.workflow_id == workflow.id, Version.number == number)
    return session.scalar(select(Version.document).where(*own))


def places_of(session: TenantSession, rows: Sequence[Row], kinds: Kinds) -> dict[tuple[UUID, str], Place]:
    """Return what the rows' tokens stand at, by version and section."""
    documents = queries.load_documents(session, {row.version_id for row in rows if row.section})
    return {
        (version_id, section): place
        for version_id, raw in documents.items()
        for section, place in places_in(raw, kinds).items()
    }


def places_in(raw: dict[str, Any], kinds: Kinds, *, triggers: bool = True) -> dict[str, Place]:
    """Return every section of a document, and every trigger, by id, in the order of the canvas."""
    document = Document.model_validate(raw)
    found: list[Any] = [trigger for trigger, _ in walk_triggers(document)] if triggers else []
    found += [section for section, _, _ in walk(document.sections)]
    return {item.id: _place(item, kinds) for item in found}


def _load_rows(session: TenantSession, ids: list[UUID], *, oldest: bool) -> list[Row]:
    rows = queries.load_rows(session, ids)
    return rows[::-1] if oldest else rows


def _place(item: Any, kinds: Kinds) -> Place:
    """What a plugin brought and took along keeps its type's name and looks like an action."""
    kind = kinds.get(item.type)
    name = item.name or (kind.label if kind else item.type)
    return Place(name, item.type, kind.role if kind else "action")


def _wanted(session: TenantSession, filters: Filters, cursor: Cursor) -> Wanted | None:
    workflow_id = version_id = None
    if filters.workflow is not None:
        try:
            workflow_id = get_workflow(session, filters.workflow).id
        except NotFound:
            return None
        if filters.version is not None:
            own = (Version.workflow_id == workflow_id, Version.number == filters.version)
            version_id = session.scalar(select(Version.id).where(*own))
            if version_id is None:
                return None
    given = (filters.status, filters.section, filters.text, filters.reason)
    way: dict[str, Any] = {"passed": filters.passed, "trigger": filters.trigger, "oldest": filters.oldest}
    return Wanted(workflow_id, version_id, *given, cursor.before, cursor.after, **way)


def _page(ids: list[UUID], cursor: Cursor, limit: int, load: Callable[[list[UUID]], list[T]]) -> Page[T]:
    """One id more than asked for says that there is another page on the far side."""
    more = len(ids) > limit
    upwards = cursor.after is not None
    shown = (ids[1:] if upwards else ids[:-1]) if more else ids
    if not shown:
        return Page([])
    has_newer = more if upwards else cursor.before is not None
    has_older = upwards or more
    return Page(load(shown), shown[0] if has_newer else None, shown[-1] if has_older else None)
