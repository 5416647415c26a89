"""What a type declares that it needs is what it gets: hosts, secrets, fields, and whether it sets any."""

from __future__ import annotations

import sys

import pytest
from pydantic import Field

from campaigns.engine.outcome import Fail
from campaigns.outgoing.call import Forbidden
from campaigns.sections.base import section
from campaigns.sections.describing import describe, markdown
from campaigns.sections.needs import UNDECLARED, Needs
from campaigns.sections.performing import Job, Performed, Performing
from campaigns.sections.registry import BadSection, Registry
from campaigns.sections.testing import Kit, broken_promises, context

KEY = {"reference": "secret"}


@section("test.narrow", role="action", label="Narrow")
class Narrow(Performing):
    """Calls what its config says, and tells what it was given."""

    needs = Needs(
        network=["api.example.com", "*.example.org"], secrets=["token"], lead_fields=["email"], writes_lead=False
    )

    url: str = Field("https://api.example.com/", title="Address")
    token: str | None = Field(None, title="Token", json_schema_extra=KEY)
    other: str | None = Field(None, title="Other", json_schema_extra=KEY)
    fields: dict[str, str] = Field(default_factory=dict, title="Fields")

    def perform(self, job: Job) -> Performed:
        job.send("GET", self.url)
        return Performed(fields=self.fields, receipt={"asked": job.asked, "secrets": sorted(job.secrets)})


kit = Kit(sys.modules[__name__])


def run(config, **given):
    return kit.perform("test.narrow", config, secrets={"crm": "x", "erp": "y"}, **given)


@pytest.mark.parametrize("host", ["api.example.com", "API.example.com.", "eu.api.example.org"])
def test_declared_hosts_are_called(host):
    assert len(run({"url": f"https://{host}/x"}).sent) == 1


@pytest.mark.parametrize("host", ["example.com", "example.org", "api.example.com.evil.test", "evilexample.org", "x"])
def test_no_other_host_is_called(host):
    with pytest.raises(Forbidden, match="does not declare that it calls"):
        run({"url": f"https://{host}/x"})


def test_only_the_secrets_of_declared_keys_are_handed_over():
    assert run({"token": "crm", "other": "erp"}).performed["receipt"]["secrets"] == ["crm"]


def test_only_declared_fields_of_the_lead_are_handed_over_in_the_event_as_well():
    event = {"name": "lead.changed", "changes": {"fields": {"city": ["a", "b"], "email": ["c", "d"]}, "owner": [1, 2]}}
    asked = run({}, lead={"city": "Rome"}, event=event).performed["receipt"]["asked"]
    assert asked["lead"] == {"email": "ann@example.com"}
    assert asked["event"]["changes"] == {"fields": {"email": ["c", "d"]}}


def test_a_type_that_declares_to_set_no_field_sets_none():
    outcome = run({"fields": {"city": "Rome"}}).outcome
    assert isinstance(outcome, Fail)
    assert "declares that it sets none" in outcome.reason


def test_what_it_needs_stands_in_its_docs():
    docs = describe(kit.kinds["test.narrow"], kit.kinds)
    assert docs.needs == (
        "Calls `api.example.com`, `*.example.org` by our sender.",
        "Reads the secrets named in `token`.",
        "Is handed of the lead: `email`.",
        "Sets no field of the lead.",
    )
    assert "- Sets no field of the lead.\n" in markdown(docs)


def test_a_type_that_declares_nothing_is_told_so_and_gets_what_it_always_got():
    assert next(iter(UNDECLARED.sentences())) == "Calls any host by our sender."
    view = context()
    assert UNDECLARED.narrowed(view) is view


@pytest.mark.parametrize(
    "wrong",
    [{"network": ["https://x/"]}, {"network": "*"}, {"network": ["*x"]}, {"secrets": "crm"}, {"lead_fields": "email"}],
)
def test_needs_that_are_none_are_refused(wrong):
    with pytest.raises(ValueError):
        Needs(**wrong)


def test_a_module_whose_needs_are_something_else_is_not_registered(monkeypatch):
    monkeypatch.setattr(Narrow, "needs", {"network": ["*"]})
    with pytest.raises(BadSection, match="no Needs"):
        Registry().add_module(sys.modules[__name__], plugin="narrow")


def test_the_kit_finds_a_secret_of_a_key_that_the_config_does_not_have(monkeypatch):
    monkeypatch.setattr(Narrow, "needs", Needs(secrets=["nothing"]))
    assert any("nothing" in promise for promise in broken_promises(kit.kinds["test.narrow"], {}))
