"""Imports: taking a file, settling how it is read, running it chunk by chunk, ending and undoing it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import IO, Any, BinaryIO
from collections.abc import Iterator
from uuid import UUID

from sqlalchemy import func, select, update

from campaigns.engine.fields import BUILT_IN_FIELDS
from campaigns.errors import Conflict, Invalid, NotFound, Problem, TooLarge
from campaigns.ids import new_id
from campaigns.imports.fields import FieldSpec, built_in
from campaigns.imports.mapping import Settled, settle, suggest
from campaigns.imports.merge import Merged, merge
from campaigns.imports.options import ImportOptions
from campaigns.imports.reader import Sample, inspect, read_rows
from campaigns.imports.records import Position, Row, RowProblem
from campaigns.imports.rows import LeadRow, compile_rows
from campaigns.services.import_rows import Outcome, Plan, write_rows
from campaigns.storage.models import Import, ImportProblem, LeadField, LeadStatus, List, Membership, User
from campaigns.storage.queries.bulk import Native, Same, insert
from campaigns.storage.transaction import Store, TenantSession, reading, writing
from campaigns.tenancy import Actor, Tenancy

CHUNK = 1000
MAX_BYTES = 5 * 1024**3
_COPY_BYTES = 1024 * 1024
SAME_FILE = timedelta(hours=1)
_OPEN = ("pending", "running")


@dataclass(frozen=True, slots=True)
class Uploads:
    """The folder that keeps uploaded files, each under a random id: a file's name never becomes a path."""

    folder: Path

    def path(self, tenant_id: UUID, import_id: UUID) -> Path:
        return self.folder / tenant_id.hex / f"{import_id.hex}.csv"

    def save(self, tenant_id: UUID, import_id: UUID, stream: IO[bytes]) -> tuple[int, str]:
        """Copy a stream into place; return its size and SHA-256. A file over the limit leaves nothing behind."""
        path = self.path(tenant_id, import_id)
        path.parent.mkdir(parents=True, exist_ok=True)
        digest, size = hashlib.sha256(), 0
        try:
            with path.open("wb") as file:
                while block := stream.read(_COPY_BYTES):
                    size += len(block)
                    if size > MAX_BYTES:
                        raise TooLarge("A file has at most 5 GB.")
                    digest.update(block)
                    file.write(block)
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        return size, digest.hexdigest()

    @contextmanager
    def open(self, tenant_id: UUID, import_id: UUID) -> Iterator[BinaryIO]:
        with self.path(tenant_id, import_id).open("rb") as file:
            yield file

    def discard(self, tenant_id: UUID, import_id: UUID) -> None:
        self.path(tenant_id, import_id).unlink(missing_ok=True)


def upload(session: TenantSession, uploads: Uploads, stream: IO[bytes], *, file_name: str, options: ImportOptions) -> Import:
    """Keep a file as an import still to be started. What can't be read at all raises `Invalid` and keeps nothing."""
    import_id = new_id()
    size, content_hash = uploads.save(session.tenant_id, import_id, stream)
    try:
        sample = look(uploads, session.tenant_id, import_id, options)
    except BaseException:
        uploads.discard(session.tenant_id, import_id)
        raise
    entry = Import(
        id=import_id,
        file_name=Path(file_name.replace("\\", "/")).name[:200] or "leads.csv",
        content_hash=content_hash,
        size=size,
        status="draft",
        options=options.model_dump(mode="json"),
        sample=_sample_json(sample),
        created_by=session.actor.id if session.actor.kind == "user" else None,
        created_at=session.now,
    )
    session.add(entry)
    session.flush()
    return entry


def look(uploads: Uploads, tenant_id: UUID, import_id: UUID, options: ImportOptions) -> Sample:
    """Return the preview of a kept file under these options."""
    with uploads.open(tenant_id, import_id) as file:
        return inspect(file, encoding=options.encoding, separator=options.separator)


def field_specs(session: TenantSession) -> tuple[FieldSpec, ...]:
    """Return every field a column can go into: the built-in ones with the tenant's choices, then the custom ones."""
    statuses = tuple(session.scalars(select(LeadStatus.key).order_by(LeadStatus.position)))
    owners = tuple(session.scalars(select(User.email).join(Membership, Membership.user_id == User.id)))
    custom = session.scalars(select(LeadField).order_by(LeadField.position, LeadField.key))
    specs = [FieldSpec(one.key, one.type, tuple(one.choices), one.name) for one in custom]
    return (*built_in(statuses=statuses, owners=owners), *specs)


def suggest_mapping(session: TenantSession, sample: Sample, options: ImportOptions) -> dict[str, str | None]:
    """Return for each column the field its name suggests, or None."""
    return suggest(sample.columns(header=options.header), field_specs(session))


def start(
    session: TenantSession,
    uploads: Uploads,
    import_id: UUID,
    *,
    mapping: dict[str, str | None] | None,
    options: ImportOptions,
    again: bool = False,
) -> Import:
    """Settle the mapping and options and queue the import. `again` allows a file that was imported within the hour."""
    entry = get_import(session, import_id)
    if entry.status != "draft":
        raise Conflict(f"This import is {entry.status} already.")
    if not again:
        _refuse_twice(session, entry)
    sample = look(uploads, session.tenant_id, import_id, options)
    settled = _settle(session, sample, mapping, options)
    _check_list(session, options)
    for spec in settled.created:
        session.add(LeadField(key=spec.key, name=spec.label or spec.key, type=spec.type, choices=[], created_at=session.now))
    entry.mapping = dict(settled.columns)
    entry.options = options.model_dump(mode="json")
    entry.sample = _sample_json(sample)
    entry.status = "pending"
    session.flush()
    session.make_due("import", [0], lane="bulk")
    return entry


def _settle(session: TenantSession, sample: Sample, mapping: dict[str, str | None] | None, options: ImportOptions) -> Settled:
    specs = field_specs(session)
    taken = {spec.key for spec in specs} | set(BUILT_IN_FIELDS)
    return settle(
        mapping,
        header=sample.columns(header=options.header),
        unclear=sample.unclear if options.header else (),
        fields=specs,
        make_key=_key_maker(taken) if options.create_fields else None,
    )


def _key_maker(taken: set[str]) -> Any:
    from campaigns.services.vocabulary import make_key  # noqa: PLC0415 - the vocabulary counts imports as users of lists

    return lambda name: make_key(name, taken)


def _check_list(session: TenantSession, options: ImportOptions) -> None:
    if options.list and session.scalar(select(List.id).where(List.key == options.list)) is None:
        raise Invalid("There is no such list.", problems=[Problem("/options/list", f"there is no list {options.list}")])


def _refuse_twice(session: TenantSession, entry: Import) -> None:
    same = select(Import).where(
        Import.content_hash == entry.content_hash,
        Import.id != entry.id,
        Import.status.in_(("pending", "running", "done")),
        Import.created_at > session.now - SAME_FILE,
    )
    if session.scalars(same.limit(1)).first() is not None:
        raise Conflict("The same file was imported within the last hour. Start it again only if that is what you want.")


def get_import(session: TenantSession, import_id: UUID) -> Import:
    """Return an import of the tenant; raise NotFound."""
    entry = session.get(Import, (session.tenant_id, import_id))
    if entry is None:
        raise NotFound("There is no such import.")
    return entry


def list_imports(session: TenantSession, *, before: UUID | None = None, limit: int = 50) -> Sequence[Import]:
    """Return imports, newest first; `before` continues after a page."""
    query = select(Import).order_by(Import.id.desc()).limit(limit)
    return session.scalars(query.where(Import.id < before) if before else query).all()


def problems_of(session: TenantSession, import_id: UUID, *, after_line: int = 0, limit: int | None = 100) -> Sequence[ImportProblem]:
    """Return refused rows in the order of their lines."""
    query = select(ImportProblem).where(ImportProblem.import_id == import_id, ImportProblem.line > after_line)
    return session.scalars(query.order_by(ImportProblem.line).limit(limit)).all()


def pause(session: TenantSession, import_id: UUID) -> Import:
    """Stop an import at the edge of its chunk until it is resumed."""
    return _switch(session, import_id, to="paused", allowed=_OPEN)


def resume(session: TenantSession, import_id: UUID) -> Import:
    """Go on with a paused or failed import from its last chunk."""
    entry = _switch(session, import_id, to="pending", allowed=("paused", "failed"))
    session.make_due("import", [0], lane="bulk")
    return entry


def cancel(session: TenantSession, import_id: UUID) -> Import:
    """End an import where it is; what was imported stays, and can be undone."""
    return _switch(session, import_id, to="cancelled", allowed=("draft", *_OPEN, "paused", "failed"))


def _switch(session: TenantSession, import_id: UUID, *, to: str, allowed: tuple[str, ...]) -> Import:
    entry = get_import(session, import_id)
    changed = session.execute(
        update(Import)
        .where(Import.tenant_id == session.tenant_id, Import.id == import_id, Import.status.in_(allowed))
        .values(status=to, finished_at=session.now if to == "cancelled" else None)
    )
    if changed.rowcount == 0:  # type: ignore[attr-defined]  # a cursor result has it
        raise Conflict(f"This import is {entry.status}.")
    session.refresh(entry)
    return entry


def run_chunk(store: Store, uploads: Uploads, tenant_id: UUID) -> bool:
    """Do one chunk of the tenant's oldest open import; return whether there is more to do.

    The file is read and its cells are checked before the write transaction begins; that one writes the chunk, its
    problems, counters and mark together, after it has seen that the import still stands where it was read.
    """
    with reading(store, Tenancy(tenant_id)) as session:
        entry = session.scalars(select(Import).where(Import.status.in_(_OPEN)).order_by(Import.id).limit(1)).first()
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
    seen: set[tuple[str, str]] = set()
    kept = []
    for lead in leads:
        keys = {("email", lead.email_key or ""), ("external", lead.external_id or "")} - {("email", ""), ("external", "")}
        if seen.isdisjoint(keys):
            kept.append(lead)
        seen |= keys
    return Merged(kept, len(leads) - len(kept), [])


def _write_chunk(session: TenantSession, read: Import, chunk: _Chunk) -> None:
    entry = session.get(Import, (session.tenant_id, read.id), with_for_update=True)
    if entry is None or entry.status not in _OPEN or entry.position != read.position:
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
    target = session.execute(select(List.key, List.id).where(List.key == options.list)).first() if options.list else None
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


def _sample_json(sample: Sample) -> dict[str, Any]:
    return {
        "encoding": sample.encoding,
        "separator": sample.separator,
        "columns": list(sample.header),
        "unclear": list(sample.unclear),
        "has_header": sample.has_header,
    }


def count_open(session: TenantSession) -> int:
    """Return how many imports are not done yet."""
    return session.scalar(select(func.count()).select_from(Import).where(Import.status.in_(_OPEN))) or 0
