"""email.send."""

import pytest

from campaigns.engine.context import Context
from campaigns.engine.effects import SendEmail
from campaigns.engine.outcome import Done, Perform
from tests.support.programs import NOW, lead
from tests.support.section_types import check_contract, decide, errors, kind, problems, references, summary

NAME = "email.send"


def test_the_contract():
    check_contract(NAME, "action", template="welcome")
    check_contract(NAME, "action", template="welcome", **{"class": "marketing"}, sender=None)


def test_a_template_is_named_and_the_class_is_one_of_two():
    assert list(errors(NAME)) == ["/template"]
    assert list(errors(NAME, template="welcome", **{"class": "spam"})) == ["/class"]


def test_one_mail_is_planned_in_the_templates_class_unless_another_is_given():
    assert decide(NAME, template="welcome").effect == SendEmail("welcome", "transactional")
    assert decide(NAME, template="welcome", **{"class": "marketing"}).effect == SendEmail("welcome", "marketing")
    assert decide(NAME, template="gone").effect == SendEmail("gone", "marketing")


@pytest.mark.parametrize("address", [None, ""])
def test_a_lead_without_an_address_is_skipped_with_the_reason(address):
    answer = decide(NAME, lead(email=address), template="welcome")
    assert answer == Done(outcome="skipped", receipt={"reason": "the lead has no email address"})


def test_nobody_gets_no_mail():
    assert not isinstance(decide(NAME, view=Context(None, now=NOW), template="welcome"), Perform)


def test_a_sender_of_ones_own_is_said_to_come_later():
    assert problems(NAME, template="welcome", sender=None) == {}
    assert problems(NAME, template="welcome", sender="sales") == {
        "/sender": "senders of your own are not available yet"
    }


def test_the_template_is_a_reference_and_goes_by_its_name():
    assert references(NAME, template="welcome") == {("template", "welcome", "/template")}
    assert summary(NAME, template="welcome") == "Welcome mail"


def test_the_promise_of_delivery_stands_in_the_description():
    text = " ".join((kind(NAME).model.__doc__ or "").split())
    assert "if we crash at the wrong moment it may not arrive, and we will tell you" in text
    assert "if we crash at the wrong moment it may arrive twice" in text
