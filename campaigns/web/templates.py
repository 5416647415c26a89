"""Email templates: all of them, one with its source, its checks, and what a lead would get."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, Response, make_response, render_template, request, url_for
from flask.typing import ResponseReturnValue

from campaigns.errors import CampaignsError, Conflict, InUse, Invalid, NotFound, Stale
from campaigns.services import template_preview, templates
from campaigns.services.lead_page import label
from campaigns.services.templates import TemplateContent
from campaigns.storage.models import EmailTemplate
from campaigns.storage.transaction import TenantSession
from campaigns.web.answers import done
from campaigns.web.htmx import page_or_part
from campaigns.web.lead_forms import errors_of
from campaigns.web.permissions import needs
from campaigns.web.requests import reading_here, writing_here

bp = Blueprint("email_templates", __name__, url_prefix="/templates")
# A mail's HTML is a tenant's: it gets no script, no form, no frame, no cookie of ours, and only our own frame.
MAIL_POLICY = (
    "default-src 'none'; img-src https: data:; style-src 'unsafe-inline'; font-src https:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'self'; sandbox"
)
HELP = (
    ("{{ lead.first_name | default: 'there' }}", "the lead's first name, or a word in its place"),
    ("{{ lead.email }}", "its address"),
    ("{{ lead.city }}", "a field of your own, by its key"),
    ("{{ state.offer }}", "what the workflow has set"),
    ("{{ lead.phone | mask: 3 }}", "a value of which only the first and the last three characters are shown"),
    ("{% if lead.score > 50 %}…{% endif %}", "a part for some leads only"),
)
WIDTHS = {"desktop": "Desktop", "phone": "Phone"}


@bp.get("")
@needs("templates.view")
def index() -> ResponseReturnValue:
    with reading_here() as session:
        rows = templates.list_templates(session)
    return render_template("templates/index.html", title="Email templates", rows=rows)


@bp.get("/-/new")  # no key and no id is called "-"
@needs("templates.edit")
def new() -> ResponseReturnValue:
    return _form(None)


@bp.post("")
@needs("templates.edit")
def create() -> ResponseReturnValue:
    try:
        with writing_here() as session:
            key = request.form.get("key", "").strip() or None
            row = templates.create_template(session, key=key, **_content())
    except (Invalid, Conflict) as error:
        return _form(None, error=error)
    return done(url_for("email_templates.edit", key=row.key), f"The template “{row.name}” is made.")


@bp.get("/<string:key>")
@needs("templates.view")
def edit(key: str) -> ResponseReturnValue:
    with reading_here() as session:
        row = templates.get_template(session, key)
        return _form(row, remarks=templates.find_remarks(session, row))


@bp.post("/<string:key>")
@needs("templates.edit")
def save(key: str) -> ResponseReturnValue:
    revision = request.form.get("revision", type=int)
    try:
        with writing_here() as session:
            templates.update_template(session, key, expected_revision=revision, **_content())
    except (Invalid, Conflict, Stale) as error:
        with reading_here() as session:
            return _form(templates.get_template(session, key), error=error)
    return done(
        url_for("email_templates.edit", key=key), "Saved. Live workflows send it once they are published again."
    )


@bp.get("/<string:key>/preview")
@needs("templates.view")
def preview(key: str) -> ResponseReturnValue:
    width = request.args.get("width", "desktop")
    with reading_here() as session:
        row = templates.get_template(session, key)
        lead_id, unknown = _wanted_lead(session)
        found = template_preview.render_preview(session, row, lead_id)
    context = {
        "row": row, "found": found, "label": label, "unknown": unknown, "widths": WIDTHS,
        "width": width if width in WIDTHS else "desktop",
    }  # fmt: skip
    return page_or_part(
        "templates/preview.html", "templates/_preview.html", title=f"Preview of “{row.name}”", **context
    )


@bp.get("/<string:key>/mail")
@needs("templates.view")
def mail(key: str) -> ResponseReturnValue:
    """Return the filled-in HTML alone, for the preview's frame, under a policy of its own."""
    with reading_here() as session:
        lead_id, _ = _wanted_lead(session)
        found = template_preview.render_preview(session, templates.get_template(session, key), lead_id)
    response = Response(found.message.html if found.message else "", mimetype="text/html")
    response.headers["Content-Security-Policy"] = MAIL_POLICY
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    return response


@bp.get("/<string:key>/delete")
@needs("templates.edit")
def ask_delete(key: str) -> ResponseReturnValue:
    with reading_here() as session:
        row = templates.get_template(session, key)
    return page_or_part("templates/delete.html", "templates/_delete.html", title=f"Delete “{row.name}”?", row=row)


@bp.post("/<string:key>/delete")
@needs("templates.edit")
def delete(key: str) -> ResponseReturnValue:
    try:
        with writing_here() as session:
            templates.delete_template(session, key)
    except InUse as error:
        return done(url_for("email_templates.edit", key=key), error.message, tone="error")
    return done(url_for("email_templates.index"), "The template is deleted.")


def _form(row: EmailTemplate | None, *, error: CampaignsError | None = None, remarks: Any = ()) -> Response:
    """Show the form with what was sent, else with the template's own values."""
    sent = request.form if error else {}
    values = {name: sent.get(name, _held(row, name)) for name in ("name", "subject", "kind", "source", "text", "class")}
    errors = errors_of(error) if error else {}
    errors["source"] = errors.get("mjml") or errors.get("html") or ""
    action = url_for("email_templates.save", key=row.key) if row else url_for("email_templates.create")
    response = make_response(
        render_template(
            "templates/edit.html",
            title=row.name if row else "New template",
            row=row,
            values=values,
            errors=errors,
            action=action,
            remarks=remarks,
            key=sent.get("key", ""),
            help=HELP,
        )
    )
    response.status_code = (422 if isinstance(error, Invalid) else 409) if error else 200
    return response


def _held(row: EmailTemplate | None, name: str) -> str:
    if row is None:
        return {"kind": "mjml", "class": "marketing"}.get(name, "")
    return str(getattr(row, {"class": "message_class"}.get(name, name)) or "")


def _content() -> TemplateContent:
    form = request.form
    return {
        "name": form.get("name", ""),
        "subject": form.get("subject", ""),
        "kind": form.get("kind", ""),
        "source": form.get("source", "").replace("\r\n", "\n"),
        "text": form.get("text", "").replace("\r\n", "\n").strip() or None,
        "message_class": form.get("class", ""),
    }


def _wanted_lead(session: TenantSession) -> tuple[UUID | None, str]:
    """Return the lead whose eyes the preview takes, by id or as typed, and what was typed in vain."""
    given, typed = request.args.get("lead", ""), request.args.get("who", "")
    if typed:
        lead = template_preview.find_for_preview(session, typed)
        return (lead.id, "") if lead else (None, typed)
    try:
        return (UUID(given) if given else None), ""
    except ValueError:
        raise NotFound("There is no such lead.") from None
