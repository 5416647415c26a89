"""log.note."""

from campaigns.engine.effects import AddNote
from tests.support.programs import context, lead
from tests.support.section_types import check_contract, decide, errors, problems, summary

NAME = "log.note"


def test_the_contract():
    check_contract(NAME, "action", text="Called")


def test_a_note_has_a_text_of_at_most_4000_characters():
    assert list(errors(NAME)) == ["/text"]
    assert list(errors(NAME, text="")) == ["/text"]
    assert list(errors(NAME, text="x" * 4001)) == ["/text"]


def test_variables_are_filled_in():
    answer = decide(
        NAME, view=context(lead(score=7), event={"plan": "pro"}), text="{{ lead.score }} on {{ event.plan }}"
    )
    assert answer.effects == (AddNote("7 on pro"),)
    assert answer.receipt is None


def test_what_is_missing_is_empty_and_noted():
    answer = decide(NAME, text="Plan {{ event.plan }}.")
    assert answer.effects == (AddNote("Plan ."),)
    assert answer.receipt == {"missing": ["event.plan"]}


def test_a_note_that_grows_is_cut_at_4000_characters():
    answer = decide(NAME, view=context(event={"long": "x" * 5000}), text="{{ event.long }}")
    assert len(answer.effects[0].text) == 4000


def test_templates_that_can_not_work_are_problems():
    assert problems(NAME, text="{{ lead.gone }}") == {"/text": "there is nothing called lead.gone"}
    assert problems(NAME, text="{{ lead.email") == {"/text": "{{ is never closed: }} is missing"}
    assert problems(NAME, text="{{ lead.email }} {{ state.any.thing }}") == {}


def test_the_card_shows_the_text():
    assert summary(NAME, text="Called") == "Called"
