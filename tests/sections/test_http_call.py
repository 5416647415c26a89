"""http.call: what is asked for, rendered; secrets by name alone; what the answer does."""

import pytest

from campaigns.engine.effects import HttpCall
from campaigns.engine.kinds import Vocabulary
from campaigns.engine.outcome import Branch
from campaigns.engine.validation import find_problems, parse
from tests.support.programs import KINDS, VOCABULARY, context, document, item, lead
from tests.support.section_types import check_contract, config, decide, errors

NAME = "http.call"
URL = "https://crm.example.com/{{ lead.status }}"


def test_the_contract():
    check_contract(NAME, "action", url=URL)
    check_contract(NAME, "action", url=URL, method="PUT", headers={"X": "y"}, body="{}", save_as="crm", retries=8)


def test_address_headers_and_body_are_rendered():
    view = context(lead(score=7), state={"n": {"a": 1}})
    asked = decide(NAME, view=view, url=URL, headers={"X-Score": "{{ lead.score }}"}, body="{{ state.n }}")
    assert asked.wait
    assert asked.effect == HttpCall(
        "POST", "https://crm.example.com/new", {"X-Score": [{"text": "7"}]}, '{"a": 1}', 2, 30, None
    )


def test_a_secret_is_named_and_not_rendered():
    asked = decide(NAME, url=URL, headers={"Authorization": "Bearer {{ secrets.crm }}!"})
    assert asked.effect.headers == {"Authorization": [{"text": "Bearer "}, {"secret": "crm"}, {"text": "!"}]}
    raw = parse(document(item(NAME, "s", url=URL, headers={"A": "{{ secrets.none }}"}, sign_with="key")), KINDS)
    found = [problem.message for problem in find_problems(raw, KINDS, VOCABULARY)]
    assert found == ["there is no secret none", "there is no secret key"]
    known = Vocabulary(secrets={"none": "None", "key": "Key"})
    assert find_problems(raw, KINDS, known) == []


@pytest.mark.parametrize(
    ("bad", "path"),
    [
        ({"url": "{{ lead.email"}, "/url"),
        ({"url": ""}, "/url"),
        ({"url": URL, "method": "TRACE"}, "/method"),
        ({"url": URL, "retries": 9}, "/retries"),
        ({"url": URL, "headers": {"A b": "x"}}, "/headers"),
        ({"url": URL, "save_as": "a b"}, "/save_as"),
        ({}, "/url"),
    ],
)
def test_what_does_not_fit_is_refused_at_its_place(bad, path):
    assert list(errors(NAME, **bad)) == [path]


def test_an_unknown_variable_is_a_problem():
    raw = parse(document(item(NAME, "s", url="https://x.example/{{ lead.nothing }}")), KINDS)
    assert [p.path for p in find_problems(raw, KINDS, VOCABULARY)] == ["/sections/0/config/url"]


@pytest.mark.parametrize(
    ("answer", "branch"),
    [
        ({"status": 200}, "ok"),
        ({"status": 204}, "ok"),
        ({"status": 302}, "error"),
        ({"status": 404}, "error"),
        ({"status": None, "error": "nobody there"}, "error"),
        (None, "error"),
    ],
)
def test_the_answer_says_the_branch(answer, branch):
    found = config(NAME, url=URL).resume(context(answer=answer))
    assert isinstance(found, Branch)
    assert (found.name, found.effects) == (branch, ())


def test_the_answer_is_kept_when_asked():
    answer = {"status": 200, "body": {"a": 1}, "headers": {}, "tries": 1}
    (effect,) = config(NAME, url=URL, save_as="crm").resume(context(answer=answer)).effects
    assert effect.values == {"crm": {"status": 200, "body": {"a": 1}, "headers": {}}}
