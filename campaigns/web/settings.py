"""The tenant's own settings, its children, and who did what."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from campaigns.engine.business_hours import read_hours
from campaigns.engine.schedule import WEEKDAYS
from campaigns.errors import Invalid
from campaigns.services import accounts, audit, tenants
from campaigns.services.accounts import Person
from campaigns.web.forms import by_field
from campaigns.web.permissions import needs
from campaigns.web.requests import current, reading_here, writing_here

bp = Blueprint("settings", __name__, url_prefix="/settings")


@bp.get("")
@needs("settings.view")
def show() -> ResponseReturnValue:
    return _page({})


@bp.post("")
@needs("settings.manage")
def save() -> ResponseReturnValue:
    name, zone = request.form.get("name", ""), request.form.get("time_zone", "")
    try:
        with writing_here() as session:
            kind = request.form.get("organisation_type")
            tenants.update_tenant(session, name=name, time_zone=zone, organisation_type=kind)
    except Invalid as error:
        return _page(by_field(error.problems)), 422
    return redirect(url_for("settings.show"), 303)


@bp.post("/hours")
@needs("settings.manage")
def save_hours() -> ResponseReturnValue:
    days: dict[str, str] = {day: request.form.get(day, "") for day in WEEKDAYS}
    try:
        with writing_here() as session:
            tenants.set_business_hours(session, days=days, holidays=request.form.get("holidays", ""))
    except Invalid as error:
        return _page(by_field(error.problems), typed=request.form), 422
    return redirect(url_for("settings.show"), 303)


@bp.post("/children")
@needs("tenants.manage")
def create_child() -> ResponseReturnValue:
    """Make an organisation below this one; this one's admins can open it."""
    try:
        child = accounts.create_tenant(
            current.store,
            name=request.form.get("child_name", ""),
            owner=Person(current.user.email),
            parent_key=current.tenant.key,
            actor=current.tenancy.actor,
        )
    except Invalid as error:
        return _page({"child_name": by_field(error.problems).get("name", error.message)}), 422
    return redirect(url_for("dashboard.show", tenant=child.key), 303)


@bp.get("/audit")
@needs("settings.manage")
def audit_log() -> ResponseReturnValue:
    before = request.args.get("before")
    with reading_here() as session:
        rows = audit.list_entries(session, before=before, limit=51)
    following = str(rows[49].id) if len(rows) > 50 else None
    return render_template("settings/audit.html", title="Audit log", rows=rows[:50], following=following)


def _page(errors: dict[str, str], *, typed: Mapping[str, str] | None = None) -> str:
    with reading_here() as session:
        tenant = tenants.get_tenant(session)
    stored = read_hours(tenant.settings.get("business_hours")).as_json()
    shown: dict[str, str] = {day: ", ".join(stored["hours"].get(day, [])) for day in WEEKDAYS}
    hours = {**shown, "holidays": "\n".join(stored["holidays"]), **(typed or {})}
    return render_template(
        "settings/show.html", title="Settings", own=tenant, zones=tenants.time_zones(), errors=errors, hours=hours
    )
