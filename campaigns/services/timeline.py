"""A lead's timeline: what happened and what is planned, of six kinds in one order, the newest first.

A task stands there as a note from when it was made, with what became of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select

from campaigns.engine.document import Document, walk
from campaigns.engine.kinds import Vocabulary
from campaigns.errors import Malformed
from campaigns.sections.registry import kinds
from campaigns.services.leads import get_lead
from campaigns.services.refusals import describe_refusal
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
from campaigns.storage.types import from_microseconds, to_microseconds

_RANKS = ("event", "refusal", "step", "note", "message", "planned", "task")  # of what happened in the same moment
Item = dict[str, Any]


@dataclass(frozen=True, slots=True, order=True)
class _Place:
    """Where an item stands in the order: its moment, then its kind, then its own id and number."""

    at: datetime
    rank: int
    id: UUID
    number: int = 0

    def written(self) -> str:
        return f"{to_microseconds(self.at)}.{self.rank}.{self.id.hex}.{self.number}"


@dataclass(frozen=True, slots=True)
class Timeline:
    """One page: items as the API shows them (times and ids as values). `next`: `before` of the page that follows."""

    items: list[Item]
    next: str | None


def timeline(session: TenantSession, lead_id: UUID, *, before: str | None = None, limit: int = 50) -> Timeline:
    """Return a page of a lead's timeline; raise NotFound, or Malformed for a `before` that is none."""
    get_lead(session, lead_id)
    reader = _Reader(session, lead_id, _read(before) if before else None, limit + 1)
    found = sorted(reader.all(), key=lambda pair: pair[0], reverse=True)
    page = found[:limit]
    return Timeline([item for _, item in page], page[-1][0].written() if len(found) > limit else None)


def _read(text: str) -> _Place:
    try:
        at, rank, ident, number = text.split(".")
        return _Place(from_microseconds(int(at)), int(rank), UUID(ident), int(number))
    except (ValueError, OverflowError):
        raise Malformed("This is no place in a timeline.") from None


class _Reader:
    """Reads at most `limit` items of each kind that stand before a place."""

    def __init__(self, session: TenantSession, lead_id: UUID, before: _Place | None, limit: int) -> None:
        self.session, self.lead_id, self.before, self.limit = session, lead_id, before, limit
        self.tenant_id = session.tenant_id
        self.vocabulary: Vocabulary = load_vocabulary(session)

    def all(self) -> Iterator[tuple[_Place, Item]]:
        yield from self._events()
        yield from self._refusals()
        yield from self._steps_and_planned()
        yield from self._notes()
        yield from self._tasks()
        yield from self._messages()

    def _events(self) -> Iterator[tuple[_Place, Item]]:
        statement = select(Event).where(Event.tenant_id == self.tenant_id, Event.lead_id == self.lead_id)
        for event in self._rows(statement, 0, Event.occurred_at, Event.id):
            data = {
                "name": event.name,
                "source": event.source,
                "changes": event.changes,
                "properties": event.properties,
            }
            text = event_words(event.name, event.changes, event.source, self.vocabulary)
            yield _Place(event.occurred_at, 0, event.id), _item(event.occurred_at, "event", text, data)

    def _refusals(self) -> Iterator[tuple[_Place, Item]]:
        workflow = and_(Workflow.tenant_id == self.tenant_id, Workflow.id == Refusal.workflow_id)
        statement = select(Refusal, Workflow.key).join(Workflow, workflow)
        own = statement.where(Refusal.tenant_id == self.tenant_id, Refusal.lead_id == self.lead_id)
        for refusal, key in self._pairs(own, 1, Refusal.at, Refusal.id):
            item = describe_refusal(refusal, key)
            item.pop("lead")
            yield _Place(refusal.at, 1, refusal.id), item

    def _steps_and_planned(self) -> Iterator[tuple[_Place, Item]]:
        steps = self._pairs(self._of_executions(Step), 2, Step.at, Step.execution_id, Step.number)
        planned = self._of_executions(Token).where(Token.wake_at.is_not(None))
        tokens = self._pairs(planned, 5, Token.wake_at, Token.execution_id, Token.number)
        names = self._section_names({version for _, version, _ in (*steps, *tokens)})
        for step, version, key in steps:
            name, kind = names.get((version, step.section), (step.section or "Start", ""))
            data = {"outcome": step.outcome, "type": kind, "receipt": step.receipt or {}}
            text = step_words(name, step.outcome, step.receipt, action=not kind.startswith("flow."))
            item = _item(step.at, "step", text, data) | _where(key, step)
            yield _Place(step.at, 2, step.execution_id, step.number), item
        for token, version, key in tokens:
            name, kind = names.get((version, token.section), ("the start", ""))
            text = f"Goes on after {name}" if token.data is not None else f"Comes to {name}"
            item = _item(token.wake_at, "planned", text, {"type": kind}) | _where(key, token)
            yield _Place(token.wake_at, 5, token.execution_id, token.number), item

    def _notes(self) -> Iterator[tuple[_Place, Item]]:
        statement = select(Note).where(Note.tenant_id == self.tenant_id, Note.lead_id == self.lead_id)
        for note in self._rows(statement, 3, Note.at, Note.id):
            execution = {"execution": note.execution_id} if note.execution_id else {}
            yield _Place(note.at, 3, note.id), _item(note.at, "note", note.text, {"author": note.author}) | execution

    def _tasks(self) -> Iterator[tuple[_Place, Item]]:
        statement = select(Task, User.email, User.name).outerjoin(User, User.id == Task.user_id)
        own = statement.where(Task.tenant_id == self.tenant_id, Task.lead_id == self.lead_id)
        for task, address, name in self._pairs(own, 6, Task.created_at, Task.id):
            data = {"task": task.id, "assignee": address, "due_at": task.due_at, "done_at": task.done_at}
            text = task_words(task.title, name or address, due_at=task.due_at, is_done=task.done_at is not None)
            item = _item(task.created_at, "note", text, data) | {"section": task.section}
            if task.execution_id:
                item["execution"] = task.execution_id
            yield _Place(task.created_at, 6, task.id), item

    def _messages(self) -> Iterator[tuple[_Place, Item]]:
        version = and_(TemplateVersion.tenant_id == self.tenant_id, TemplateVersion.id == Message.template_version_id)
        template = and_(EmailTemplate.tenant_id == self.tenant_id, EmailTemplate.id == TemplateVersion.template_id)
        statement = select(Message, EmailTemplate).join(TemplateVersion, version).join(EmailTemplate, template)
        own = statement.where(Message.tenant_id == self.tenant_id, Message.lead_id == self.lead_id)
        for message, made_of in self._pairs(own, 4, Message.planned_at, Message.id):
            data = {
                "template": made_of.key, "state": message.state, "reason": message.reason,
                "subject": message.subject, "recipient": message.recipient, "settled_at": message.settled_at,
            }  # fmt: skip
            text = mail_words(made_of.name, message.state, message.reason)
            item = _item(message.planned_at, "message", text, data) | {"section": message.section}
            if message.execution_id:
                item["execution"] = message.execution_id
            yield _Place(message.planned_at, 4, message.id), item

    def _of_executions(self, model: Any) -> Any:
        mine = and_(Execution.tenant_id == self.tenant_id, Execution.id == model.execution_id)
        workflow = and_(Workflow.tenant_id == self.tenant_id, Workflow.id == Execution.workflow_id)
        statement = select(model, Execution.version_id, Workflow.key).join(Execution, mine).join(Workflow, workflow)
        return statement.where(model.tenant_id == self.tenant_id, Execution.lead_id == self.lead_id)

    def _rows(self, statement: Any, rank: int, at: Any, *ident: Any) -> list[Any]:
        return [row[0] for row in self._pairs(statement, rank, at, *ident)]

    def _pairs(self, statement: Any, rank: int, at: Any, *ident: Any) -> list[Any]:
        if self.before is not None:
            statement = statement.where(_earlier(self.before, rank, at, ident))
        order = [column.desc() for column in (at, *ident)]
        return list(self.session.execute(statement.order_by(*order).limit(self.limit)))

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


def _earlier(before: _Place, rank: int, at: Any, ident: Sequence[Any]) -> ColumnElement[bool]:
    """Return the condition that an item of this rank stands before a place."""
    if rank != before.rank:
        return at <= before.at if rank < before.rank else at < before.at  # type: ignore[no-any-return]  # a column
    same: ColumnElement[bool] = ident[0] < before.id
    if len(ident) > 1:
        same = or_(same, and_(ident[0] == before.id, ident[1] < before.number))
    return or_(at < before.at, and_(at == before.at, same))


def _item(at: datetime | None, kind: str, text: str, data: dict[str, Any]) -> Item:
    return {"at": at, "kind": kind, "text": text, "data": data}


def _where(workflow: str, row: Any) -> Item:
    return {"workflow": workflow, "execution": row.execution_id, "section": row.section}
