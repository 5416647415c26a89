"""Importing a lead file: choose it, check the preview and the mapping, start, watch, read the report."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, Response, make_response, redirect, render_template, request, stream_with_context, url_for
from flask.typing import ResponseReturnValue

from campaigns.errors import CampaignsError, Conflict, Invalid, NotFound, TooLarge
from campaigns.imports.options import ImportOptions
from campaigns.imports.report import write_report
from campaigns.services import import_undo, imports
from campaigns.services.import_files import MAX_BYTES, NoRoom
from campaigns.services.import_progress import all_problems, progress_of
from campaigns.services.import_undo import undo_of
from campaigns.storage.models import Import
from campaigns.storage.transaction import TenantSession
from campaigns.web.answers import done
from campaigns.web.htmx import page_or_part
from campaigns.web.import_forms import mapping_of, preview, read_choices, read_options
from campaigns.web.permissions import needs
from campaigns.web.requests import current, reading_here, takes_bytes, writing_here

bp = Blueprint("imports", __name__, url_prefix="/imports")
PROBLEMS = 100
SIZE = 50


@bp.get("")
@needs("imports.view")
def index() -> ResponseReturnValue:
    with reading_here() as session:
        rows = imports.list_imports(session, before=_before(), limit=SIZE + 1)
    following = rows[SIZE - 1].id if len(rows) > SIZE else None
    return render_template("imports/index.html", title="Imports", rows=rows[:SIZE], following=following)


@bp.get("/new")
@needs("imports.run")
def new() -> ResponseReturnValue:
    return render_template("imports/new.html", title="Import leads", error=None)


@bp.post("")
@needs("imports.run")
@takes_bytes(MAX_BYTES)
def upload() -> ResponseReturnValue:
    """Keep the file, streamed to disk, and go on to its preview."""
    file = request.files.get("file")
    if file is None or not file.filename:
        return _refused("Choose a CSV file.", 422)
    try:
        with writing_here() as session:
            uploads, options = current.runtime.uploads, ImportOptions()
            entry = imports.upload(session, uploads, file.stream, file_name=file.filename, options=options)
    except (Invalid, TooLarge, NoRoom) as error:
        return _refused(_sentence(error), error.status)
    return redirect(url_for("imports.show", import_id=entry.id), 303)


@bp.get("/<uuid:import_id>")
@needs("imports.view")
def show(import_id: UUID) -> ResponseReturnValue:
    with reading_here() as session:
        entry = imports.get_import(session, import_id)
        if entry.status == "draft":
            return _mapping_page(session, entry, ImportOptions.model_validate(entry.options))
        problems = imports.problems_of(session, import_id, limit=PROBLEMS)
        context = {
            "entry": entry, "problems": problems, "progress": progress_of(session, entry), "undone": undo_of(entry),
        }  # fmt: skip
    return page_or_part("imports/show.html", "imports/_progress.html", title=entry.file_name, **context)


@bp.post("/<uuid:import_id>/preview")
@needs("imports.run")
def look_again(import_id: UUID) -> ResponseReturnValue:
    """Show the preview as other options read the file."""
    with reading_here() as session:
        entry = imports.get_import(session, import_id)
        try:
            return _mapping_page(session, entry, read_options(), choices=read_choices())
        except Invalid as error:
            return _mapping_page(session, entry, ImportOptions(), choices=read_choices(), error=error)


@bp.post("/<uuid:import_id>/start")
@needs("imports.run")
def start(import_id: UUID) -> ResponseReturnValue:
    """Start the import, or show the preview again with what is wrong."""
    choices, options = read_choices(), ImportOptions()
    try:
        options, again = read_options(), request.form.get("again") == "true"
        with writing_here() as session:
            uploads, mapping = current.runtime.uploads, mapping_of(choices)
            imports.start(session, uploads, import_id, mapping=mapping, options=options, again=again)
    except (Invalid, Conflict) as error:
        with reading_here() as session:
            entry = imports.get_import(session, import_id)
            if entry.status == "draft":
                return _mapping_page(session, entry, options, choices=choices, error=error)
    return redirect(url_for("imports.show", import_id=import_id), 303)


@bp.get("/<uuid:import_id>/<any(preview, start, pause, resume, cancel):verb>")
@needs("imports.view")
def show_again(import_id: UUID, verb: str) -> ResponseReturnValue:
    """Show the import where a refused form has left its own address, which somebody loads again."""
    with reading_here() as session:
        imports.get_import(session, import_id)
    return redirect(url_for("imports.show", import_id=import_id), 303)


@bp.post("/<uuid:import_id>/<any(pause, resume, cancel):verb>")
@needs("imports.run")
def change(import_id: UUID, verb: str) -> ResponseReturnValue:
    with writing_here() as session:
        if verb == "cancel":
            imports.cancel(session, import_id, uploads=current.runtime.uploads)
        else:
            {"pause": imports.pause, "resume": imports.resume}[verb](session, import_id)
    return redirect(url_for("imports.show", import_id=import_id), 303)


@bp.get("/<uuid:import_id>/undo")
@needs("imports.run")
def ask_undo(import_id: UUID) -> ResponseReturnValue:
    """Ask before an import is undone, and say what of it goes and what stays."""
    try:
        with reading_here() as session:
            entry = imports.get_import(session, import_id)
            context = {"entry": entry, "consequences": import_undo.consequences(session, import_id)}
    except Conflict as error:
        return done(url_for("imports.show", import_id=import_id), error.message, tone="error")
    title = f"Undo the import of {entry.file_name}?"
    return page_or_part("imports/undo.html", "imports/_undo.html", title=title, **context)


@bp.post("/<uuid:import_id>/undo")
@needs("imports.run")
def undo(import_id: UUID) -> ResponseReturnValue:
    back = url_for("imports.show", import_id=import_id)
    try:
        with writing_here() as session:
            entry = import_undo.undo(session, current.runtime.uploads, import_id)
    except Conflict as error:
        return done(back, error.message, tone="error")
    return done(back, "The import is undone." if entry.status == import_undo.UNDONE else "The import is being undone.")


@bp.get("/<uuid:import_id>/errors.csv")
@needs("imports.view")
def errors(import_id: UUID) -> ResponseReturnValue:
    """Download the refused rows: streamed, and with nothing in them that a spreadsheet would run."""
    with reading_here() as session:
        entry = imports.get_import(session, import_id)
    lines = write_report(all_problems(reading_here, import_id), header=entry.sample.get("columns", []))
    response = Response(stream_with_context(lines), mimetype="text/csv")
    response.headers["Content-Disposition"] = f"attachment; filename=refused-rows-{import_id}.csv"
    return response


def _mapping_page(session: TenantSession, entry: Import, options: ImportOptions, **given: Any) -> ResponseReturnValue:
    """Show the preview; where the file is gone, or the present reading fails, say so."""
    error: CampaignsError | None = given.get("error")
    try:
        context = preview(session, entry, options, **given)
    except NotFound as gone:
        return done(url_for("imports.new"), gone.message, tone="error")
    except Invalid as unreadable:
        error = unreadable
        context = preview(session, entry, ImportOptions(), **given | {"error": unreadable})
    response = make_response(
        page_or_part("imports/mapping.html", "imports/_mapping.html", title=f"Import {entry.file_name}", **context)
    )
    response.status_code = 422 if error else 200
    return response


def _refused(sentence: str, status: int) -> ResponseReturnValue:
    return render_template("imports/new.html", title="Import leads", error=sentence), status


def _before() -> UUID | None:
    try:
        return UUID(request.args["before"]) if "before" in request.args else None
    except ValueError:
        return None


def _sentence(error: CampaignsError) -> str:
    told = [problem.message for problem in error.problems] or [error.message]
    text = "; ".join(told)
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."
