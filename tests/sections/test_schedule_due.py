"""schedule.due: its config and what it listens to. When rules come is tested with the engine's cron."""

import pytest

from campaigns.engine.events import Event
from tests.support.section_types import check_contract, errors, listens, matches, problems, references, summary

NAME = "schedule.due"
ALL = {"leads": {"all": True}}
DAILY = {"every": "day", "at": "09:00"}
ALL_DAILY = ALL | DAILY


def test_the_contract():
    check_contract(NAME, "trigger", cron="0 9 * * mon", leads={"list": "hot"})
    check_contract(NAME, "trigger", every="week", at="09:00", weekdays=["fri", "mon"], time_zone="Asia/Tokyo", **ALL)
    check_contract(NAME, "trigger", every="month", at="09:00", day="last", **ALL)
    check_contract(NAME, "trigger", every="year", at="23:59", day=29, month=2, **ALL)
    assert listens(NAME, **ALL_DAILY) == NAME


@pytest.mark.parametrize(
    ("values", "path", "reason"),
    [
        (DAILY, "/leads", "required"),
        (DAILY | {"leads": {}}, "/leads", "for the leads on a list"),
        (DAILY | {"leads": {"list": "hot", "all": True}}, "/leads", "for the leads on a list"),
        (DAILY | {"leads": {"all": False}}, "/leads/all", ""),
        (DAILY | {"leads": {"list": ""}}, "/leads/list", ""),
        (DAILY | {"leads": {"segment": "vip"}}, "/leads/segment", "not a known key"),
        (ALL, "", "exactly one of cron and every"),
        (ALL_DAILY | {"cron": "0 9 * * *"}, "", "exactly one of cron and every"),
        (ALL | {"cron": "0 9 * * *", "at": "09:00"}, "", "at does not go with cron"),
        (ALL | {"cron": "0 9 31 2 *"}, "/cron", "no such month has it"),
        (ALL | {"cron": "9 Uhr"}, "/cron", "five fields"),
        (ALL | {"every": "day"}, "", "every day needs at"),
        (ALL_DAILY | {"at": "9:00"}, "/at", ""),
        (ALL_DAILY | {"every": "hour"}, "/every", ""),
        (ALL_DAILY | {"weekdays": ["mon"]}, "", "weekdays does not go with every day"),
        (ALL_DAILY | {"every": "week"}, "", "every week needs weekdays"),
        (ALL_DAILY | {"every": "week", "weekdays": ["Monday"]}, "/weekdays/0", ""),
        (ALL_DAILY | {"every": "month"}, "", "every month needs day"),
        (ALL_DAILY | {"every": "month", "day": 32}, "/day", "1 to 31, or last"),
        (ALL_DAILY | {"every": "month", "day": True}, "/day", "1 to 31, or last"),
        (ALL_DAILY | {"every": "month", "day": 1, "month": 1}, "", "month does not go with every month"),
        (ALL_DAILY | {"every": "year", "day": 1}, "", "every year needs month"),
        (ALL_DAILY | {"every": "year", "day": 31, "month": 2}, "", "that month is shorter"),
        (ALL_DAILY | {"every": "year", "day": 31, "month": 13}, "/month", ""),
        (ALL_DAILY | {"time_zone": "Mars/X"}, "/time_zone", "no time zone"),
        (ALL_DAILY | {"time_zone": "lead"}, "/time_zone", "write tenant"),
    ],
)
def test_a_config_that_can_not_be_is_refused_at_its_place(values, path, reason):
    found = errors(NAME, **values)
    assert list(found) == [path]
    assert reason in found[path]


def test_the_list_is_one_of_the_tenant():
    assert references(NAME, **DAILY, leads={"list": "hot"}) == {("list", "hot", "/leads/list")}
    assert references(NAME, **ALL_DAILY) == set()
    assert problems(NAME, **ALL_DAILY) == {}


def test_an_event_of_the_same_name_from_outside_starts_nothing():
    assert matches(NAME, **ALL_DAILY, event={"name": NAME, "source": "system"})
    assert not matches(NAME, **ALL_DAILY, event={"name": NAME, "source": "api"})
    assert not matches(NAME, **ALL_DAILY, event={"name": "lead.date_reached", "source": "system"})


def test_it_is_for_one_trigger_of_one_workflow():
    event = Event(1, NAME, 2, None, None, source="system", source_id="flow", properties={"trigger": "t1"})
    assert event.is_for("flow", "t1")
    assert not event.is_for("flow", "t2")
    assert not event.is_for("other", "t1")


def test_a_card_says_when_and_for_whom():
    berlin = {"time_zone": "Europe/Berlin"}
    weekly = {"every": "week", "weekdays": ["mon"], "at": "09:00"}
    assert summary(NAME, **ALL, **weekly, **berlin) == "Every Monday at 09:00 Europe/Berlin time, for all leads"
    assert summary(NAME, **ALL, cron="0 9 * * mon") == "Every Monday at 09:00 tenant time, for all leads"
    assert summary(NAME, **DAILY, leads={"list": "hot"}) == "Every day at 09:00 tenant time, for Hot leads"
    assert summary(NAME, **DAILY, leads={"list": "gone"}) == "Every day at 09:00 tenant time, for gone"
    monthly = {"every": "month", "at": "09:00", "day": "last"}
    assert summary(NAME, **ALL, **monthly) == "Every month on the last day at 09:00 tenant time, for all leads"
