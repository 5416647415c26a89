"""Email templates as people edit them, and their frozen versions."""

from __future__ import annotations

import unicodedata
from typing import TypedDict, Unpack

from sqlalchemy import select

from campaigns.engine.fields import BUILT_IN_FIELDS
from campaigns.errors import InUse, Invalid, NotFound, Problem, Stale
from campaigns.messages.checking import Finding, check_template
from campaigns.messages.render import TemplateSource
from campaigns.services.keys import check_name
from campaigns.services.references import refuse_if_used
from campaigns.services.vocabulary import new_key, save_new
from campaigns.storage.models import EmailTemplate, LeadField, Message, TemplateVersion
from campaigns.storage.queries.templates import freeze_templates
from campaigns.storage.transaction import TenantSession

MAX_SUBJECT = 500
MAX_SOURCE_BYTES = 1024 * 1024  # what larger mail clients still show, ten times over
ROOTS = ("lead", "event", "state", "session", "now", "unsubscribe_url")
_KINDS = ("mjml", "html")
_CLASSES = ("marketing", "transactional")


class TemplateContent(TypedDict, total=False):
    """What a template says. `kind` is 'mjml' or 'html'; `message_class` 'marketing' or 'transactional'."""

    name: str
    subject: str
    kind: str
    source: str
    text: str | None
    message_class: str


def list_templates(session: TenantSession) -> list[EmailTemplate]:
    """Return all templates by name."""
    return list(session.scalars(select(EmailTemplate).order_by(EmailTemplate.name, EmailTemplate.key)))


def get_template(session: TenantSession, key: str) -> EmailTemplate:
    """Return a template; raise NotFound."""
    row = session.scalar(select(EmailTemplate).where(EmailTemplate.key == key))
    if row is None:
        raise NotFound(f"There is no email template {key}.")
    return row


def create_template(
    session: TenantSession, *, key: str | None = None, **content: Unpack[TemplateContent]
) -> EmailTemplate:
    """Make a template; raise Invalid with what is wrong by field, Conflict when the key is taken."""
    complete: TemplateContent = {"kind": "html", "text": None, "message_class": "marketing", **content}
    missing = [name for name in ("name", "subject", "source") if not complete.get(name)]
    if missing:
        raise Invalid(problems=[Problem(f"/{'html' if name == 'source' else name}", "is required") for name in missing])
    complete["name"] = check_name(complete["name"])
    check_content(session, complete)
    chosen = new_key(session, EmailTemplate, complete["name"], key)
    row = EmailTemplate(key=chosen, revision=1, created_at=session.now, updated_at=session.now, **complete)
    return save_new(session, row)


def update_template(
    session: TenantSession, key: str, *, expected_revision: int | None = None, **content: Unpack[TemplateContent]
) -> EmailTemplate:
    """Change a template: what live workflows send stays as it was frozen until they are published again."""
    row = session.scalar(select(EmailTemplate).where(EmailTemplate.key == key).with_for_update())
    if row is None:
        raise NotFound(f"There is no email template {key}.")
    if expected_revision is not None and row.revision != expected_revision:
        raise Stale
    if "name" in content:
        content["name"] = check_name(content["name"])
    before = _content(row)
    after: TemplateContent = {**before, **content}
    if after != before:
        check_content(session, after)
        for name, value in after.items():
            setattr(row, name, value)
        row.revision += 1
        row.updated_at = session.now
        session.flush()
    return row


def delete_template(session: TenantSession, key: str) -> None:
    """Delete a template that no mail was made from; raise InUse with the workflows that use it."""
    row = get_template(session, key)
    frozen = list(session.scalars(select(TemplateVersion).where(TemplateVersion.template_id == row.id)))
    refuse_if_used(session, "template", [version.id for version in frozen], row.name)
    _refuse_if_sent(session, row, frozen)
    for version in frozen:
        session.delete(version)
    session.flush()
    session.delete(row)
    session.flush()


def freeze_template(session: TenantSession, template: EmailTemplate) -> TemplateVersion:
    """Return the frozen version of the template as it is now; one a revision, made by whoever asks first."""
    return freeze_templates(session, [template])[template.id]


def check_content(session: TenantSession, content: TemplateContent) -> None:
    """Raise Invalid with what is wrong with a template, by field; unwise things are only told (`find_remarks`)."""
    problems = [*_envelope_problems(content), *_body_problems(content)]
    if not problems:
        errors = [found for found in _findings(session, content) if found.level == "error"]
        problems = [Problem(found.path, found.message) for found in errors]
    if problems:
        raise Invalid("The template is not valid.", problems=problems)


def find_remarks(session: TenantSession, template: EmailTemplate) -> list[Finding]:
    """Return everything that is wrong or unwise about a template as it is now."""
    return _findings(session, _content(template))


def _findings(session: TenantSession, content: TemplateContent) -> list[Finding]:
    source = TemplateSource(
        subject=content["subject"],
        body=content["source"],
        kind="mjml" if content["kind"] == "mjml" else "html",
        text=content["text"] or "",
    )
    fields = {*BUILT_IN_FIELDS, *session.scalars(select(LeadField.key))}
    marketing = content["message_class"] == "marketing"
    return check_template(source, roots=ROOTS, lead_fields=fields, marketing=marketing)


def _envelope_problems(content: TemplateContent) -> list[Problem]:
    problems = []
    subject = content["subject"]
    if not subject.strip():
        problems.append(Problem("/subject", "is required"))
    if len(subject) > MAX_SUBJECT:
        problems.append(Problem("/subject", f"has at most {MAX_SUBJECT} characters"))
    if any(unicodedata.category(letter) == "Cc" for letter in subject):
        problems.append(Problem("/subject", "has no line breaks or control characters"))
    if content["kind"] not in _KINDS:
        problems.append(Problem("/kind", "is mjml or html"))
    if content["message_class"] not in _CLASSES:
        problems.append(Problem("/class", "is marketing or transactional"))
    return problems


def _body_problems(content: TemplateContent) -> list[Problem]:
    problems = []
    where = content["kind"] if content["kind"] in _KINDS else "html"
    for part, body in ((where, content["source"]), ("text", content["text"] or "")):
        if "\0" in body:
            problems.append(Problem(f"/{part}", "has no NUL characters"))
        if len(body.encode("utf-8", "replace")) > MAX_SOURCE_BYTES:
            problems.append(Problem(f"/{part}", f"has at most {MAX_SOURCE_BYTES // 1024} KiB"))
    if not content["source"].strip():
        problems.append(Problem(f"/{where}", "is required"))
    return problems


def _content(row: EmailTemplate) -> TemplateContent:
    return {
        "name": row.name,
        "subject": row.subject,
        "kind": row.kind,
        "source": row.source,
        "text": row.text,
        "message_class": row.message_class,
    }


def _refuse_if_sent(session: TenantSession, row: EmailTemplate, frozen: list[TemplateVersion]) -> None:
    """A mail keeps what it was made from, so that it can be shown as it was sent."""
    ids = [version.id for version in frozen]
    if session.scalar(select(Message.id).where(Message.template_version_id.in_(ids)).limit(1)) is not None:
        raise InUse(f"“{row.name}” was sent already: it is kept for the mails made from it.")
