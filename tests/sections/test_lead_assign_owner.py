"""lead.assign_owner."""

from collections import Counter

from campaigns.engine.subject import Subject
from campaigns.ids import new_ids
from tests.support.programs import lead
from tests.support.section_types import changed, check_contract, decide, errors, references, summary

NAME = "lead.assign_owner"
ANNA, BOB = "anna@acme.example", "bob@acme.example"


def test_the_contract():
    check_contract(NAME, "action", owner=ANNA)
    check_contract(NAME, "action", round_robin=[ANNA, BOB])


def test_one_way_is_chosen_and_only_one():
    assert list(errors(NAME)) == [""]
    assert list(errors(NAME, owner=ANNA, round_robin=[BOB])) == [""]
    assert list(errors(NAME, round_robin=[])) == [""]


def test_the_lead_has_the_owner_afterwards_and_twice_changes_nothing():
    ann = lead()
    assert changed(NAME, ann, owner=ANNA) == {"owner": [None, ANNA]}
    assert changed(NAME, ann, owner=ANNA) == {}


def test_members_in_turn_share_the_leads_evenly_and_each_lead_keeps_its_turn():
    turns = Counter()
    for lead_id in new_ids(1000):
        for form in (lead_id, lead_id.bytes):  # as PostgreSQL and as SQLite give it
            receipt = decide(NAME, Subject(form, {}), round_robin=[ANNA, BOB]).receipt
            turns[receipt["owner"]] += 1
    assert set(turns) == {ANNA, BOB}
    assert min(turns.values()) > 800
    assert all(count % 2 == 0 for count in turns.values())


def test_members_are_references_and_go_by_their_names():
    assert references(NAME, owner=ANNA) == {("user", ANNA, "/owner")}
    assert references(NAME, round_robin=[ANNA, BOB]) == {
        ("user", ANNA, "/round_robin/0"),
        ("user", BOB, "/round_robin/1"),
    }
    assert summary(NAME, owner=ANNA) == "Anna"
    assert summary(NAME, round_robin=[ANNA, BOB]) == "In turn: Anna, Bob"
