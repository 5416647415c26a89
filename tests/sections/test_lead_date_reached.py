"""lead.date_reached: its config and what it listens to. When dates are reached is tested with the engine's dates."""

import pytest

from tests.support.section_types import check_contract, errors, listens, matches, problems, references, summary

NAME = "lead.date_reached"


def test_the_contract():
    check_contract(NAME, "trigger", field="birthday")
    check_contract(
        NAME, "trigger", field="lead.seen", offset={"before": {"days": 3}}, time_of_day="09:00", time_zone="tenant"
    )
    assert listens(NAME, field="birthday") == NAME


@pytest.mark.parametrize(
    ("values", "path"),
    [
        ({}, "/field"),
        ({"field": ""}, "/field"),
        ({"field": "birthday", "offset": {"before": {"days": 1}, "after": {"days": 1}}}, "/offset"),
        ({"field": "birthday", "offset": {"years": 1}}, "/offset/years"),
        ({"field": "birthday", "time_of_day": "9 o'clock"}, "/time_of_day"),
        ({"field": "birthday", "time_zone": "Mars/X"}, "/time_zone"),
        ({"field": "birthday", "yearly": "sometimes"}, "/yearly"),
    ],
)
def test_a_config_that_can_not_be_is_refused_at_its_place(values, path):
    assert list(errors(NAME, **values)) == [path]


def test_the_field_is_a_date_of_the_lead():
    assert problems(NAME, field="birthday") == {}
    assert problems(NAME, field="lead.seen") == {}
    assert problems(NAME, field="created_at") == {}
    assert problems(NAME, field="city") == {"/field": "is no date field"}
    assert references(NAME, field="lead.birthday") == {("field", "birthday", "/field")}
    assert references(NAME, field="created_at") == set()


def test_an_event_of_the_same_name_from_outside_starts_nothing():
    assert matches(NAME, field="birthday", event={"name": NAME, "source": "system"})
    assert not matches(NAME, field="birthday", event={"name": NAME, "source": "api"})
    assert not matches(NAME, field="birthday", event={"name": "lead.created", "source": "system"})


def test_a_card_says_it_by_the_fields_name():
    assert summary(NAME, field="birthday", yearly=True) == "Birthday, each year"
    assert summary(NAME, field="gone", time_of_day="09:00", time_zone="tenant") == "gone, at 09:00 tenant time"
