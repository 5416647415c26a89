"""A lead's timeline: what happened and what is planned, of six kinds in one order, the newest first.

A task stands there as a note from when it was made, with what became of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, case, func, literal, select

from campaigns.engine.document import Document, walk
from campaigns.engine.kinds import Vocabulary
from campaigns.sections.registry import kinds
from campaigns.services.leads import get_lead
from campaigns.services.refusals import describe_refusal
from campaigns.services.timeline_order import (
    BESIDE,
    EVENT,
    MAIL,
    NOBODY,
    NOTE,
    OUTSIDE,
    PLANNED,
    REFUSED,
    RUN,
    STEP,
    TASK,
    Place,
    earlier,
    is_column,
    read_place,
)
from campaigns.services.timeline_words import event_words, mail_words, step_words, task_words
from campaigns.services.vocabulary import load_vocabulary
from campaigns.storage.models import (
    EmailTemplate,
    Event,
    Execution,
    Message,
    Note,
    Refusal,
    Step,
    Task,
    TemplateVersion,
    Token,
    User,
    Version,
    Workflow,
)
from campaigns.storage.transaction import TenantSession

Item = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Timeline:
    """One page: items as the API shows them (times and ids as values). `next`: `before` of the page that follows.

    `workflows`: the names of workflows by the key that items have.
    """

    items: list[Item]
    next: str | None
    workflows: Mapping[str, str]


def timeline(session: TenantSession, lead_id: UUID, *, before: str | None = None, limit: int = 50) -> Timeline:
    """Return a page of a lead's timeline; raise NotFound, or Malformed for a `before` that is none."""
    get_lead(session, lead_id)
    reader = _Reader(session, lead_id, read_place(before) if before else None, limit + 1)
    found = sorted(reader.all(), key=lambda pair: pair[0], reverse=True)
    page = found[:limit]
    following = page[-1][0].written() if len(found) > limit else None
    return Timeline([item for _, item in page], following, reader.vocabulary.workflows)


class _Reader:
    """Reads at most `limit` items of each kind that stand before a place."""

    def __init__(self, session: TenantSession, lead_id: UUID, before: Place | None, limit: int) -> None:
        self.session, self.lead_id, self.before, self.limit = session, lead_id, before, limit
        self.tenant_id = session.tenant_id
        self.vocabulary: Vocabulary = load_vocabulary(session)

    def all(self) -> Iterator[tuple[Place, Item]]:
        yield from self._events()
        yield from self._refusals()
        yield from self._steps_and_planned()
        yield from self._notes()
        yield from self._tasks()
        yield from self._messages()

    def _events(self) -> Iterator[tuple[Place, Item]]:
        statement = select(Event).where(Event.tenant_id == self.tenant_id, Event.lead_id == self.lead_id)
        inside = Event.source == "execution"  # brought about by a step
        rank = case((inside, RUN), else_=OUTSIDE)
        execution = case((inside, func.coalesce(Event.source_id, NOBODY)), else_=literal(NOBODY, Event.id.type))
        order = (Event.occurred_at, rank, execution, EVENT, 0, Event.id)
        for (event,) in self._rows(statement, order):
            data = {
                "name": event.name,
                "source": event.source,
                "changes": event.changes,
                "properties": event.properties,
            }
            text = event_words(event.name, event.changes, event.source, self.vocabulary)
            item = _item(event.occurred_at, "event", text, data)
            by = (RUN, event.source_id or NOBODY) if event.source == "execution" else (OUTSIDE, NOBODY)
            yield Place(event.occurred_at, *by, EVENT, 0, event.id), item

    def _refusals(self) -> Iterator[tuple[Place, Item]]:
        workflow = and_(Workflow.tenant_id == self.tenant_id, Workflow.id == Refusal.workflow_id)
        statement = select(Refusal, Workflow.key).join(Workflow, workflow)
        own = statement.where(Refusal.tenant_id == self.tenant_id, Refusal.lead_id == self.lead_id)
        for refusal, key in self._rows(own, (Refusal.at, REFUSED, NOBODY, 0, 0, Refusal.id)):
            item = describe_refusal(refusal, key)
            item.pop("lead")
            yield Place(refusal.at, REFUSED, id=refusal.id), item

    def _steps_and_planned(self) -> Iterator[tuple[Place, Item]]:
        step_order = (Step.at, RUN, Step.execution_id, STEP, Step.number, NOBODY)
        steps = self._rows(self._of_executions(Step), step_order)
        planned = self._of_executions(Token).where(Token.wake_at.is_not(None))
        tokens = self._rows(planned, (Token.wake_at, PLANNED, Token.execution_id, 0, Token.number, NOBODY))
        names = self._section_names({version for _, version, _ in (*steps, *tokens)})
        for step, version, key in steps:
            name, kind = names.get((version, step.section), (step.section or "Start", ""))
            data = {"outcome": step.outcome, "type": kind, "receipt": step.receipt or {}}
            text = step_words(name, step.outcome, step.receipt, action=not kind.startswith("flow."))
            item = _item(step.at, "step", text, data) | _where(key, step)
            yield Place(step.at, RUN, step.execution_id, STEP, step.number), item
        for token, version, key in tokens:
            name, kind = names.get((version, token.section), ("the start", ""))
            text = f"Goes on after {name}" if token.data is not None else f"Comes to {name}"
            item = _item(token.wake_at, "planned", text, {"type": kind}) | _where(key, token)
            yield Place(token.wake_at, PLANNED, token.execution_id, 0, token.number), item

    def _notes(self) -> Iterator[tuple[Place, Item]]:
        own = self._left(select(Note, Workflow.key), Note)
        for note, key in self._rows(own, _left_order(Note, Note.at, NOTE)):
            item = _item(note.at, "note", note.text, {"author": note.author}) | _of_execution(note, key)
            yield _left_place(note, note.at, NOTE), item

    def _tasks(self) -> Iterator[tuple[Place, Item]]:
        statement = select(Task, User.email, User.name, Workflow.key).outerjoin(User, User.id == Task.user_id)
        own = self._left(statement, Task)
        for task, address, name, key in self._rows(own, _left_order(Task, Task.created_at, TASK)):
            data = {"task": task.id, "assignee": address, "due_at": task.due_at, "done_at": task.done_at}
            text = task_words(task.title, name or address, due_at=task.due_at, is_done=task.done_at is not None)
            item = _item(task.created_at, "note", text, data) | {"section": task.section} | _of_execution(task, key)
            yield _left_place(task, task.created_at, TASK), item

    def _messages(self) -> Iterator[tuple[Place, Item]]:
        version = and_(TemplateVersion.tenant_id == self.tenant_id, TemplateVersion.id == Message.template_version_id)
        template = and_(EmailTemplate.tenant_id == self.tenant_id, EmailTemplate.id == TemplateVersion.template_id)
        statement = select(Message, EmailTemplate, Workflow.key).join(TemplateVersion, version)
        own = self._left(statement.join(EmailTemplate, template), Message)
        for message, made_of, key in self._rows(own, _left_order(Message, Message.planned_at, MAIL)):
            data = {
                "template": made_of.key, "state": message.state, "reason": message.reason,
                "subject": message.subject, "recipient": message.recipient, "settled_at": message.settled_at,
            }  # fmt: skip
            text = mail_words(made_of.name, message.state, message.reason)
            item = _item(message.planned_at, "message", text, data) | {"section": message.section}
            yield _left_place(message, message.planned_at, MAIL), item | _of_execution(message, key)

    def _of_executions(self, model: Any) -> Any:
        mine = and_(Execution.tenant_id == self.tenant_id, Execution.id == model.execution_id)
        workflow = and_(Workflow.tenant_id == self.tenant_id, Workflow.id == Execution.workflow_id)
        statement = select(model, Execution.version_id, Workflow.key).join(Execution, mine).join(Workflow, workflow)
        return statement.where(model.tenant_id == self.tenant_id, Execution.lead_id == self.lead_id)

    def _left(self, statement: Any, model: Any) -> Any:
        """Return the lead's rows of what executions or people leave, with the workflow's key where it was one."""
        mine = and_(Execution.tenant_id == self.tenant_id, Execution.id == model.execution_id)
        workflow = and_(Workflow.tenant_id == self.tenant_id, Workflow.id == Execution.workflow_id)
        joined = statement.outerjoin(Execution, mine).outerjoin(Workflow, workflow)
        return joined.where(model.tenant_id == self.tenant_id, model.lead_id == self.lead_id)

    def _rows(self, statement: Any, order: Sequence[Any]) -> list[Any]:
        if self.before is not None:
            statement = statement.where(earlier(self.before, order))
        columns = [part.desc() for part in order if is_column(part)]
        return list(self.session.execute(statement.order_by(*columns).limit(self.limit)))

    def _section_names(self, versions: set[UUID]) -> dict[tuple[UUID, str], tuple[str, str]]:
        """Return name and type of every section of these versions."""
        labels = kinds()
        statement = select(Version.id, Version.document).where(Version.id.in_(versions))
        documents: Any = self.session.execute(statement) if versions else ()
        found: dict[tuple[UUID, str], tuple[str, str]] = {}
        for version_id, raw in documents:
            for section, _, _ in walk(Document.model_validate(raw).sections):
                label = labels[section.type].label if section.type in labels else section.type
                found[version_id, section.id] = (section.name or label, section.type)
        return found


def _left_order(model: Any, at: Any, part: int) -> tuple[Any, ...]:
    rank = case((model.execution_id.is_(None), BESIDE), else_=RUN)
    return (at, rank, func.coalesce(model.execution_id, NOBODY), part, 0, model.id)


def _left_place(row: Any, at: datetime, part: int) -> Place:
    return Place(at, RUN if row.execution_id else BESIDE, row.execution_id or NOBODY, part, 0, row.id)


def _item(at: datetime | None, kind: str, text: str, data: dict[str, Any]) -> Item:
    return {"at": at, "kind": kind, "text": text, "data": data}


def _where(workflow: str, row: Any) -> Item:
    return {"workflow": workflow, "execution": row.execution_id, "section": row.section}


def _of_execution(row: Any, workflow: str | None) -> Item:
    return {"execution": row.execution_id} | ({"workflow": workflow} if workflow else {}) if row.execution_id else {}
