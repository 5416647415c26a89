"""flow.business_hours: at once while open, else a wait until then, in the zone that counts."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from campaigns.engine.business_hours import BusinessHours
from campaigns.engine.outcome import Done, Fail, Wait
from tests.support.programs import NOW, context
from tests.support.section_types import check_contract, decide, errors

NAME = "flow.business_hours"


def test_the_contract():
    check_contract(NAME, "delay")
    assert list(errors(NAME, time_zone="Mars/X")) == ["/time_zone"]


def test_it_goes_on_while_open_and_waits_otherwise():
    assert isinstance(decide(NAME, view=context()), Done)
    evening = NOW + timedelta(hours=8)
    answer = decide(NAME, view=context(now=evening))
    assert isinstance(answer, Wait)
    assert answer.until == datetime(2026, 3, 5, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "until"),
    [
        ("tenant", datetime(2026, 3, 5, 8, tzinfo=UTC)),  # nine in Berlin
        ("lead", datetime(2026, 3, 5, 14, tzinfo=UTC)),  # nine in New York
    ],
)
def test_the_zone_is_the_tenants_or_the_leads(zone, until):
    zones = {"tenant_zone": ZoneInfo("Europe/Berlin"), "time_zone": ZoneInfo("America/New_York")}
    view = context(now=datetime(2026, 3, 4, 23, tzinfo=UTC), **zones)
    assert decide(NAME, view=view, time_zone=zone).until == until
    assert isinstance(decide(NAME, view=view, time_zone="Pacific/Auckland"), Done)


def test_who_is_never_open_fails_with_the_reason():
    assert isinstance(decide(NAME, view=context(hours=BusinessHours({}))), Fail)
