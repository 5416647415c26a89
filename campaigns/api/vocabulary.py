"""The tenant's vocabulary: lists, statuses, fields, templates; who is on a list."""

from __future__ import annotations

from typing import Any, Literal

from flask import Response
from pydantic import Field, model_validator

from campaigns.api.bodies import Body, body_of
from campaigns.api.requests import answer, keyed, listed, read, scope, uuid_of, write
from campaigns.errors import Invalid, Problem
from campaigns.services import fields, lists, templates, vocabulary
from campaigns.storage.models import EmailTemplate, LeadField

bp = keyed("api_vocabulary")


class Named(Body):
    """Something with a name, and a key that may be chosen."""

    name: str
    key: str | None = None


class Renamed(Body):
    """Another name. The key may be sent along; it can't be changed."""

    name: str
    key: str | None = None


class StatusChange(Body):
    """Another name, or the part of the status that new leads get; it can only be handed on."""

    name: str | None = None
    key: str | None = None
    default: bool = False


class FieldBody(Named):
    """A custom field."""

    type: str = "text"
    choices: list[str] = Field(default_factory=list)


class FieldChange(Body):
    """What of a field can change. Key and type may be sent along; they can't be changed."""

    name: str | None = None
    key: str | None = None
    type: str | None = None
    choices: list[str] | None = None


class TemplateBody(Body):
    """An email template: MJML or HTML."""

    name: str
    subject: str
    key: str | None = None
    mjml: str | None = None
    html: str | None = None
    text: str | None = None
    class_: Literal["marketing", "transactional"] = Field("marketing", alias="class")

    @model_validator(mode="after")
    def _one_body(self) -> TemplateBody:
        if (self.mjml is None) == (self.html is None):
            raise ValueError("send mjml or html")
        return self

    def content(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "subject": self.subject,
            "kind": "mjml" if self.mjml is not None else "html",
            "source": self.mjml if self.mjml is not None else self.html,
            "text": self.text,
            "message_class": self.class_,
        }


@bp.get("/lists")
@scope("leads.view")
def all_lists() -> Response:
    with read() as session:
        sizes = vocabulary.list_sizes(session)
        items = [
            {"key": one.key, "name": one.name, "leads": sizes.get(one.key, 0)} for one in vocabulary.list_lists(session)
        ]
    return listed(items)


@bp.post("/lists")
@scope("vocabulary.edit")
def create_list() -> Response:
    body = body_of(Named)
    with write() as session:
        row = vocabulary.create_list(session, name=body.name, key=body.key)
    return answer({"key": row.key, "name": row.name}, 201)


@bp.put("/lists/<key>")
@scope("vocabulary.edit")
def change_list(key: str) -> Response:
    body = body_of(Renamed)
    _check_key(key, body.key)
    with write() as session:
        row = vocabulary.update_list(session, key, name=body.name)
    return answer({"key": row.key, "name": row.name})


@bp.delete("/lists/<key>")
@scope("vocabulary.edit")
def delete_list(key: str) -> Response:
    with write() as session:
        vocabulary.delete_list(session, key)
    return Response(status=204)


@bp.put("/lists/<key>/leads/<lead_id>")
@scope("leads.edit")
def add_member(key: str, lead_id: str) -> Response:
    with write() as session:
        lists.add_member(session, key, uuid_of(lead_id))
    return Response(status=204)


@bp.delete("/lists/<key>/leads/<lead_id>")
@scope("leads.edit")
def remove_member(key: str, lead_id: str) -> Response:
    with write() as session:
        lists.remove_member(session, key, uuid_of(lead_id))
    return Response(status=204)


@bp.get("/statuses")
@scope("leads.view")
def all_statuses() -> Response:
    with read() as session:
        rows = vocabulary.list_statuses(session)
    return listed([{"key": r.key, "name": r.name, "default": r.is_default} for r in rows])


@bp.post("/statuses")
@scope("vocabulary.edit")
def create_status() -> Response:
    body = body_of(Named)
    with write() as session:
        row = vocabulary.create_status(session, name=body.name, key=body.key)
    return answer({"key": row.key, "name": row.name, "default": row.is_default}, 201)


@bp.put("/statuses/<key>")
@scope("vocabulary.edit")
def change_status(key: str) -> Response:
    body = body_of(StatusChange)
    _check_key(key, body.key)
    with write() as session:
        row = vocabulary.update_status(session, key, name=body.name, default=body.default)
    return answer({"key": row.key, "name": row.name, "default": row.is_default})


@bp.delete("/statuses/<key>")
@scope("vocabulary.edit")
def delete_status(key: str) -> Response:
    with write() as session:
        vocabulary.delete_status(session, key)
    return Response(status=204)


@bp.get("/fields")
@scope("leads.view")
def all_fields() -> Response:
    with read() as session:
        items = [_field(row) for row in fields.list_fields(session)]
    return listed(items)


@bp.post("/fields")
@scope("vocabulary.edit")
def create_field() -> Response:
    body = body_of(FieldBody)
    with write() as session:
        row = fields.create_field(session, name=body.name, type=body.type, key=body.key, choices=body.choices)
    return answer(_field(row), 201)


@bp.put("/fields/<key>")
@scope("vocabulary.edit")
def change_field(key: str) -> Response:
    body = body_of(FieldChange)
    _check_key(key, body.key)
    with write() as session:
        row = fields.update_field(session, key, **body.model_dump(exclude_none=True, exclude={"key"}))
    return answer(_field(row))


@bp.delete("/fields/<key>")
@scope("vocabulary.edit")
def delete_field(key: str) -> Response:
    with write() as session:
        fields.delete_field(session, key)
    return Response(status=204)


def _check_key(key: str, sent: str | None) -> None:
    if sent not in (None, key):
        raise Invalid(problems=[Problem("/key", "can't be changed: documents and callers name it")])


def _field(row: LeadField) -> dict[str, Any]:
    return {"key": row.key, "name": row.name, "type": row.type, "choices": row.choices}


@bp.get("/templates")
@scope("templates.view")
def all_templates() -> Response:
    with read() as session:
        items = [_template(row) for row in templates.list_templates(session)]
    return listed(items)


@bp.get("/templates/<key>")
@scope("templates.view")
def show_template(key: str) -> Response:
    with read() as session:
        return answer(_template(templates.get_template(session, key)))


@bp.post("/templates")
@scope("templates.edit")
def create_template() -> Response:
    body = body_of(TemplateBody)
    with write() as session:
        row = templates.create_template(session, key=body.key, **body.content())
    return answer(_template(row), 201)


@bp.put("/templates/<key>")
@scope("templates.edit")
def change_template(key: str) -> Response:
    body = body_of(TemplateBody)
    _check_key(key, body.key)
    with write() as session:
        row = templates.update_template(session, key, **body.content())
    return answer(_template(row))


@bp.delete("/templates/<key>")
@scope("templates.edit")
def delete_template(key: str) -> Response:
    with write() as session:
        templates.delete_template(session, key)
    return Response(status=204)


def _template(row: EmailTemplate) -> dict[str, Any]:
    content = {"key": row.key, "name": row.name, "subject": row.subject, row.kind: row.source, "text": row.text}
    return content | {"class": row.message_class, "updated_at": row.updated_at}
