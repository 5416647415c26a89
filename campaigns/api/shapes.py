"""What calls answer, as the description publishes it: nothing else stands in an answer."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field


class Shape(BaseModel):
    """An answer; all that it holds is declared."""

    model_config = ConfigDict(extra="forbid")


class LeadShape(Shape):
    """A lead."""

    id: UUID
    email: str | None
    external_id: str | None
    first_name: str | None
    last_name: str | None
    phone: str | None
    status: str
    owner: str | None
    tags: list[str]
    lists: list[str]
    score: int
    fields: dict[str, Any]
    created_at: datetime
    updated_at: datetime


class TimelineItem(Shape):
    """Something that happened to a lead, or is planned."""

    at: datetime
    kind: Literal["event", "step", "message", "refusal", "note", "planned"]
    text: str
    data: dict[str, Any]
    workflow: str = ""
    execution: UUID | None = None
    section: str = ""


class ListShape(Shape):
    """A list; `leads` stands where lists are listed."""

    key: str
    name: str
    leads: int = 0


class StatusShape(Shape):
    """A status; new leads get the default one."""

    key: str
    name: str
    default: bool


class FieldShape(Shape):
    """A custom field."""

    key: str
    name: str
    type: Literal["text", "number", "boolean", "date", "datetime", "choice", "email", "phone", "url"]
    choices: list[str]


class TemplateShape(Shape):
    """An email template, in MJML or in HTML."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    key: str
    name: str
    subject: str
    mjml: str = ""
    html: str = ""
    text: str | None
    class_: Literal["marketing", "transactional"] = Field(alias="class")
    updated_at: datetime


class Totals(Shape):
    """How many executions and refusals a workflow has had."""

    active: int
    started: int
    finished: int
    stopped: int
    cancelled: int
    failed: int
    refused: int


class PlannedShape(Shape):
    """A switch to come. `failed`: what kept it from being carried out; the workflow stayed as it was."""

    turn: Literal["activate", "deactivate"]
    at: datetime
    author: str
    failed: str


class AdmissionNow(Shape):
    """Leads who matched are entering right now; so many of the `total` have been looked at."""

    id: UUID
    total: int
    looked: int


class AdmissionShape(AdmissionNow):
    """Leads who matched when a workflow was activated, and enter it."""

    status: Literal["running", "done", "cancelled", "stopped"]
    admitted: int
    refused: int
    author: str
    created_at: datetime
    ended_at: datetime | None


class WorkflowShape(Shape):
    """A workflow."""

    key: str
    name: str
    state: Literal["inactive", "active"]
    draft_revision: int
    live_version: int | None
    differs: bool
    totals: Totals
    planned: list[PlannedShape]
    admission: AdmissionNow | None


class ProblemShape(Shape):
    """What is wrong, and where."""

    path: str
    message: str


class WholeWorkflow(WorkflowShape):
    """A workflow with its draft, and with what keeps it from being activated."""

    document: dict[str, Any]
    problems: list[ProblemShape]


class VersionShape(Shape):
    """A version; `document` stands where one is read."""

    number: int
    created_at: datetime
    author: str
    note: str
    live: bool
    executions: int


class WholeVersion(VersionShape):
    """A version with its document."""

    document: dict[str, Any]


class ExecutionShape(Shape):
    """An execution as lists show it."""

    id: UUID
    workflow: str
    version: int
    lead: UUID | None
    status: Literal["ready", "running", "waiting", "listening", "held", "finished", "stopped", "cancelled", "failed"]
    reason: str
    created_at: datetime
    finished_at: datetime | None


class TokenShape(Shape):
    """Where an execution stands."""

    number: int
    section: str
    wake_at: datetime | None
    entered_at: datetime


class StepShape(Shape):
    """What a section did, and what decided it."""

    section: str
    type: str | None
    outcome: str
    at: datetime
    receipt: dict[str, Any]


class WholeExecution(ExecutionShape):
    """An execution with its state, its tokens and its steps."""

    event: UUID | None
    trigger: str | None
    state: dict[str, Any]
    tokens: list[TokenShape]
    steps: list[StepShape]


class SimulatedPath(Shape):
    """One lead's way in virtual time."""

    lead: UUID
    status: str
    reason: str
    steps: list[StepShape]
    ends_at: datetime | None


class SimulationShape(Shape):
    """How many leads went in, how many steps each section saw, how they ended, and the ways of the first hundred."""

    leads: int
    sections: dict[str, int]
    statuses: dict[str, int]
    paths: list[SimulatedPath]


class RefusalShape(Shape):
    """A start that was refused."""

    id: UUID
    at: datetime
    kind: Literal["refusal"]
    text: str
    workflow: str
    lead: UUID | None
    data: dict[str, Any]


class TaskShape(Shape):
    """Something that somebody is to do about a lead; `execution` and `section` say which workflow made it."""

    id: UUID
    lead: UUID
    title: str
    text: str
    assignee: str | None
    status: Literal["open", "done"]
    due_at: datetime | None
    done_at: datetime | None
    done_by: str | None
    execution: UUID | None
    section: str
    created_at: datetime


class RowProblem(Shape):
    """A row that was refused, and why."""

    line: int
    column: str
    reason: str


class ImportShape(BaseModel):
    """An import with its counts and the first hundred refused rows."""

    id: UUID
    status: Literal["pending", "running", "paused", "done", "failed", "cancelled", "undone"]
    rows: int
    created: int
    updated: int
    skipped: int
    failed: int
    started: int
    problems: list[RowProblem]
    errors_url: str | None


class Count(Shape):
    """How many executions were started."""

    count: int


class Taken(Shape):
    """What became of events."""

    accepted: int
    duplicates: int
    problems: list[ProblemShape]
