"""Workflows with schedules, and the steps their tests take: plan, move on, look, see who was told."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from campaigns.sections.registry import kinds
from campaigns.services import leads, schedules
from campaigns.storage.models import Event, Schedule
from tests.support.campaign import Campaign

# The clock begins at noon (UTC) of 4 March 2026, a Wednesday; the tenant's zone is UTC.
DAILY = {"every": "day", "at": "09:00", "leads": {"all": True}}
POINTS = [{"id": "s1", "type": "lead.add_points", "config": {"points": 1}}]


def schedule(campaign: Campaign, *configs: dict[str, Any], key: str = "flow", **settings: Any) -> None:
    campaign.workflow(POINTS, triggers=triggers(*configs), key=key, **settings)


def triggers(*configs: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"id": f"t{n}", "type": "schedule.due", "config": one} for n, one in enumerate(configs, 1)]


def add(campaign: Campaign, email: str = "ann@example.com", *on: str) -> Any:
    with campaign.write() as session:
        return leads.create_lead(session, {"email": email, "lists": list(on)}).id


def look(campaign: Campaign) -> int:
    """Do what a tick does, then all the work that is due; return how many leads were told."""
    count = schedules.look(campaign.store, kinds())
    campaign.run()
    return count


def told(campaign: Campaign) -> list[Event]:
    return [one for one in campaign.all(Event) if one.name == "schedule.due"]


def next_at(campaign: Campaign) -> datetime:
    found: datetime = campaign.only(Schedule).next_at
    return found


def on(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
