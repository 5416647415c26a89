"""flow.switch."""

import pytest

from tests.support.programs import lead
from tests.support.section_types import check_contract, config, decide, errors, problems, summary

NAME = "flow.switch"


def above(score):
    return {"field": "lead.score", "op": "gte", "value": score}


CASES = [{"name": "hot", "condition": above(50)}, {"name": "warm", "condition": above(10)}]


def test_the_contract():
    check_contract(NAME, "condition", cases=CASES)


@pytest.mark.parametrize(
    ("cases", "path"),
    [
        ([], "/cases"),
        ([{"name": f"c{n}", "condition": above(n)} for n in range(20)], "/cases"),
        ([CASES[0], CASES[0]], ""),
        ([{"name": "otherwise", "condition": above(1)}], ""),
        ([{"name": " ", "condition": above(1)}], "/cases/0/name"),
        ([{"name": "x" * 81, "condition": above(1)}], "/cases/0/name"),
        ([CASES[0], {"name": "warm"}], "/cases/1/condition"),
    ],
)
def test_cases_have_names_of_their_own_and_conditions(cases, path):
    assert list(errors(NAME, cases=cases)) == [path]


def test_with_the_rest_there_are_as_many_branches_as_a_section_may_have():
    made = config(NAME, cases=[{"name": f"c{n}", "condition": above(n)} for n in range(19)])
    assert len(made.branches()) == 20


@pytest.mark.parametrize(("score", "taken", "tried"), [(50, "hot", 1), (10, "warm", 2), (9, "otherwise", 2)])
def test_the_first_case_that_holds_is_taken(score, taken, tried):
    answer = decide(NAME, lead(score=score), cases=CASES)
    assert answer.name == taken
    assert [entry["case"] for entry in answer.receipt["tried"]] == ["hot", "warm"][:tried]
    assert answer.receipt["tried"][0]["saw"] == score


def test_it_opens_its_cases_in_order_and_the_rest():
    assert config(NAME, cases=CASES).branches() == ("hot", "warm", "otherwise")


def test_problems_stand_at_their_case():
    cases = [CASES[0], {"name": "x", "condition": {"field": "lead.gone", "op": "is_set"}}]
    assert list(problems(NAME, cases=cases)) == ["/cases/1/condition/field"]


def test_the_card_names_the_cases():
    shown = summary(NAME, cases=CASES)
    assert shown.index("hot: ") < shown.index("warm: ")
