"""flow.if."""

import pytest

from campaigns.engine.outcome import Branch
from tests.support.programs import lead
from tests.support.section_types import check_contract, config, decide, errors, problems, summary

NAME = "flow.if"
HOT = {"field": "lead.score", "op": "gte", "value": 50}


def test_the_contract():
    check_contract(NAME, "condition", condition=HOT)


def test_a_condition_is_asked_for_and_read_whole():
    assert list(errors(NAME)) == ["/condition"]
    assert list(errors(NAME, condition={"any": [HOT, {"field": "score", "op": "gte", "value": 1}]})) == [
        "/condition/any/1/field"
    ]


@pytest.mark.parametrize(("score", "branch"), [(50, "yes"), (49, "no")])
def test_the_branch_follows_the_condition_and_the_receipt_says_why(score, branch):
    answer = decide(NAME, lead(score=score), condition=HOT)
    assert isinstance(answer, Branch)
    assert answer.name == branch
    assert (answer.receipt["saw"], answer.receipt["value"]) == (score, 50)


def test_it_opens_yes_and_no():
    assert config(NAME, condition=HOT).branches() == ("yes", "no")


def test_a_condition_that_does_not_fit_the_field_is_a_problem():
    assert list(problems(NAME, condition={"not": {"field": "lead.city", "op": "gte", "value": 1}})) == [
        "/condition/not/op"
    ]


def test_the_card_says_the_condition_in_words():
    assert "50" in summary(NAME, condition=HOT)
    assert "Hot leads" in summary(NAME, condition={"in_list": "hot"})
