"""task.create."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from campaigns.engine.effects import AddTask
from campaigns.engine.subject import Subject
from tests.support.programs import NOW, context, lead
from tests.support.section_types import changed, check_contract, decide, errors, problems, references, summary

NAME = "task.create"
ANNA = "anna@acme.example"


def test_the_contract():
    check_contract(NAME, "action", title="Call")
    template = {"template": "Call {{ lead.first_name }}"}
    check_contract(NAME, "action", title=template, text=template, assignee=ANNA, due_in={"days": 2})


@pytest.mark.parametrize(
    ("title", "message"),
    [
        ("", "must not be empty"),
        ("  ", "must not be empty"),
        ("x" * 201, "must have at most 200 characters"),
        (None, 'must be text, or {"template": "…"}'),
        (7, 'must be text, or {"template": "…"}'),
        ({"template": 7}, 'must be text, or {"template": "…"}'),
    ],
)
def test_a_title_is_a_line_of_text_or_a_template(title, message):
    assert errors(NAME, title=title) == {"/title": message}


def test_other_settings_that_do_not_fit():
    assert list(errors(NAME)) == ["/title"]
    assert errors(NAME, title="Call", text="x" * 4001) == {"/text": "must have at most 4000 characters"}
    assert list(errors(NAME, title="Call", assignee="")) == ["/assignee"]
    assert list(errors(NAME, title="Call", due_in={"days": -1})) == ["/due_in/days"]


def test_the_owner_gets_it_and_without_one_it_is_nobodys():
    assert decide(NAME, lead(owner=ANNA), title="Call", assignee="owner").effects == (AddTask("Call", assignee=ANNA),)
    assert decide(NAME, lead(owner=None), title="Call", assignee="owner").effects == (AddTask("Call"),)


def test_a_member_gets_it_whoever_owns_the_lead():
    answer = decide(NAME, lead(owner="bob@acme.example"), title="Call", assignee=ANNA)
    assert answer.effects == (AddTask("Call", assignee=ANNA),)
    assert answer.receipt == {"title": "Call", "assignee": ANNA}


def test_templates_are_filled_in_and_literal_text_stays():
    view = context(lead(score=7), event={"plan": "pro"})
    title, text = {"template": "{{ lead.score }}\n points"}, {"template": "{{ event.plan }}"}
    answer = decide(NAME, view=view, title=title, text=text)
    assert answer.effects == (AddTask("7 points", "pro"),)
    assert decide(NAME, title="Call {{ lead.score }}").effects[0].title == "Call {{ lead.score }}"


def test_what_is_missing_is_noted_and_an_empty_title_says_so():
    answer = decide(NAME, title={"template": "{{ event.plan }}"})
    assert answer.effects[0].title == "Untitled task"
    assert answer.receipt["missing"] == ["event.plan"]


def test_what_grows_is_cut():
    view = context(lead(), event={"long": "x" * 5000})
    template = {"template": "{{ event.long }}"}
    task = decide(NAME, view=view, title=template, text=template).effects[0]
    assert (len(task.title), len(task.text)) == (200, 4000)


def test_it_is_due_by_the_calendar_and_clock_of_the_zone():
    view = context(lead(), now=datetime(2026, 3, 28, 9, tzinfo=UTC), time_zone=ZoneInfo("Europe/Berlin"))
    answer = decide(NAME, view=view, title="Call", due_in={"days": 1})
    assert answer.effects[0].due_at == datetime(2026, 3, 29, 8, tzinfo=UTC)  # still 10:00 in Berlin
    assert answer.receipt["due_at"] == "2026-03-29T08:00:00Z"
    assert decide(NAME, view=context(lead()), title="Call", due_in="00:00:00").effects[0].due_at == NOW


def test_it_hangs_on_the_lead_until_it_is_written_and_changes_nothing_of_it():
    ann = lead(owner=ANNA)
    assert changed(NAME, ann, title="Call") == {}
    assert ann.tasks == [AddTask("Call", assignee=ANNA)]
    assert Subject(ann.id, {}).tasks == []


def test_without_a_lead_there_is_nothing_to_do():
    view = context()
    view.subject = None
    assert decide(NAME, view=view, title="Call").outcome == "skipped"


def test_members_are_references_and_the_owner_is_none():
    assert references(NAME, title="Call", assignee=ANNA) == {("user", ANNA, "/assignee")}
    assert references(NAME, title="Call", assignee="owner") == set()


def test_templates_that_can_not_work_are_problems():
    assert problems(NAME, title={"template": "{{ lead.gone }}"}) == {
        "/title/template": "there is nothing called lead.gone"
    }
    assert problems(NAME, title="Call", text={"template": "{{ lead.gone }}"}) == {
        "/text/template": "there is nothing called lead.gone"
    }
    assert errors(NAME, title={"template": "{{ lead.email"}) == {"/title": "{{ is never closed: }} is missing"}


def test_the_card_says_what_for_whom_and_when():
    assert summary(NAME, title="Call") == "“Call” for the owner"
    shown = summary(NAME, title={"template": "Call {{ lead.first_name }}"}, assignee=ANNA, due_in={"days": 2})
    assert shown == "“Call {{ lead.first_name }}” for Anna, due in 2 days"
