"""Running an import chunk by chunk: each is one transaction, together with its problems, counters and mark."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from uuid import UUID

from sqlalchemy import select

from campaigns.errors import Invalid
from campaigns.imports.fields import FieldSpec
from campaigns.imports.merge import Merged, merge
from campaigns.imports.options import ImportOptions
from campaigns.imports.reader import read_rows
from campaigns.imports.records import Position, Row, RowProblem
from campaigns.imports.rows import LeadRow, compile_rows
from campaigns.services.import_files import Uploads
from campaigns.services.import_rows import Outcome, Plan, write_rows
from campaigns.services.imports import OPEN, field_specs, get_import
from campaigns.storage.models import Import, LeadStatus, List
from campaigns.storage.queries.bulk import Native, Same, insert
from campaigns.storage.transaction import Store, TenantSession, reading, writing
from campaigns.tenancy import Actor, Tenancy

CHUNK = 1000


def run_chunk(store: Store, uploads: Uploads, tenant_id: UUID) -> bool:
    """Do one chunk of the tenant's oldest open import; return whether there is more to do.

    The file is read and its cells are checked before the write transaction begins; that one writes the chunk, its
    problems, counters and mark together, after it has seen that the import still stands where it was read.
    """
    with reading(store, Tenancy(tenant_id)) as session:
        entry = session.scalars(select(Import).where(Import.status.in_(OPEN)).order_by(Import.id).limit(1)).first()
        if entry is None:
            return False
        specs = field_specs(session)
    try:
        chunk = _read_chunk(uploads, tenant_id, entry, specs)
    except (OSError, Invalid) as error:
        _fail(store, tenant_id, entry.id, str(error))
        return True
    actor = Actor("import", entry.id, entry.file_name)
    with writing(store, Tenancy(tenant_id, actor)) as session:
        _write_chunk(session, entry, chunk)
    return True


@dataclass
class _Chunk:
    rows: list[LeadRow]
    problems: list[RowProblem]
    read: int
    merged: int
    position: Position | None
    ended: bool


def _read_chunk(uploads: Uploads, tenant_id: UUID, entry: Import, specs: tuple[FieldSpec, ...]) -> _Chunk:
    options = ImportOptions.model_validate(entry.options)
    header = entry.sample["columns"]
    lead_of = compile_rows(header, entry.mapping, fields=specs, options=options)
    at = Position(*entry.position["at"]) if entry.position else None
    leads: list[LeadRow] = []
    problems: list[RowProblem] = []
    with uploads.open(tenant_id, entry.id) as file:
        rows = read_rows(
            file,
            encoding=entry.sample["encoding"],
            separator=entry.sample["separator"],
            start_at=at,
            header=options.header,
            columns=header,
        )
        taken = list(islice(rows, CHUNK))
    for row in taken:
        lead = lead_of(row) if isinstance(row, Row) else row
        if isinstance(lead, RowProblem):
            problems.append(lead)
        else:
            leads.append(lead)
    merged = merge(leads) if options.existing == "update" else _first_of_each(leads)
    return _Chunk(
        rows=merged.rows,
        problems=problems + merged.problems,
        read=len(taken),
        merged=merged.merged,
        position=taken[-1].position if taken else at,
        ended=len(taken) < CHUNK,
    )


def _first_of_each(leads: list[LeadRow]) -> Merged:
    """Where existing leads are skipped, so is a later row of a lead that the file holds already."""
    seen: set[tuple[str, str | None]] = set()
    kept = []
    for lead in leads:
        pairs = (("email", lead.email_key), ("external", lead.external_id))
        keys = {pair for pair in pairs if pair[1]}
        if seen.isdisjoint(keys):
            kept.append(lead)
        seen |= keys
    return Merged(kept, len(leads) - len(kept), [])


def _write_chunk(session: TenantSession, read: Import, chunk: _Chunk) -> None:
    entry = session.get(Import, (session.tenant_id, read.id), with_for_update=True)
    if entry is None or entry.status not in OPEN or entry.position != read.position:
        return  # paused, cancelled or done by somebody else since it was read
    options = ImportOptions.model_validate(entry.options)
    plan = _plan(session, entry, options)
    outcome = write_rows(session, plan, chunk.rows)
    _keep_problems(session, entry.id, chunk.problems + outcome.problems)
    _count(session, entry, chunk, outcome, update_existing=plan.update_existing)
    if not chunk.ended:
        session.make_due("import", [0], lane="bulk")


def _plan(session: TenantSession, entry: Import, options: ImportOptions) -> Plan:
    native = Native(session.connection())
    wanted = select(List.key, List.id).where(List.key == options.list)
    target = session.execute(wanted).first() if options.list else None
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


def _count(session: TenantSession, entry: Import, chunk: _Chunk, outcome: Outcome, *, update_existing: bool) -> None:
    entry.rows += chunk.read
    entry.created += outcome.created
    entry.updated += outcome.updated + (chunk.merged if update_existing else 0)
    entry.skipped += outcome.skipped + (0 if update_existing else chunk.merged)
    entry.unchanged += outcome.unchanged
    entry.failed += len(chunk.problems) + len(outcome.problems)
    entry.started_at = entry.started_at or session.now
    entry.status = "done" if chunk.ended else "running"
    entry.finished_at = session.now if chunk.ended else None
    if chunk.position is not None:
        entry.position = {"at": list(chunk.position)}
        entry.bytes_done = chunk.position.offset


def _fail(store: Store, tenant_id: UUID, import_id: UUID, reason: str) -> None:
    with writing(store, Tenancy(tenant_id)) as session:
        entry = get_import(session, import_id)
        entry.status, entry.reason, entry.finished_at = "failed", reason[:500], session.now
