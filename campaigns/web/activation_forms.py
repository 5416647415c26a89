"""The forms of the switch, read: what is wanted of an activation, what becomes of those inside, and at what time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from campaigns.engine.moments import find_zone, instant_of, read_moment
from campaigns.errors import Invalid, Problem
from campaigns.services.resuming import Resume
from campaigns.services.switches import Activation


def read_activation(form: Mapping[str, str]) -> Activation:
    """Return what the dialog was told; raise Invalid with a problem for each field."""
    hours = form.get("spread_hours", "").strip()
    is_spread = form.get("overdue") == "spread"
    number = int(hours) if hours.isascii() and hours.isdigit() and len(hours) < 6 else 0
    resume = Resume(form.get("overdue", "send"), number if is_spread else Resume.hours)
    return Activation(note=form.get("note", ""), enter=form.get("enter") == "true", resume=resume)


def read_time(form: Mapping[str, str], zone: str) -> datetime | None:
    """Return the instant that was set, on the clocks of a zone; None for now."""
    if form.get("when") != "at":
        return None
    moment = read_moment(form.get("at"))
    if not isinstance(moment, datetime):
        raise Invalid(problems=[Problem("/at", "is a date with a time")])
    return instant_of(moment, find_zone(zone))
