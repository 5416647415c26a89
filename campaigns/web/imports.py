"""Importing a lead file: choose it, check the preview and the mapping, start, watch, read the report."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from campaigns.errors import CampaignsError, Conflict, Invalid
from campaigns.imports.options import ImportOptions
from campaigns.imports.records import RowProblem
from campaigns.imports.report import write_report
from campaigns.services import imports, vocabulary
from campaigns.services.import_files import MAX_BYTES
from campaigns.storage.models import Import
from campaigns.storage.transaction import TenantSession
from campaigns.web.htmx import page_or_part
from campaigns.web.permissions import needs
from campaigns.web.requests import current, reading_here, takes_bytes, writing_here

bp = Blueprint("imports", __name__, url_prefix="/imports")
SEPARATORS = ((",", "Comma"), (";", "Semicolon"), ("\t", "Tab"), ("|", "Pipe"))
ENCODINGS = ("utf_8", "cp1252", "iso8859_15", "cp1251", "utf_16", "shift_jis", "gb18030")
PROBLEMS = 100


@bp.get("")
@needs("imports.view")
def index() -> ResponseReturnValue:
    with reading_here() as session:
        rows = imports.list_imports(session, before=_before(), limit=51)
    following = str(rows[49].id) if len(rows) > 50 else None
    return render_template("imports/index.html", title="Imports", rows=rows[:50], following=following)


@bp.get("/new")
@needs("imports.run")
def new() -> ResponseReturnValue:
    return render_template("imports/new.html", title="Import leads", error=None)


@bp.post("")
@needs("imports.run")
@takes_bytes(MAX_BYTES)
def upload() -> ResponseReturnValue:
    file = request.files.get("file")
    if file is None or not file.filename:
        return render_template("imports/new.html", title="Import leads", error="Choose a CSV file."), 422
    try:
        with writing_here() as session:
            uploads, options = current.runtime.uploads, ImportOptions()
            entry = imports.upload(session, uploads, file.stream, file_name=file.filename, options=options)
    except Invalid as error:
        return render_template("imports/new.html", title="Import leads", error=_sentence(error)), 422
    return redirect(url_for("imports.show", import_id=entry.id), 303)


@bp.get("/<uuid:import_id>")
@needs("imports.view")
def show(import_id: UUID) -> ResponseReturnValue:
    with reading_here() as session:
        entry = imports.get_import(session, import_id)
        if entry.status == "draft":
            return _mapping_page(session, entry)
        problems = imports.problems_of(session, import_id, limit=PROBLEMS)
    context = {"entry": entry, "problems": problems, "rate": _rate(entry)}
    return page_or_part("imports/show.html", "imports/_progress.html", title=entry.file_name, **context)


@bp.post("/<uuid:import_id>/start")
@needs("imports.run")
def start(import_id: UUID) -> ResponseReturnValue:
    """Start the import, or show the preview again with what is wrong."""
    options, columns = _options(), _columns()
    try:
        with writing_here() as session:
            again = request.form.get("again") == "true"
            imports.start(session, current.runtime.uploads, import_id, mapping=columns, options=options, again=again)
    except (Invalid, Conflict) as error:
        with reading_here() as session:
            entry = imports.get_import(session, import_id)
            return _mapping_page(session, entry, options=options, columns=columns, error=error), 422
    return redirect(url_for("imports.show", import_id=import_id), 303)


@bp.post("/<uuid:import_id>/<any(pause, resume, cancel):verb>")
@needs("imports.run")
def change(import_id: UUID, verb: str) -> ResponseReturnValue:
    act = {"pause": imports.pause, "resume": imports.resume, "cancel": imports.cancel}[verb]
    with writing_here() as session:
        act(session, import_id)
    return redirect(url_for("imports.show", import_id=import_id), 303)


@bp.get("/<uuid:import_id>/errors.csv")
@needs("imports.view")
def errors(import_id: UUID) -> ResponseReturnValue:
    with reading_here() as session:
        entry = imports.get_import(session, import_id)
        rows = [
            RowProblem(r.line, r.column, r.reason, r.cells) for r in imports.problems_of(session, import_id, limit=None)
        ]
    response = Response("".join(write_report(rows, header=entry.sample.get("columns", []))), mimetype="text/csv")
    response.headers["Content-Disposition"] = f"attachment; filename=refused-rows-{import_id}.csv"
    return response


def _mapping_page(
    session: TenantSession,
    entry: Import,
    *,
    options: ImportOptions | None = None,
    columns: dict[str, str | None] | None = None,
    error: CampaignsError | None = None,
) -> str:
    options = options or ImportOptions.model_validate(entry.options)
    sample = imports.look(current.runtime.uploads, session.tenant_id, entry.id, options)
    return render_template(
        "imports/mapping.html",
        title=f"Import {entry.file_name}",
        entry=entry,
        sample=sample,
        header=sample.columns(header=options.header),
        options=options,
        columns=columns or imports.suggest_mapping(session, sample, options),
        fields=[(spec.key, spec.label or spec.key) for spec in imports.field_specs(session)],
        lists=[(row.key, row.name) for row in vocabulary.list_lists(session)],
        separators=SEPARATORS,
        encodings=ENCODINGS,
        error=error,
    )


def _options() -> ImportOptions:
    given: dict[str, Any] = {
        "existing": request.form.get("existing", "update"),
        "encoding": request.form.get("encoding") or None,
        "separator": request.form.get("separator") or None,
        "date_format": request.form.get("date_format") or None,
        "decimal": request.form.get("decimal", "."),
        "list": request.form.get("list") or None,
        "header": request.form.get("header") == "true",
        "start_workflows": request.form.get("start_workflows") == "true",
    }
    return ImportOptions.model_validate(given)


def _columns() -> dict[str, str | None]:
    names, fields = request.form.getlist("column"), request.form.getlist("field")
    return {name: field or None for name, field in zip(names, fields, strict=False)}


def _before() -> UUID | None:
    text = request.args.get("before")
    try:
        return UUID(text) if text else None
    except ValueError:
        return None


def _rate(entry: Import) -> str | None:
    """Return the rows a second of an import that runs, in words."""
    if entry.started_at is None or entry.status != "running":
        return None
    seconds = (current.store.clock.now() - entry.started_at).total_seconds()
    return f"{entry.rows / seconds:,.0f} rows/s" if seconds > 1 else None


def _sentence(error: CampaignsError) -> str:
    return "; ".join([error.message, *(problem.message for problem in error.problems)])
