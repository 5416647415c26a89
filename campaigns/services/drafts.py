"""The draft of a workflow: saved as numbered revisions that only grow, so that nobody's work is lost."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import select, update

from campaigns.engine.comparing import compare
from campaigns.engine.document import Document, walk, walk_triggers
from campaigns.engine.kinds import Kinds, Vocabulary
from campaigns.engine.validation import find_problems, parse
from campaigns.errors import Conflict, NotFound, Problem, Stale
from campaigns.sections.registry import kinds as installed_kinds
from campaigns.services.vocabulary import load_vocabulary
from campaigns.services.workflows import get_workflow
from campaigns.storage.models import Draft, Revision, Version, Workflow
from campaigns.storage.transaction import TenantSession

MAX_UNDO = 200
_UNDO, _REDO = "Undo: ", "Redo: "


def get_draft(session: TenantSession, key: str) -> Draft:
    """Return the draft of the workflow with this key; raise NotFound."""
    return load_draft(session, get_workflow(session, key))


def load_draft(session: TenantSession, workflow: Workflow) -> Draft:
    """Return the draft of a workflow that was found already."""
    return _draft_of(session, workflow, lock=False)


def save_draft(
    session: TenantSession,
    key: str,
    document: Mapping[str, Any],
    *,
    change: str = "",
    expected_revision: int | None = None,
    kinds: Kinds | None = None,
) -> Draft:
    """Replace the draft: a new revision. Raise Invalid with problems by path, Stale when somebody saved meanwhile."""
    workflow = get_workflow(session, key)
    draft = _draft_of(session, workflow, lock=True)
    if expected_revision is not None and draft.revision != expected_revision:
        raise Stale(
            f"The draft is at revision {draft.revision} by now: look at it, then save again.",
            problems=_since(session, draft, expected_revision),
        )
    parse(document, kinds or installed_kinds(), known_before=types_in(draft.document))
    return append(session, draft, dict(document), change=change)


def edit_draft(
    session: TenantSession, key: str, edit: Callable[[dict[str, Any]], str], *, kinds: Kinds | None = None
) -> Draft:
    """Have `edit` change the draft as it is now and say in words what it did: a new revision, unless nothing differs.

    Nobody's work is lost though no revision is asked for: `edit` names sections by their ids (engine.editing), so that
    what others saved meanwhile stays. Raise what `edit` raises, and Invalid when the document can't be read after it.
    """
    draft = _draft_of(session, get_workflow(session, key), lock=True)
    document = copy.deepcopy(draft.document)
    change = edit(document)
    if document == draft.document:
        return draft
    parse(document, kinds or installed_kinds(), known_before=types_in(draft.document))
    return append(session, draft, document, change=change)


def undo(session: TenantSession, key: str, *, revision: int | None = None) -> Draft:
    """Take the last change back, whoever made it: a new revision with the content before it. Conflict at the first.

    Whoever means one change in particular names its `revision`: Conflict when another one came after it.
    """
    draft = _draft_of(session, get_workflow(session, key), lock=True)
    if revision not in (None, draft.revision):
        raise Conflict("Another change came after this one: undo that first, by the button above the canvas.")
    if not draft.undo_stack:
        raise Conflict("There is nothing to undo.")
    *rest, target = draft.undo_stack
    revisions = _revisions(session, draft, target, draft.revision)
    label = _UNDO + _told(revisions[draft.revision])
    redo = [*draft.redo_stack, draft.revision][-MAX_UNDO:]
    return _append(session, draft, revisions[target].document, change=label, stacks=(rest, redo))


def redo(session: TenantSession, key: str) -> Draft:
    """Make the change again that was undone last: a new revision with its content."""
    draft = _draft_of(session, get_workflow(session, key), lock=True)
    if not draft.redo_stack:
        raise Conflict("There is nothing to redo.")
    *rest, target = draft.redo_stack
    revisions = _revisions(session, draft, target)
    label = _REDO + _told(revisions[target])
    undo_stack = [*draft.undo_stack, draft.revision][-MAX_UNDO:]
    return _append(session, draft, revisions[target].document, change=label, stacks=(undo_stack, rest))


def discard_draft(session: TenantSession, key: str) -> Draft:
    """Return the draft to the live version (or the last one that was live): a new revision. Conflict without one."""
    workflow = get_workflow(session, key)
    if workflow.live_version is None:
        raise Conflict(f"“{workflow.name}” was never activated: there is no version to return to.")
    draft = _draft_of(session, workflow, lock=True)
    statement = select(Version).where(Version.workflow_id == workflow.id, Version.number == workflow.live_version)
    version = session.scalars(statement).one()
    return append(session, draft, version.document, change=f"Returned to version {version.number}")


def append(session: TenantSession, draft: Draft, document: dict[str, Any], *, change: str) -> Draft:
    """Make a document the draft's next revision; undo leads back to the one before."""
    stack = [*draft.undo_stack, draft.revision][-MAX_UNDO:]
    return _append(session, draft, document, change=change or "Changed", stacks=(stack, []))


def find_draft_problems(
    session: TenantSession, draft: Draft, *, kinds: Kinds | None = None, vocabulary: Vocabulary | None = None
) -> list[Problem]:
    """Return everything that keeps the draft from being activated, by path."""
    known = kinds or installed_kinds()
    document = parse(draft.document, known, known_before=types_in(draft.document))
    return find_problems(document, known, vocabulary or load_vocabulary(session))


def list_revisions(session: TenantSession, key: str, *, limit: int = 100) -> list[Revision]:
    """Return the newest revisions, newest first."""
    workflow = get_workflow(session, key)
    statement = select(Revision).where(Revision.workflow_id == workflow.id).order_by(Revision.number.desc())
    return list(session.scalars(statement.limit(limit)))


def get_revision(session: TenantSession, key: str, number: int) -> Revision:
    """Return one revision: what an editor's page was based on, to show the difference on a conflict."""
    workflow = get_workflow(session, key)
    statement = select(Revision).where(Revision.workflow_id == workflow.id, Revision.number == number)
    row = session.scalar(statement)
    if row is None:
        raise NotFound(f"There is no revision {number}.")
    return row


def lock_draft(session: TenantSession, workflow: Workflow) -> Draft:
    """Return the draft, kept from being saved by others until the transaction ends."""
    return _draft_of(session, workflow, lock=True)


def types_in(raw: Mapping[str, Any]) -> frozenset[str]:
    """Return the section types of a stored document: one whose plugin has gone since may stay."""
    document = Document.model_validate(raw)
    found = {item.type for item, _, _ in walk(document.sections)}
    return frozenset(found | {trigger.type for trigger, _ in walk_triggers(document)})


def _draft_of(session: TenantSession, workflow: Workflow, *, lock: bool) -> Draft:
    statement = select(Draft).where(Draft.workflow_id == workflow.id)
    if lock:
        statement = statement.with_for_update().execution_options(populate_existing=True)
    return session.scalars(statement).one()


def _append(
    session: TenantSession, draft: Draft, document: dict[str, Any], *, change: str, stacks: tuple[list[Any], list[Any]]
) -> Draft:
    """Write the next revision, if the draft is still the one that was read: the database decides."""
    author = session.actor.id if session.actor.kind == "user" else None
    number = draft.revision + 1
    statement = update(Draft).where(
        Draft.tenant_id == session.tenant_id, Draft.workflow_id == draft.workflow_id, Draft.revision == draft.revision
    )
    values = {
        "revision": number, "document": document, "undo_stack": stacks[0], "redo_stack": stacks[1],
        "updated_at": session.now, "updated_by": author,
    }  # fmt: skip
    written = session.execute(statement.values(values), execution_options={"synchronize_session": False})
    if written.rowcount != 1:  # type: ignore[attr-defined]  # an UPDATE's result has it
        raise Stale
    revision = Revision(
        workflow_id=draft.workflow_id, number=number, document=document, change=change[:500], author_id=author,
        author=session.actor.name, created_at=session.now,
    )  # fmt: skip
    session.add(revision)
    touched = update(Workflow).where(Workflow.tenant_id == session.tenant_id, Workflow.id == draft.workflow_id)
    session.execute(touched.values(updated_at=session.now))
    session.flush()
    session.refresh(draft)
    return draft


def _revisions(session: TenantSession, draft: Draft, *numbers: int) -> dict[int, Revision]:
    statement = select(Revision).where(Revision.workflow_id == draft.workflow_id, Revision.number.in_(numbers))
    return {revision.number: revision for revision in session.scalars(statement)}


def _since(session: TenantSession, draft: Draft, number: int) -> list[Problem]:
    """Return what others have changed since a revision, section by section; nothing when it never was."""
    base = _revisions(session, draft, number).get(number)
    if base is None:
        return []
    found = compare(base.document, draft.document)
    words = {"added": found.added, "removed": found.removed, "changed": found.changed, "moved": found.moved}
    told = [Problem("", f"{item['id']} ({item['type']}) was {word}") for word, items in words.items() for item in items]
    return told + ([Problem("/settings", "was changed")] if found.settings else [])


def _told(revision: Revision) -> str:
    """Return what a revision changed and who did: an undo of a redo speaks of the first change, not of the redo."""
    for prefix in (_UNDO, _REDO):
        if revision.change.startswith(prefix):
            return revision.change.removeprefix(prefix)
    return f"{revision.change} ({revision.author})" if revision.author else revision.change
