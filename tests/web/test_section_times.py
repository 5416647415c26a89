"""A schedule in the dialog: in words, with its next times in its own zone."""

from __future__ import annotations

import pytest

from campaigns.services import workflows
from campaigns.storage.transaction import writing
from campaigns.tenancy import Tenancy
from tests.support.lead_pages import empty_tenant


@pytest.fixture
def acme(store):
    found = empty_tenant(store)
    with writing(store, Tenancy(found.tenant_id)) as session:
        workflows.create_workflow(session, name="Welcome")
    return found


@pytest.fixture
def told(acme, app, signed_in):
    """Return a function that gives what is said of a form's values; it is noon of Wednesday, 4 March 2026, UTC."""
    app.config["WTF_CSRF_ENABLED"] = False
    client = signed_in(acme, "editor")

    def ask(**values):
        data = {f"config.{name}": value for name, value in values.items()}
        part = client.part(f"/t/{acme.key}/workflows/welcome/sections/-/times", method="POST", data=data)
        return " ".join(part.get_text().split())

    return ask


def test_a_cron_expression_is_told_in_words_with_the_next_five_times(told):
    said = told(cron="0 9 * * mon", time_zone="Europe/Berlin")
    assert "Monday" in said.partition("Next:")[0]
    assert said.partition("Next: ")[2].split(" · ") == [
        f"Mon {day} 2026, 09:00" for day in ("09 Mar", "16 Mar", "23 Mar", "30 Mar", "06 Apr")
    ]


def test_a_schedule_by_the_calendar_is_told_too(told):
    assert told(every="month", at="08:30", day="last", time_zone="UTC").count("08:30") >= 5


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"cron": "0 9 * *"}, "Write five fields"),
        ({"cron": "99 9 * * *"}, "The minute is wrong"),
        ({"cron": "0 9 * * *", "time_zone": "Mars/North"}, "Mars/North"),
        ({"every": "week", "at": "09:00"}, "Every week needs weekdays"),
    ],
)
def test_what_is_wrong_with_it_is_told(told, values, reason):
    assert reason in told(**values)


def test_of_nothing_nothing_is_told(told):
    assert told() == ""
