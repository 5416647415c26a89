"""Workflows: drafts, activation, versions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal, cast

from flask import Response, request

from campaigns.api.bodies import Body, body_of, object_body
from campaigns.api.queries import RUNNING
from campaigns.api.requests import answer, keyed, listed, read, runtime, scope, write
from campaigns.api.switches import ActivationBody, time_in_address
from campaigns.engine.validation import parse
from campaigns.errors import Invalid, NotFound, Problem
from campaigns.services import drafts, switches, versions, workflows
from campaigns.services.differences import compare_states, describe_difference
from campaigns.storage.transaction import TenantSession

bp = keyed("api_workflows")
_REVISION = re.compile("[0-9]{1,18}")
_NUMBER = re.compile("[0-9]{1,9}")


class WorkflowBody(Body):
    """A new workflow."""

    name: str
    key: str | None = None
    document: dict[str, Any] | None = None


class WorkflowChange(Body):
    """Another name, another draft, or both. The key may be sent along; it can't be changed."""

    name: str | None = None
    key: str | None = None
    document: dict[str, Any] | None = None


class RestoreBody(Body):
    """How a version comes back."""

    live: bool = True


@bp.get("/workflows")
@scope("workflows.view")
def index() -> Response:
    with read() as session:
        items = workflows.describe_all(session, workflows.list_workflows(session))
    return listed(items)


@bp.post("/workflows")
@scope("workflows.edit")
def create() -> Response:
    body = body_of(WorkflowBody)
    if body.document is not None:
        with _below("/document"):
            parse(body.document, runtime().kinds)
    with write() as session:
        row = workflows.create_workflow(
            session, name=body.name, key=body.key, document=body.document, kinds=runtime().kinds
        )
        return _described(session, row.key, 201)


@bp.get("/workflows/<key>")
@scope("workflows.view")
def show(key: str) -> Response:
    with read() as session:
        return _whole(session, key)


@bp.patch("/workflows/<key>")
@scope("workflows.edit")
def change(key: str) -> Response:
    body = body_of(WorkflowChange)
    if body.key not in (None, key):
        raise Invalid(problems=[Problem("/key", "can't be changed: documents and callers name it")])
    with write() as session:
        workflows.get_workflow(session, key)
        if body.name is not None:
            workflows.rename_workflow(session, key, name=body.name)
        if body.document is not None:
            _replace_draft(session, key, body.document, prefix="/document")
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
        _replace_draft(session, key, document)
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
    """Publish the draft and listen: now, or at a time, when the draft as it is then is published."""
    body = body_of(ActivationBody) if request.get_data() else ActivationBody()
    with write() as session:
        if body.at is not None:
            switches.plan_activation(session, key, body.at, body.wanted())
            return _described(session, key, 202)
        switches.activate(session, key, body.wanted(), kinds=runtime().kinds)
        return _described(session, key)


@bp.delete("/workflows/<key>/activation")
@scope("workflows.activate")
def deactivate(key: str) -> Response:
    running = request.args.get("running", "finish")
    if running not in RUNNING:
        raise Invalid(problems=[Problem("/running", f"is one of {', '.join(RUNNING)}")])
    at = time_in_address("at")
    with write() as session:
        if at is not None:
            switches.plan_deactivation(session, key, at, running=running)
            return _described(session, key, 202)
        versions.deactivate(session, key, running=cast("Literal['finish', 'hold', 'cancel']", running))
        return _described(session, key)


@bp.get("/workflows/<key>/versions")
@scope("workflows.view")
def all_versions(key: str) -> Response:
    with read() as session:
        return listed(versions.list_versions(session, key), by="number")


@bp.get("/workflows/<key>/versions/<number>")
@scope("workflows.view")
def show_version(key: str, number: str) -> Response:
    with read() as session:
        version = versions.get_version(session, key, _number(number))
        shown = next(item for item in versions.list_versions(session, key) if item["number"] == version.number)
    return answer(shown | {"document": version.document})


@bp.get("/workflows/<key>/versions/<number>/differences")
@scope("workflows.view")
def differences(key: str, number: str) -> Response:
    """What has to be done to a version to make it another, or the draft where `to` is not given."""
    to = request.args.get("to")
    with read() as session:
        compared = compare_states(session, key, _number(number), _number(to) if to is not None else None)
    return answer(describe_difference(compared))


@bp.post("/workflows/<key>/versions/<number>/restore")
@scope("workflows.activate")
def restore(key: str, number: str) -> Response:
    body = body_of(RestoreBody) if request.get_data() else RestoreBody()
    with write() as session:
        versions.restore(session, key, _number(number), live=body.live, kinds=runtime().kinds)
        return _described(session, key)


def _described(session: TenantSession, key: str, status: int = 200) -> Response:
    session.flush()
    described = workflows.describe(session, workflows.get_workflow(session, key))
    return answer(described, status, ETag=_etag(described["draft_revision"]))


def _whole(session: TenantSession, key: str) -> Response:
    """Answer a workflow with its draft and what keeps it from being activated."""
    session.flush()
    draft = drafts.get_draft(session, key)
    problems = drafts.find_draft_problems(session, draft, kinds=runtime().kinds)
    body = workflows.describe(session, workflows.get_workflow(session, key))
    told = [{"path": problem.path, "message": problem.message} for problem in problems]
    return answer(body | {"document": draft.document, "problems": told}, ETag=_etag(draft.revision))


def _replace_draft(session: TenantSession, key: str, document: dict[str, Any], *, prefix: str = "") -> None:
    revision, kinds = _if_match(), runtime().kinds
    change = "Replaced by the API"
    with _below(prefix):
        drafts.save_draft(session, key, document, change=change, expected_revision=revision, kinds=kinds)


@contextmanager
def _below(prefix: str) -> Iterator[None]:
    """Tell problems of a document by where it stands in the body."""
    try:
        yield
    except Invalid as error:
        raise Invalid(error.message, problems=[Problem(prefix + p.path, p.message) for p in error.problems]) from None


def _number(text: str) -> int:
    """Return a version's number; raise NotFound for one that no version can have."""
    if not _NUMBER.fullmatch(text):
        raise NotFound(f"There is no version {text[:20]}.")
    return int(text)


def _etag(revision: int) -> str:
    return f'"{revision}"'


def _if_match() -> int | None:
    given = request.headers.get("If-Match")
    if given is None or given.strip() == "*":
        return None
    text = given.strip().removeprefix("W/").strip('"')
    if not _REVISION.fullmatch(text):
        raise Invalid(problems=[Problem("/If-Match", "is the draft's revision, as its ETag says")])
    return int(text)
