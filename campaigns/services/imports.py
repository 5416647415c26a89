"""Imports: taking a file, settling how it is read, pausing, ending. What runs them is `import_chunks`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import IO, Any
from uuid import UUID

from sqlalchemy import func, select, update

from campaigns.engine.fields import BUILT_IN_FIELDS
from campaigns.errors import Conflict, Invalid, NotFound, Problem
from campaigns.ids import new_id
from campaigns.imports.fields import FieldSpec, built_in
from campaigns.imports.mapping import Settled, settle, suggest
from campaigns.imports.options import ImportOptions
from campaigns.imports.reader import Sample, inspect
from campaigns.services.import_files import Uploads
from campaigns.services.keys import make_key
from campaigns.storage.models import Import, ImportProblem, LeadField, LeadStatus, List, Membership, User
from campaigns.storage.transaction import TenantSession

SAME_FILE = timedelta(hours=1)
OPEN = ("pending", "running")


def upload(
    session: TenantSession, uploads: Uploads, stream: IO[bytes], *, file_name: str, options: ImportOptions
) -> Import:
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
        sample=_sample_json(sample, options),
        created_by=session.actor.id if session.actor.kind == "user" else None,
        created_at=session.now,
    )
    session.add(entry)
    session.flush()
    return entry


def look(uploads: Uploads, tenant_id: UUID, import_id: UUID, options: ImportOptions) -> Sample:
    """Return the preview of a kept file under these options."""
    try:
        with uploads.open(tenant_id, import_id) as file:
            return inspect(file, encoding=options.encoding, separator=options.separator)
    except FileNotFoundError:
        raise NotFound("The uploaded file is not there any more: choose it again.") from None


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
        name = spec.label or spec.key
        session.add(LeadField(key=spec.key, name=name, type=spec.type, choices=[], created_at=session.now))
    entry.mapping = dict(settled.columns)
    entry.options = options.model_dump(mode="json")
    entry.sample = _sample_json(sample, options)
    entry.status = "pending"
    session.flush()
    session.make_due("import", [0], lane="bulk")
    return entry


def _settle(
    session: TenantSession, sample: Sample, mapping: dict[str, str | None] | None, options: ImportOptions
) -> Settled:
    specs = field_specs(session)
    taken = {spec.key for spec in specs} | set(BUILT_IN_FIELDS)
    return settle(
        mapping,
        header=sample.columns(header=options.header),
        unclear=sample.unclear if options.header else (),
        fields=specs,
        make_key=(lambda name: make_key(name, taken)) if options.create_fields else None,
    )


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


def problems_of(
    session: TenantSession, import_id: UUID, *, after_line: int = 0, limit: int | None = 100
) -> Sequence[ImportProblem]:
    """Return refused rows in the order of their lines."""
    query = select(ImportProblem).where(ImportProblem.import_id == import_id, ImportProblem.line > after_line)
    return session.scalars(query.order_by(ImportProblem.line).limit(limit)).all()


def pause(session: TenantSession, import_id: UUID) -> Import:
    """Stop an import at the edge of its chunk until it is resumed."""
    entry = _switch(session, import_id, to="paused", allowed=OPEN)
    entry.position = {**entry.position, "stopped": session.now.isoformat()}
    return entry


def resume(session: TenantSession, import_id: UUID) -> Import:
    """Go on with a paused or failed import from its last chunk."""
    entry = _switch(session, import_id, to="pending", allowed=("paused", "failed"))
    entry.reason = ""
    entry.position = {name: value for name, value in entry.position.items() if name not in ("since", "stopped")}
    session.make_due("import", [0], lane="bulk")
    return entry


def cancel(session: TenantSession, import_id: UUID, *, uploads: Uploads | None = None) -> Import:
    """End an import where it is; what was imported stays. With `uploads`, the file goes too."""
    entry = _switch(session, import_id, to="cancelled", allowed=("draft", *OPEN, "paused", "failed"))
    if uploads is not None:
        session.after_commit(lambda: uploads.discard(session.tenant_id, import_id))
    return entry


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


def _sample_json(sample: Sample, options: ImportOptions) -> dict[str, Any]:
    return {
        "encoding": sample.encoding,
        "separator": sample.separator,
        "columns": list(sample.columns(header=options.header)),
        "unclear": list(sample.unclear),
        "has_header": sample.has_header,
    }


def count_open(session: TenantSession) -> int:
    """Return how many imports are not done yet."""
    return session.scalar(select(func.count()).select_from(Import).where(Import.status.in_(OPEN))) or 0
