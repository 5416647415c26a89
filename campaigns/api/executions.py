"""Executions: start by hand, find, read, cancel, retry, run now; refusals."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response, request

from campaigns.api.bodies import Body, body_of, object_body
from campaigns.api.lead_names import lead_of
from campaigns.api.queries import STATUSES
from campaigns.api.requests import answer, cursor_id, keyed, limit, page, read, scope, uuid_of, write
from campaigns.errors import Invalid, Problem
from campaigns.services import executions, leads, refusals, starts, waking, workflows
from campaigns.storage.transaction import TenantSession

bp = keyed("api_executions")


class WakeBody(Body):
    """Where the wait is ended: at one section, or wherever the execution waits for a time."""

    section: str | None = None


@bp.post("/workflows/<key>/executions")
@scope("executions.edit")
def start(key: str) -> Response:
    raw = object_body()
    if set(raw) not in ({"lead"}, {"list"}):
        raise Invalid(problems=[Problem("", "send a lead, or a list")])
    with write() as session:
        if "list" in raw:
            if not isinstance(raw["list"], str):
                raise Invalid(problems=[Problem("/list", "is a list's key")])
            return answer({"count": starts.start_for_list(session, key, raw["list"])}, 202)
        execution = starts.start_by_hand(session, key, lead_of(session, raw["lead"]))
        session.flush()
        body = executions.describe_execution(executions.get_execution(session, execution.id))
    return answer(body, 201)


@bp.get("/executions")
@scope("executions.view")
def index() -> Response:
    filters: dict[str, Any] = {
        name: request.args[name] for name in ("workflow", "status", "section", "reason") if name in request.args
    }
    if filters.get("status", "ready") not in STATUSES:
        raise Invalid(problems=[Problem("/status", f"is one of {', '.join(STATUSES)}")])
    size = limit()
    with read() as session:
        filters["lead"] = _check_named(session)
        found = executions.list_executions(session, before=cursor_id(), limit=size + 1, **filters)
        items = [executions.describe_summary(summary) for summary in found]
    return page(items, size, lambda item: item["id"])


def _check_named(session: TenantSession) -> UUID | None:
    """Return the id of the lead that a filter names; raise NotFound unless lead and workflow are there."""
    if "workflow" in request.args:
        workflows.get_workflow(session, request.args["workflow"])
    if "lead" not in request.args:
        return None
    return leads.get_lead(session, uuid_of(request.args["lead"])).id


@bp.get("/executions/<execution_id>")
@scope("executions.view")
def show(execution_id: str) -> Response:
    with read() as session:
        return answer(executions.describe_execution(executions.get_execution(session, uuid_of(execution_id))))


@bp.post("/executions/<execution_id>/cancel")
@scope("executions.edit")
def cancel(execution_id: str) -> Response:
    with write() as session:
        executions.cancel_execution(session, uuid_of(execution_id))
        return _answered(session, execution_id)


@bp.post("/executions/<execution_id>/retry")
@scope("executions.edit")
def retry(execution_id: str) -> Response:
    with write() as session:
        executions.retry_execution(session, uuid_of(execution_id))
        return _answered(session, execution_id)


@bp.post("/executions/<execution_id>/wake")
@scope("executions.edit")
def wake(execution_id: str) -> Response:
    body = body_of(WakeBody) if request.get_data() else WakeBody()
    with write() as session:
        waking.wake_execution(session, uuid_of(execution_id), section=body.section)
        return _answered(session, execution_id)


def _answered(session: TenantSession, execution_id: str) -> Response:
    session.flush()
    session.expire_all()
    return answer(executions.describe_execution(executions.get_execution(session, uuid_of(execution_id))))


@bp.get("/refusals")
@scope("executions.view")
def all_refusals() -> Response:
    size = limit()
    with read() as session:
        lead = _check_named(session)
        rows = refusals.list_refusals(
            session, workflow=request.args.get("workflow"), lead=lead, before=cursor_id(), limit=size + 1
        )
        items = [{"id": row.id, **refusals.describe_refusal(row, workflow)} for row, workflow in rows]
    return page(items, size, lambda item: item["id"])
