"""Workflows: drafts, activation, versions."""

from __future__ import annotations

from typing import Any, Literal, cast

from flask import Response, request

from campaigns.api.requests import Body, answer, body_of, keyed, object_body, read, scope, write
from campaigns.errors import Invalid, Problem
from campaigns.services import drafts, versions, workflows
from campaigns.storage.transaction import TenantSession

bp = keyed("api_workflows")


class WorkflowBody(Body):
    """A new workflow."""

    name: str
    key: str | None = None
    document: dict[str, Any] | None = None


class Renamed(Body):
    """Another name."""

    name: str


class RestoreBody(Body):
    """How a version comes back."""

    live: bool = True


@bp.get("/workflows")
@scope("workflows.view")
def index() -> Response:
    with read() as session:
        items = workflows.describe_all(session, workflows.list_workflows(session))
    return answer({"items": items, "next": None})


@bp.post("/workflows")
@scope("workflows.edit")
def create() -> Response:
    body = body_of(WorkflowBody)
    with write() as session:
        row = workflows.create_workflow(session, name=body.name, key=body.key, document=body.document)
        return _described(session, row.key, 201)


@bp.get("/workflows/<key>")
@scope("workflows.view")
def show(key: str) -> Response:
    with read() as session:
        return _whole(session, key)


@bp.patch("/workflows/<key>")
@scope("workflows.edit")
def rename(key: str) -> Response:
    body = body_of(Renamed)
    with write() as session:
        workflows.rename_workflow(session, key, name=body.name)
        return _described(session, key)


@bp.delete("/workflows/<key>")
@scope("workflows.edit")
def delete(key: str) -> Response:
    with write() as session:
        workflows.delete_workflow(session, key)
    return Response(status=204)


@bp.put("/workflows/<key>/draft")
@scope("workflows.edit")
def save_draft(key: str) -> Response:
    document = object_body()
    with write() as session:
        drafts.save_draft(session, key, document, change="Replaced by the API", expected_revision=_if_match())
        return _whole(session, key)


@bp.delete("/workflows/<key>/draft")
@scope("workflows.edit")
def discard_draft(key: str) -> Response:
    with write() as session:
        drafts.discard_draft(session, key)
        return _whole(session, key)


@bp.post("/workflows/<key>/activation")
@scope("workflows.activate")
def activate(key: str) -> Response:
    raw = object_body() if request.get_data() else {}
    note = raw.get("note", "")
    if set(raw) - {"note"} or not isinstance(note, str):
        raise Invalid(problems=[Problem("/note", "a text is all that can be sent")])
    with write() as session:
        versions.activate(session, key, note=note)
        return _described(session, key)


@bp.delete("/workflows/<key>/activation")
@scope("workflows.activate")
def deactivate(key: str) -> Response:
    running = request.args.get("running", "finish")
    if running not in {"finish", "hold", "cancel"}:
        raise Invalid(problems=[Problem("/running", "is one of finish, hold, cancel")])
    with write() as session:
        versions.deactivate(session, key, running=cast("Literal['finish', 'hold', 'cancel']", running))
        return _described(session, key)


@bp.get("/workflows/<key>/versions")
@scope("workflows.view")
def all_versions(key: str) -> Response:
    with read() as session:
        return answer({"items": versions.list_versions(session, key), "next": None})


@bp.get("/workflows/<key>/versions/<int:number>")
@scope("workflows.view")
def show_version(key: str, number: int) -> Response:
    with read() as session:
        version = versions.get_version(session, key, number)
        listed = next(item for item in versions.list_versions(session, key) if item["number"] == number)
    return answer(listed | {"document": version.document})


@bp.post("/workflows/<key>/versions/<int:number>/restore")
@scope("workflows.activate")
def restore(key: str, number: int) -> Response:
    body = body_of(RestoreBody) if request.get_data() else RestoreBody()
    with write() as session:
        versions.restore(session, key, number, live=body.live)
        return _described(session, key)


def _described(session: TenantSession, key: str, status: int = 200) -> Response:
    session.flush()
    described = workflows.describe(session, workflows.get_workflow(session, key))
    return answer(described, status, ETag=_etag(described["draft_revision"]))


def _whole(session: TenantSession, key: str) -> Response:
    """Answer a workflow with its draft and what keeps it from being activated."""
    session.flush()
    draft = drafts.get_draft(session, key)
    problems = drafts.find_draft_problems(session, draft)
    body = workflows.describe(session, workflows.get_workflow(session, key))
    told = [{"path": problem.path, "message": problem.message} for problem in problems]
    return answer(body | {"document": draft.document, "problems": told}, ETag=_etag(draft.revision))


def _etag(revision: int) -> str:
    return f'"{revision}"'


def _if_match() -> int | None:
    given = request.headers.get("If-Match")
    if given is None or given.strip() == "*":
        return None
    text = given.strip().removeprefix("W/").strip('"')
    if not text.isdigit():
        raise Invalid(problems=[Problem("/If-Match", "is the draft's revision, as its ETag says")])
    return int(text)
