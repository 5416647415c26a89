"""What company.lookup and company.found promise and do, asked with the kit that Campaigns ships."""

import campaigns_company_lookup
import pytest
from campaigns.engine.effects import EmitEvent, SetField, SetState
from campaigns.sections.performing import GiveUp, TryLater
from campaigns.sections.testing import Kit, answer

kit = Kit(campaigns_company_lookup)
URL = "https://companies.example.com/v1/find"
CONFIG = {"url": URL, "token": "crm", "fields": {"city": "city", "visits": "size"}}
ACME = {"city": "Berlin", "size": "120", "country": "DE"}


def look_up(*answers, config=CONFIG, **lead):
    given = {"email": "ann@acme.example", **lead}
    return kit.perform("company.lookup", config, answers=answers, secrets={"crm": "t0k3n"}, lead=given)


def test_both_keep_what_every_type_promises():
    kit.check("company.lookup", CONFIG)
    kit.check("company.found", {"country": "DE"})


def test_it_asks_with_the_domain_alone_and_fills_the_fields():
    run = look_up(answer(200, ACME))
    assert run.sent[0].url == f"{URL}?domain=acme.example"
    assert run.sent[0].headers["authorization"] == "Bearer t0k3n"
    assert (run.outcome.name, run.outcome.receipt["filled"]) == ("found", ["city", "visits"])
    assert run.outcome.effects == (
        SetField("city", "Berlin"),
        SetField("visits", 120),
        SetState({"company": ACME}),
        EmitEvent("company.found", {"domain": "acme.example", "country": "DE"}),
    )


def test_what_the_lead_has_is_kept_unless_it_is_to_be_replaced():
    assert look_up(answer(200, ACME), city="Hamburg").outcome.receipt["filled"] == ["visits"]
    replacing = {**CONFIG, "overwrite": True}
    assert look_up(answer(200, ACME), config=replacing, city="Hamburg").outcome.receipt["filled"] == ["city", "visits"]


def test_nobody_is_asked_about_private_addresses():
    run = look_up(email="ann@gmail.com")
    assert (run.outcome.name, run.sent) == ("unknown", [])


def test_an_unknown_company_has_a_branch_of_its_own():
    assert look_up(answer(404)).outcome.name == "unknown"


@pytest.mark.parametrize(
    ("given", "kind"), [(answer(500), TryLater), (answer(401), GiveUp), (answer(200, ["x"]), GiveUp)]
)
def test_what_fails_is_tried_again_or_given_up(given, kind):
    with pytest.raises(kind):
        look_up(given)


def test_a_value_that_does_not_fit_its_field_is_told():
    assert look_up(answer(200, {"size": "many"})).outcome.reason.startswith("visits: ")


def test_fields_and_secret_are_references():
    found = kit.config("company.lookup", CONFIG).references()
    assert [(one.kind, one.key) for one in found] == [("secret", "crm"), ("field", "city"), ("field", "visits")]


def test_the_trigger_tells_countries_apart():
    event = {"name": "company.found", "properties": {"country": "DE"}}
    assert kit.matches("company.found", {"country": "DE"}, event=event)
    assert kit.matches("company.found", {}, event=event)
    assert not kit.matches("company.found", {"country": "FR"}, event=event)
