"""email.notify: who is told, each once, and from which template."""

import pytest

from campaigns.engine.effects import Notify
from campaigns.engine.outcome import Done
from tests.support.programs import context, lead
from tests.support.section_types import check_contract, decide, errors, references

NAME = "email.notify"
ANNA, BOB = "anna@acme.example", "bob@acme.example"


def told(view=None, **to):
    return decide(NAME, view=view, to=to).effect.recipients


def test_the_contract():
    check_contract(NAME, "action", to={"owner": True})
    check_contract(NAME, "action", to={"users": [ANNA], "addresses": ["x@example.com"]}, template="welcome")


def test_somebody_has_to_be_named_and_addresses_are_addresses():
    assert list(errors(NAME, to={})) == ["/to"]
    assert list(errors(NAME, to={"addresses": ["nobody"]})) == ["/to/addresses"]


def test_it_refers_to_what_it_names():
    to = {"users": [ANNA], "tenants": ["acme"]}
    assert references(NAME, to=to, template="welcome") == {
        ("template", "welcome", "/template"), ("user", ANNA, "/to/users/0"), ("tenant", "acme", "/to/tenants/0"),
    }  # fmt: skip


def test_everybody_is_told_once_whatever_names_them():
    members = {("tenant", "acme"): [ANNA, BOB], ("type", "dealer"): ["Bob@acme.example", "dee@dealer.example"]}
    view = context(lead(owner=ANNA), members=members)
    assert told(view, owner=True, users=[BOB], tenants=["acme"], organisation_types=["dealer"]) == (
        ANNA, BOB, "dee@dealer.example",
    )  # fmt: skip


def test_the_default_template_or_ones_own():
    assert decide(NAME, to={"users": [ANNA]}).effect == Notify("notification", (ANNA,))
    assert decide(NAME, to={"users": [ANNA]}, template="welcome").effect == Notify("welcome", (ANNA,))


def test_with_nobody_to_tell_it_is_skipped_and_says_so():
    answer = decide(NAME, view=context(lead(owner=None)), to={"owner": True})
    assert answer == Done(outcome="skipped", receipt={"reason": "there is nobody to tell"})


@pytest.mark.parametrize("count", [100, 130])
def test_a_notice_goes_to_a_hundred_at_most(count):
    members = {("tenant", "acme"): [f"p{n}@acme.example" for n in range(count)]}
    answer = decide(NAME, view=context(members=members), to={"tenants": ["acme"]})
    assert len(answer.effect.recipients) == 100
    assert ("left_out" in answer.receipt) is (count > 100)
