"""Imports of lead files."""

from __future__ import annotations

import json
from typing import Any

from flask import Response, request, stream_with_context, url_for
from pydantic import ValidationError
from werkzeug.datastructures import FileStorage

from campaigns.api.requests import answer, cursor_id, keyed, limit, page, read, runtime, scope, uuid_of, write
from campaigns.engine.validation import problems_of
from campaigns.errors import Invalid, Problem
from campaigns.imports.options import ImportOptions
from campaigns.imports.report import write_report
from campaigns.services import import_undo, imports
from campaigns.services.import_progress import all_problems
from campaigns.storage.models import Import
from campaigns.storage.transaction import TenantSession

bp = keyed("api_imports")
FIRST = 100
LARGEST = 5 * 1024**3


@bp.before_request
def allow_files() -> None:
    """A lead file may be larger than other bodies; it is streamed to disk."""
    request.max_content_length = LARGEST


@bp.get("/imports")
@scope("imports.view")
def index() -> Response:
    size = limit()
    with read() as session:
        items = [
            describe(session, entry) for entry in imports.list_imports(session, before=cursor_id(), limit=size + 1)
        ]
    return page(items, size, lambda item: item["id"])


@bp.post("/imports")
@scope("imports.run")
def start() -> Response:
    """Take a CSV file and start to import it. What can't be read at all is refused at once."""
    file = request.files.get("file")
    if file is None:
        raise Invalid(problems=[Problem("/file", "is required: send the CSV as multipart/form-data")])
    options, mapping = _options(_part("options")), _mapping(_part("mapping"))
    with write() as session:
        entry = _start(session, file, mapping, options)
        return answer(describe(session, entry), 202)


def _start(
    session: TenantSession, file: FileStorage, mapping: dict[str, str | None] | None, options: ImportOptions
) -> Import:
    uploads = runtime().uploads
    entry = imports.upload(session, uploads, file.stream, file_name=file.filename or "leads.csv", options=options)
    try:
        return imports.start(session, uploads, entry.id, mapping=mapping, options=options, again=True)
    except BaseException:
        uploads.discard(session.tenant_id, entry.id)
        raise


def _mapping(raw: dict[str, Any] | None) -> dict[str, str | None] | None:
    if raw is not None and not all(value is None or isinstance(value, str) for value in raw.values()):
        raise Invalid(problems=[Problem("/mapping", "must be an object of column: field")])
    return raw


@bp.get("/imports/<import_id>")
@scope("imports.view")
def show(import_id: str) -> Response:
    with read() as session:
        return answer(describe(session, imports.get_import(session, uuid_of(import_id))))


@bp.post("/imports/<import_id>/cancel")
@scope("imports.run")
def cancel(import_id: str) -> Response:
    with write() as session:
        return answer(describe(session, imports.cancel(session, uuid_of(import_id), uploads=runtime().uploads)))


@bp.post("/imports/<import_id>/undo")
@scope("imports.run")
def undo(import_id: str) -> Response:
    """Undo an import that has ended: 200 when it is done, 202 while a large one goes on."""
    with write() as session:
        entry = import_undo.undo(session, runtime().uploads, uuid_of(import_id))
        return answer(describe(session, entry), 200 if entry.status == import_undo.UNDONE else 202)


@bp.get("/imports/<import_id>/errors")
@scope("imports.view")
def errors(import_id: str) -> Response:
    """Download the refused rows with line, column and reason."""
    wanted = uuid_of(import_id)
    with read() as session:
        header = imports.get_import(session, wanted).sample.get("columns", [])
    lines = write_report(all_problems(read, wanted), header=header)
    response = Response(stream_with_context(lines), mimetype="text/csv")
    response.headers["Content-Disposition"] = f"attachment; filename=errors-{wanted}.csv"
    return response


def describe(session: TenantSession, entry: Import) -> dict[str, Any]:
    """Return an import as the API answers it."""
    problems = imports.problems_of(session, entry.id, limit=FIRST)
    return {
        "id": entry.id,
        "status": entry.status,
        "reason": entry.reason,
        "file_name": entry.file_name,
        "rows": entry.rows,
        "created": entry.created,
        "updated": entry.updated,
        "skipped": entry.skipped,
        "failed": entry.failed,
        "started": entry.started,
        "undo": _undo_json(entry),
        "problems": [{"line": row.line, "column": row.column, "reason": row.reason} for row in problems],
        "errors_url": url_for("api_imports.errors", import_id=entry.id) if entry.failed else None,
        "created_at": entry.created_at,
        "finished_at": entry.finished_at,
    }


def _undo_json(entry: Import) -> dict[str, int] | None:
    """Return how many leads the undo removed, gave values back to, and kept for they were changed since; or None."""
    mark = import_undo.undo_of(entry)
    return {"removed": mark.removed, "restored": mark.restored, "kept": mark.kept} if mark else None


def _part(name: str) -> dict[str, Any] | None:
    text = request.form.get(name)
    if text is None and name in request.files:
        text = request.files[name].read().decode("utf-8", errors="replace")
    if not text:
        return None
    try:
        found = json.loads(text)
    except ValueError:
        raise Invalid(problems=[Problem(f"/{name}", "is not JSON")]) from None
    if not isinstance(found, dict):
        raise Invalid(problems=[Problem(f"/{name}", "must be an object")])
    return found


def _options(raw: dict[str, Any] | None) -> ImportOptions:
    try:
        return ImportOptions.model_validate(raw or {})
    except ValidationError as error:
        raise Invalid(problems=problems_of(error, "/options")) from None
