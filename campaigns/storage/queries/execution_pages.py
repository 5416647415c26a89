"""Pages of executions and of refused starts: ids first by an index, then what stands around one page of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, func, literal_column, select

from campaigns.storage.models import Execution, Lead, Refusal, Step, Token, Version, Workflow
from campaigns.storage.queries import leads
from campaigns.storage.transaction import TenantSession

RECENT = 1000  # so many executions are looked through for the reasons that a filter offers
FEW_LEADS = 200  # so many found leads are looked up by their own index; of more, one is met soon anyway


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which rows: all that is given must fit; `text` is looked for in the lead, `reason` in why it failed or ended.

    `section`: a token stands there now. `before` and `after`: ids between which the page lies; with `after` the page is
    the nearest above it. `passed`: a section that it came out of; `trigger`: what let it in. `oldest` turns it round:
    the page lies above `before`, or below `after`.
    """

    workflow_id: UUID | None = None
    version_id: UUID | None = None
    status: str | None = None
    section: str | None = None
    text: str = ""
    reason: str = ""
    before: UUID | None = None
    after: UUID | None = None
    passed: str | None = None
    trigger: str | None = None
    oldest: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One execution of a list; `section` and `wake_at` say where its token stands, if it has one."""

    id: UUID
    lead_id: UUID | None
    lead_label: str
    workflow_key: str
    workflow_name: str
    version_id: UUID
    version: int
    status: str
    reason: str
    created_at: datetime
    finished_at: datetime | None
    section: str | None
    wake_at: datetime | None


@dataclass(frozen=True, slots=True)
class Refused:
    """One start that was refused."""

    id: UUID
    lead_id: UUID | None
    lead_label: str
    workflow_key: str
    workflow_name: str
    limit: str
    text: str
    at: datetime


def find_ids(session: TenantSession, wanted: Wanted, *, limit: int) -> list[UUID]:
    """Return the ids of a page of executions, newest first."""
    tenant_id = session.tenant_id
    if wanted.section is not None and wanted.workflow_id is not None:
        key: Any = Token.execution_id
        statement = _standing(tenant_id, wanted.workflow_id, wanted.section)
    else:
        key = Execution.id
        statement = select(Execution.id).where(Execution.tenant_id == tenant_id)
    statement = statement.where(*_conditions(session, wanted))
    return _page(session, _of_leads(session, statement, Execution, wanted.text), key, wanted, limit)


def find_refusal_ids(session: TenantSession, wanted: Wanted, *, limit: int) -> list[UUID]:
    """Return the ids of a page of refusals, newest first; status, version and section say nothing here."""
    statement = select(Refusal.id).where(Refusal.tenant_id == session.tenant_id)
    if wanted.workflow_id is not None:
        statement = statement.where(Refusal.workflow_id == wanted.workflow_id)
    return _page(session, _of_leads(session, statement, Refusal, wanted.text), Refusal.id, wanted, limit)


def load_rows(session: TenantSession, ids: Sequence[UUID]) -> list[Row]:
    """Return these executions with their names, newest first."""
    tenant_id = session.tenant_id
    token = and_(Token.tenant_id == tenant_id, Token.execution_id == Execution.id, Token.number == 0)
    statement = (
        select(
            Execution.id, Execution.lead_id, lead_label(), Workflow.key, Workflow.name, Version.id, Version.number,
            Execution.status, Execution.reason, Execution.created_at, Execution.finished_at, Token.section,
            Token.wake_at,
        )
        .join(Workflow, and_(Workflow.tenant_id == tenant_id, Workflow.id == Execution.workflow_id))
        .join(Version, and_(Version.tenant_id == tenant_id, Version.id == Execution.version_id))
        .outerjoin(Lead, and_(Lead.tenant_id == tenant_id, Lead.id == Execution.lead_id))
        .outerjoin(Token, token)
        .where(Execution.tenant_id == tenant_id, Execution.id.in_(ids))
        .order_by(Execution.id.desc())
    )  # fmt: skip
    found: list[Any] = list(session.execute(statement)) if ids else []
    return [Row(*row) for row in found]


def load_refused(session: TenantSession, ids: Sequence[UUID]) -> list[Refused]:
    """Return these refusals with their names, newest first."""
    tenant_id = session.tenant_id
    statement = (
        select(
            Refusal.id, Refusal.lead_id, lead_label(), Workflow.key, Workflow.name, Refusal.limit, Refusal.text,
            Refusal.at,
        )
        .join(Workflow, and_(Workflow.tenant_id == tenant_id, Workflow.id == Refusal.workflow_id))
        .outerjoin(Lead, and_(Lead.tenant_id == tenant_id, Lead.id == Refusal.lead_id))
        .where(Refusal.tenant_id == tenant_id, Refusal.id.in_(ids))
        .order_by(Refusal.id.desc())
    )  # fmt: skip
    found: list[Any] = list(session.execute(statement)) if ids else []
    return [Refused(*row) for row in found]


def recent_reasons(session: TenantSession, workflow_id: UUID | None) -> list[str]:
    """Return the different reasons of the newest executions that have one, in order."""
    newest: list[ColumnElement[bool]] = [Execution.tenant_id == session.tenant_id]
    if workflow_id is not None:
        newest.append(Execution.workflow_id == workflow_id)
    page = select(Execution.reason).where(*newest).order_by(Execution.id.desc()).limit(RECENT).subquery()
    return list(session.scalars(select(page.c.reason).where(page.c.reason != "").distinct().order_by(page.c.reason)))


def load_documents(session: TenantSession, version_ids: set[UUID]) -> dict[UUID, dict[str, Any]]:
    """Return the documents of these versions."""
    own = (Version.tenant_id == session.tenant_id, Version.id.in_(version_ids))
    found = session.execute(select(Version.id, Version.document).where(*own)) if version_ids else ()
    return {row[0]: row[1] for row in found}


def lead_label() -> ColumnElement[str]:
    """Return what a lead is called: its name, else its address, else its external id; "" for an erased one."""
    name = func.trim(func.coalesce(Lead.first_name, "") + " " + func.coalesce(Lead.last_name, ""))
    return func.coalesce(func.nullif(name, ""), Lead.email, Lead.external_id, "")


def _standing(tenant_id: UUID, workflow_id: UUID, section: str) -> Any:
    """Return executions with a token at a section, read from the tokens: their index is in the order of the page."""
    execution = and_(Execution.tenant_id == tenant_id, Execution.id == Token.execution_id)
    own = (Token.tenant_id == tenant_id, Token.workflow_id == workflow_id, Token.section == section)
    return select(Token.execution_id).distinct().join(Execution, execution).where(*own)


def _conditions(session: TenantSession, wanted: Wanted) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    for column, value in (
        (Execution.workflow_id, wanted.workflow_id), (Execution.version_id, wanted.version_id),
        (Execution.status, wanted.status), (Execution.trigger_id, wanted.trigger),
    ):  # fmt: skip
        if value is not None:
            found.append(column == value)
    if wanted.reason:
        found.append(Execution.reason.icontains(wanted.reason, autoescape=True))
    if wanted.passed is not None:
        own = (Step.tenant_id == session.tenant_id, Step.execution_id == Execution.id, Step.section == wanted.passed)
        found.append(exists().where(*own, Step.outcome.not_in(("waiting", "failed"))))
    if wanted.status not in (None, "finished") or wanted.reason:
        found.append(Execution.status != literal_column("'finished'"))  # as the index says it, so that it serves
        if wanted.workflow_id is None:
            all_own = select(Workflow.id).where(Workflow.tenant_id == session.tenant_id)
            found.append(Execution.workflow_id.in_(all_own))
    return found


def _of_leads(session: TenantSession, statement: Any, model: Any, text: str) -> Any:
    """Keep the rows of leads that fit a search: few are named, many are looked at as the page is walked."""
    wanted = leads.Wanted(text=text)
    if not (fitting := leads.conditions(session, wanted)):
        return statement
    found = leads.next_ids(session, wanted, after=None, limit=FEW_LEADS + 1)
    if len(found) <= FEW_LEADS:
        return statement.where(model.lead_id.in_(found))
    own = and_(Lead.tenant_id == session.tenant_id, Lead.id == model.lead_id)
    return statement.join(Lead, own).where(*fitting)


def _page(session: TenantSession, statement: Any, key: Any, wanted: Wanted, limit: int) -> list[UUID]:
    onwards, back = (key.asc(), key.desc()) if wanted.oldest else (key.desc(), key.asc())
    if wanted.after is not None:
        ahead = key < wanted.after if wanted.oldest else key > wanted.after
        nearest = session.scalars(statement.where(ahead).order_by(back).limit(limit)).all()
        return list(reversed(nearest))
    if wanted.before is not None:
        statement = statement.where(key > wanted.before if wanted.oldest else key < wanted.before)
    return list(session.scalars(statement.order_by(onwards).limit(limit)))
