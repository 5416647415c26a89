"""Running an import, or its undo, by chunks: each is one transaction with its problems, counters and mark."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from campaigns.errors import Invalid
from campaigns.imports.fields import FieldSpec
from campaigns.imports.options import ImportOptions
from campaigns.imports.reader import read_rows
from campaigns.imports.records import Position, Row, RowProblem
from campaigns.imports.rows import LeadRow, compile_rows
from campaigns.services.import_files import Uploads
from campaigns.services.import_rows import Outcome, Plan, write_rows
from campaigns.services.import_undo import CHUNK as UNDONE_AT_ONCE
from campaigns.services.import_undo import go_on, undo_of
from campaigns.services.imports import OPEN, field_specs
from campaigns.storage.models import Import, LeadStatus, List, Tag
from campaigns.storage.queries.bulk import Native, Same, insert
from campaigns.storage.transaction import Store, TenantSession, reading, writing
from campaigns.tenancy import Actor, Tenancy

CHUNK = 1000
MAX_NEW_TAGS = 100  # of one import: more are a column that was mapped by mistake
_TRIES = 3  # of a chunk that somebody else's change got in the way of


def run_chunk(store: Store, uploads: Uploads, tenant_id: UUID, *, size: int = CHUNK) -> bool:
    """Do one chunk, `size` rows, of the tenant's oldest open import or undo; return whether there is more to do.

    The file is read and its cells are checked before the write transaction begins; that one writes the chunk, its
    problems, counters and mark together, after it has seen that the import still stands where it was read.
    """
    with reading(store, Tenancy(tenant_id)) as session:
        entry = session.scalars(select(Import).where(Import.status.in_(OPEN)).order_by(Import.id).limit(1)).first()
        if entry is None:
            return False
        specs = field_specs(session)
    try:
        if undo_of(entry) is not None:
            _write(store, entry, lambda session: go_on(session, entry, size=min(size, UNDONE_AT_ONCE)))
        else:
            chunk = _read_chunk(uploads, entry, specs, size)
            _write(store, entry, lambda session: _write_chunk(session, uploads, entry, chunk))
    except (OSError, Invalid, IntegrityError) as error:
        _fail(store, entry, _reason(error))
    return True


def _write(store: Store, entry: Import, write: Callable[[TenantSession], None]) -> None:
    """Write a chunk in one transaction; again when somebody took an address between our look and our write."""
    actor = Actor("import", entry.id, entry.file_name)
    for tries in range(1, _TRIES + 1):
        try:
            with writing(store, Tenancy(entry.tenant_id, actor)) as session:
                write(session)
        except IntegrityError:
            if tries == _TRIES:
                raise
        else:
            return


@dataclass
class _Chunk:
    rows: list[LeadRow]
    problems: list[RowProblem]
    read: int
    position: Position | None
    ended: bool


def _read_chunk(uploads: Uploads, entry: Import, specs: tuple[FieldSpec, ...], size: int) -> _Chunk:
    options = ImportOptions.model_validate(entry.options)
    header = entry.sample["columns"]
    _check_fields(entry, specs)
    lead_of = compile_rows(header, entry.mapping, fields=specs, options=options)
    at = Position(*entry.position["at"]) if "at" in entry.position else None
    leads: list[LeadRow] = []
    problems: list[RowProblem] = []
    with uploads.open(entry.tenant_id, entry.id) as file:
        rows = read_rows(
            file,
            encoding=entry.sample["encoding"],
            separator=entry.sample["separator"],
            start_at=at,
            header=options.header,
            columns=header,
        )
        taken = list(islice(rows, size))
    for row in taken:
        lead = lead_of(row) if isinstance(row, Row) else row
        if isinstance(lead, RowProblem):
            problems.append(lead)
        else:
            leads.append(lead)
    return _Chunk(
        rows=leads,
        problems=problems,
        read=len(taken),
        position=taken[-1].position if taken else at,
        ended=len(taken) < size,
    )


def _check_fields(entry: Import, specs: tuple[FieldSpec, ...]) -> None:
    gone = {key for key in entry.mapping.values() if key} - {spec.key for spec in specs}
    if gone:
        raise Invalid(f"The field {min(gone)}, which a column goes into, was deleted. Make it again, then resume.")


def _write_chunk(session: TenantSession, uploads: Uploads, read: Import, chunk: _Chunk) -> None:
    entry = session.get(Import, (session.tenant_id, read.id), with_for_update=True)
    if entry is None or entry.status not in OPEN or entry.position != read.position:
        return  # paused, cancelled or done by somebody else since it was read
    plan = _plan(session, entry, ImportOptions.model_validate(entry.options))
    rows, tags, refused = _limit_tags(session, entry, chunk.rows)
    outcome = write_rows(session, plan, rows)
    columns = {key: column for column, key in entry.mapping.items() if key}
    found = [problem._replace(column=columns.get(problem.column, "")) for problem in outcome.problems]
    _keep_problems(session, entry.id, chunk.problems + refused + found)
    _count(entry, chunk, outcome, failed=len(refused) + len(found))
    _mark(session, entry, chunk, new_tags=tags)
    if chunk.ended:
        session.after_commit(lambda: uploads.discard(read.tenant_id, read.id))
    else:
        session.make_due("import", [0], lane="bulk")


def _limit_tags(
    session: TenantSession, entry: Import, rows: list[LeadRow]
) -> tuple[list[LeadRow], int, list[RowProblem]]:
    """Return the rows that may be taken, how many new tags the import has made with them, and rows that want more."""
    made = entry.position.get("tags", 0)
    wanted = {tag for row in rows for tag in row.tags}
    if not wanted:
        return rows, made, []
    known = set(session.scalars(select(Tag.key).where(Tag.key.in_(wanted))))
    column = next((column for column, key in entry.mapping.items() if key == "tags"), "")
    taken, refused = [], []
    for row in rows:
        new = set(row.tags) - known
        if made + len(new) > MAX_NEW_TAGS:
            reason = f"would make more than {MAX_NEW_TAGS} new tags in one import"
            refused.append(RowProblem(row.line, column, reason, row.cells))
            continue
        made += len(new)
        known |= new
        taken.append(row)
    return taken, made, refused


def _plan(session: TenantSession, entry: Import, options: ImportOptions) -> Plan:
    native = Native(session.connection())
    wanted = select(List.key, List.id).where(List.key == options.list)
    target = session.execute(wanted).first() if options.list else None
    if options.list and target is None:
        raise Invalid(f"The list {options.list} was deleted. Make it again, then resume.")
    return Plan(
        import_id=entry.id,
        update_existing=options.existing == "update",
        start_workflows=options.start_workflows,
        lists={target.key: native.id(target.id)} if target else {},
        default_status=session.scalars(select(LeadStatus.key).where(LeadStatus.is_default)).one(),
    )


def _keep_problems(session: TenantSession, import_id: UUID, problems: list[RowProblem]) -> None:
    native = Native(session.connection())
    insert(
        session.connection(),
        "import_problems",
        {
            "tenant_id": Same(native.id(session.tenant_id)),
            "import_id": Same(native.id(import_id)),
            "line": [problem.line for problem in problems],
            "column": [problem.column for problem in problems],
            "reason": [problem.reason for problem in problems],
            "cells": [native.json([cell[:1000] for cell in problem.cells]) for problem in problems],
        },
        suffix="ON CONFLICT DO NOTHING",
    )


def _count(entry: Import, chunk: _Chunk, outcome: Outcome, *, failed: int) -> None:
    entry.rows += chunk.read
    entry.created += outcome.created
    entry.updated += outcome.updated
    entry.skipped += outcome.skipped
    entry.unchanged += outcome.unchanged
    entry.failed += len(chunk.problems) + failed


def _mark(session: TenantSession, entry: Import, chunk: _Chunk, *, new_tags: int) -> None:
    """Note how far the import has come, and since when it runs: [moment, rows, bytes] at its start or last resume."""
    entry.started_at = entry.started_at or session.now
    entry.status = "done" if chunk.ended else "running"
    entry.finished_at = session.now if chunk.ended else None
    since = entry.position.get("since") or [session.now.isoformat(), entry.rows - chunk.read, entry.bytes_done]
    if chunk.position is not None:
        entry.position = {"at": list(chunk.position), "since": since, "tags": new_tags}
        entry.bytes_done = chunk.position.offset


def _fail(store: Store, read: Import, reason: str) -> None:
    """Stop an import with its reason, unless it was paused or ended, or went on otherwise, since it was read."""
    with writing(store, Tenancy(read.tenant_id)) as session:
        entry = session.get(Import, (session.tenant_id, read.id), with_for_update=True)
        if entry is not None and entry.status in OPEN and entry.position == read.position:
            entry.status, entry.reason, entry.finished_at = "failed", reason[:500], session.now


def _reason(error: OSError | Invalid | IntegrityError) -> str:
    """Return why an import stopped, in words without paths or values."""
    if isinstance(error, FileNotFoundError):
        return "The uploaded file is not there any more: import it again."
    if isinstance(error, OSError):
        return f"The uploaded file could not be read ({error.strerror or 'input error'}). Resume to try again."
    if isinstance(error, IntegrityError):
        return "Leads were changed elsewhere at the same moment, several times over. Resume to try again."
    return "; ".join([error.message, *(problem.message for problem in error.problems)])
