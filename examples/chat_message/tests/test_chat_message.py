"""What chat.message promises and does, asked with the kit that Campaigns ships."""

import json

import campaigns_chat_message
import pytest
from campaigns.sections.performing import GiveUp, TryLater
from campaigns.sections.testing import Kit, answer

kit = Kit(campaigns_chat_message)
HOOK = "https://chat.example.com/hooks/abc"
CONFIG = {"webhook": "crm", "text": {"template": "{{ lead.email }} has {{ lead.score }} points"}}


def post(*answers, **given):
    return kit.perform("chat.message", CONFIG, answers=answers, secrets={"crm": HOOK}, **given)


def test_it_keeps_what_every_type_promises():
    kit.check("chat.message", CONFIG)


def test_it_posts_the_finished_text_to_the_secret_s_address():
    run = post(answer(200, body=b"ok"), lead={"score": 70})
    assert run.sent[0].url == HOOK
    assert json.loads(run.sent[0].body) == {"text": "ann@example.com has 70 points"}
    assert run.outcome.name == "sent"


def test_a_chat_that_is_busy_is_asked_again_when_it_says():
    with pytest.raises(TryLater) as caught:
        post(answer(429, headers={"Retry-After": "30"}))
    assert caught.value.after_seconds == 30


def test_a_chat_that_refuses_is_not_asked_again():
    with pytest.raises(GiveUp):
        post(answer(404))


def test_a_template_with_a_mistake_and_a_secret_that_is_not_there_are_told():
    problems = kit.problems("chat.message", {**CONFIG, "text": {"template": "{{ led.email }}"}})
    assert problems == {"/text/template": "there is nothing called led.email"}
    assert [(one.kind, one.key) for one in kit.config("chat.message", CONFIG).references()] == [("secret", "crm")]


def test_what_is_missing_in_a_text_is_noted():
    config = {**CONFIG, "text": {"template": "Hello {{ lead.phone }}"}}
    run = kit.perform("chat.message", config, answers=[answer(204)], secrets={"crm": HOOK})
    assert run.outcome.receipt["missing"] == ["lead.phone"]
