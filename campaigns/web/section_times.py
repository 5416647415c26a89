"""A schedule in the section's dialog: what it says in words, and when it comes next."""

from __future__ import annotations

from datetime import datetime, tzinfo
from zoneinfo import ZoneInfo

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from pydantic import ValidationError

from campaigns.engine.cron import next_after
from campaigns.engine.recurring import ScheduleSpec
from campaigns.services import workflows
from campaigns.services.vocabulary import load_vocabulary
from campaigns.web.config_forms import Sent, config_in
from campaigns.web.permissions import needs
from campaigns.web.requests import current, reading_here

bp = Blueprint("section_times", __name__, url_prefix="/workflows/<key>/sections/-")  # no section's id is "-"
SHOWN = 5


@bp.post("/times")
@needs("workflows.edit")
def show(key: str) -> ResponseReturnValue:
    """Show when the schedule that a form holds comes next. It only asks: nothing is stored."""
    with reading_here() as session:
        workflows.get_workflow(session, key)
        vocabulary, now = load_vocabulary(session), session.now
    config = config_in(Sent(request.form), current.runtime.kinds["schedule.due"], vocabulary)
    if not config.get("cron") and not config.get("every"):
        return ""
    try:
        spec = ScheduleSpec.model_validate(config | {"leads": {"all": True}})
    except ValidationError as error:
        wrong = error.errors()[0]["msg"].removeprefix("Value error, ")
        return render_template("builder/_times.html", wrong=wrong, words="", times=[], zone="")
    zone = current.tenant.time_zone if spec.time_zone == "tenant" else spec.time_zone
    times = next_times(spec, now, ZoneInfo(zone))
    return render_template("builder/_times.html", wrong="", words=spec.rule.words(), times=times, zone=zone)


def next_times(spec: ScheduleSpec, now: datetime, zone: tzinfo) -> list[datetime]:
    """Return the next times at which a schedule comes, as clocks of its zone show them."""
    found: list[datetime] = []
    for _ in range(SHOWN):
        found.append(next_after(spec.rule, found[-1] if found else now, zone))
    return [at.astimezone(zone) for at in found]
