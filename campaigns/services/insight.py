"""Figures for pages, read from what the batches keep: no page counts executions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select

from campaigns.services.workflows import describe_all, list_workflows
from campaigns.storage.models import Import, Lead, Message, Workflow, WorkflowTotal
from campaigns.storage.queries import counting, switches
from campaigns.storage.queries.workflows import TOTALS
from campaigns.storage.transaction import TenantSession


@dataclass(frozen=True, slots=True)
class Counts:
    """How many executions wait at a section, have passed it, rest there failed."""

    waiting: int = 0
    passed: int = 0
    failed: int = 0


@dataclass(frozen=True, slots=True)
class Dashboard:
    """The figures of a tenant's first page. `workflows` are in the API's shape, with totals; `mails` by state."""

    leads: int
    active_workflows: int
    workflows: list[dict[str, Any]]
    totals: dict[str, int]
    mails: dict[str, int]


def section_counts(session: TenantSession, workflow: Workflow, version: int | None = None) -> dict[str, Counts]:
    """Return the counts by section id: of one version by its number, or of all versions together."""
    rows = counting.read_counts(session, workflow.id, version)
    return {key: Counts(*figures) for key, *figures in rows if not counting.split_key(key)[1]}


def workflow_totals(session: TenantSession, workflow: Workflow) -> dict[str, int]:
    """Return a workflow's executions by what became of them: active, started, finished, stopped, ..."""
    row = session.scalar(select(WorkflowTotal).where(WorkflowTotal.workflow_id == workflow.id))
    return {name: getattr(row, name) if row is not None else 0 for name in TOTALS}


def dashboard(session: TenantSession) -> Dashboard:
    """Return the figures of the tenant's first page, with one query a kind."""
    rows = describe_all(session, list_workflows(session, sort="updated"))
    mails = select(Message.state, func.count()).where(Message.tenant_id == session.tenant_id)
    return Dashboard(
        leads=session.scalar(select(func.count()).select_from(Lead).where(Lead.tenant_id == session.tenant_id)) or 0,
        active_workflows=sum(row["state"] == "active" for row in rows),
        workflows=rows,
        totals={name: sum(row["totals"][name] for row in rows) for name in TOTALS},
        mails=dict(session.execute(mails.group_by(Message.state)).all()),
    )


@dataclass(frozen=True, slots=True)
class Attention:
    """One thing that somebody should look at: what, how much, and which page leads to the cause."""

    kind: str  # stopped, switch_failed, failed, unpublished, import_problems, unknown_mail
    title: str
    text: str
    target: str = ""  # a workflow's key or an import's id


def attention(session: TenantSession, figures: Dashboard) -> list[Attention]:
    """Return what needs attention.

    Workflows that were stopped, or not switched when planned, failed executions, unpublished drafts, import problems,
    mails of unknown outcome.
    """
    stopped = select(Workflow).where(Workflow.stopped_because != "").order_by(Workflow.name)
    found = [
        Attention("stopped", row.name, f"was stopped: {row.stopped_because}", row.key)
        for row in session.scalars(stopped)
    ]
    found += [
        Attention("switch_failed", row.name, f"was to be {planned.turn}d: {planned.failed_because}", row.key)
        for planned, row in switches.failed(session)
    ]
    found += [
        Attention("failed", row["name"], f"{row['totals']['failed']} failed and rest until retried", row["key"])
        for row in figures.workflows
        if row["totals"]["failed"]
    ]
    found += [
        Attention("unpublished", row["name"], "the draft differs from what is live", row["key"])
        for row in figures.workflows
        if row["differs"] and row["state"] == "active"
    ]
    recent = select(Import).where(Import.failed > 0, Import.status == "done").order_by(Import.id.desc()).limit(3)
    found += [
        Attention("import_problems", entry.file_name, f"{entry.failed} rows were not taken", str(entry.id))
        for entry in session.scalars(recent)
    ]
    if figures.mails.get("unknown"):
        found.append(
            Attention(
                "unknown_mail", "Mails of unknown outcome", f"{figures.mails['unknown']} may or may not have arrived"
            )
        )
    return found
