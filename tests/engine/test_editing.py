"""Editing a document by the ids of its parts: what is asked for happens, and nothing else is touched."""

from __future__ import annotations

import copy
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.engine import editing
from campaigns.engine.validation import parse
from campaigns.errors import Conflict, NotFound
from tests.support.programs import KINDS

YES_NO = {"condition": {"field": "lead.score", "op": "gte", "value": 50}}


def note(key, **more):
    return {"id": key, "type": "log.note", "config": {"text": key}, **more}


def choice(key, **branches):
    return {"id": key, "type": "flow.if", "config": YES_NO, "branches": branches}


def finish(key):
    return {"id": key, "type": "flow.finish", "config": {}}


@pytest.fixture
def document():
    return {
        "format": 1,
        "triggers": [{"id": "t1", "type": "lead.created", "config": {}}],
        "sections": [note("a"), choice("b", yes=[note("c"), note("d")], no=[finish("e")]), note("f")],
    }


def outline(document):
    """Return the ids as nested lists."""

    def told(items):
        return [
            [item["id"], {name: told(inner) for name, inner in item["branches"].items()}]
            if "branches" in item
            else item["id"]
            for item in items
        ]

    return told(document["sections"])


def fresh():
    numbers = count(1)
    return lambda: f"n{next(numbers)}"


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ("start", ["x", "a", ["b", {"yes": ["c", "d"], "no": ["e"]}], "f"]),
        ("after:a", ["a", "x", ["b", {"yes": ["c", "d"], "no": ["e"]}], "f"]),
        ("after:f", ["a", ["b", {"yes": ["c", "d"], "no": ["e"]}], "f", "x"]),
        ("after:c", ["a", ["b", {"yes": ["c", "x", "d"], "no": ["e"]}], "f"]),
        ("in:b:no", ["a", ["b", {"yes": ["c", "d"], "no": ["x", "e"]}], "f"]),
    ],
)
def test_a_section_goes_where_the_place_says(document, place, expected):
    editing.insert(document, place, note("x"), KINDS)
    assert outline(document) == expected


def test_a_branch_that_was_empty_takes_its_first_section(document):
    document["sections"].append(choice("g"))
    editing.insert(document, "in:g:no", note("x"), KINDS)
    assert document["sections"][-1]["branches"] == {"no": [note("x")]}


@pytest.mark.parametrize("place", ["after:gone", "in:gone:yes", "nowhere", "in:b", "after:"])
def test_a_place_that_is_gone_is_said(document, place):
    with pytest.raises(NotFound):
        editing.insert(document, place, note("x"), KINDS)


def test_triggers_stand_with_the_triggers_alone(document):
    trigger = {"id": "t2", "type": "manual", "config": {}}
    with pytest.raises(Conflict, match="Triggers stand at the top"):
        editing.insert(document, "after:a", trigger, KINDS)
    with pytest.raises(Conflict, match="Triggers stand at the top"):
        editing.insert(document, "triggers", note("x"), KINDS)
    editing.insert(document, "triggers", trigger, KINDS)
    assert [item["id"] for item in document["triggers"]] == ["t1", "t2"]


def test_nothing_stands_where_it_would_never_be_reached(document):
    with pytest.raises(Conflict, match="after the end"):
        editing.insert(document, "after:e", note("x"), KINDS)
    with pytest.raises(Conflict, match="never be reached"):
        editing.insert(document, "after:a", finish("x"), KINDS)
    editing.insert(document, "after:d", finish("x"), KINDS)


def test_what_would_nest_too_deep_is_refused_with_all_that_comes_along(document):
    place = "start"
    for number in range(editing.MAX_DEPTH - 1):
        editing.insert(document, place, choice(f"deep{number}"), KINDS)
        place = f"in:deep{number}:yes"
    with pytest.raises(Conflict, match="20 deep"):
        editing.insert(document, place, choice("x", yes=[note("y")]), KINDS)
    editing.insert(document, place, note("y"), KINDS)


def test_a_workflow_has_no_more_sections_than_it_may(document):
    document["sections"] = [note(f"s{number}") for number in range(editing.MAX_SECTIONS)]
    with pytest.raises(Conflict, match="at most 500"):
        editing.insert(document, "start", note("x"), KINDS)


def test_removing_takes_the_branches_along(document):
    assert editing.remove(document, "b")["id"] == "b"
    assert outline(document) == ["a", "f"]


def test_a_copy_stands_right_after_with_ids_of_its_own_and_jumps_within_itself(document):
    jump = {"id": "j", "type": "flow.goto", "config": {"section": "c", "max_visits": 2}}
    document["sections"][1]["branches"]["yes"].append(jump)
    made = editing.duplicate(document, "b", fresh(), KINDS)
    copied = document["sections"][2]
    assert made == copied["id"] == "n1"
    assert copied["branches"]["yes"][-1]["config"]["section"] == copied["branches"]["yes"][0]["id"]
    assert document["sections"][1]["branches"]["yes"][-1] == jump


def test_moving_takes_the_branches_along_and_never_into_itself(document):
    editing.move(document, "b", "after:f", KINDS)
    assert outline(document) == ["a", "f", ["b", {"yes": ["c", "d"], "no": ["e"]}]]
    before = copy.deepcopy(document)
    for place in ("in:b:yes", "after:c"):
        with pytest.raises(Conflict, match="into itself"):
            editing.move(document, "b", place, KINDS)
    editing.move(document, "b", "after:b", KINDS)
    assert document == before


def test_a_section_leaves_its_branch_at_either_end(document):
    editing.shift(document, "c", -1, KINDS)
    assert outline(document) == ["a", "c", ["b", {"yes": ["d"], "no": ["e"]}], "f"]
    editing.shift(document, "d", 1, KINDS)
    assert outline(document) == ["a", "c", ["b", {"yes": [], "no": ["e"]}], "d", "f"]


def test_the_first_and_the_last_say_so(document):
    with pytest.raises(Conflict, match="first"):
        editing.shift(document, "a", -1, KINDS)
    with pytest.raises(Conflict, match="last"):
        editing.shift(document, "f", 1, KINDS)


def test_an_end_does_not_move_above_others(document):
    editing.insert(document, "after:f", finish("x"), KINDS)
    with pytest.raises(Conflict, match="never be reached"):
        editing.shift(document, "x", -1, KINDS)
    assert outline(document)[-1] == "x"


def test_a_section_is_switched_off_and_on(document):
    editing.switch(document, "a", disabled=True)
    assert document["sections"][0] == note("a", disabled=True)
    editing.switch(document, "a", disabled=False)
    assert document["sections"][0] == note("a")


def test_new_content_keeps_id_and_branches(document):
    changed = {"type": "flow.if", "name": "Hot?", "config": YES_NO}
    editing.replace(document, "b", changed, ("yes", "no"), ("yes", "no"))
    assert document["sections"][1]["name"] == "Hot?"
    assert outline(document) == ["a", ["b", {"yes": ["c", "d"], "no": ["e"]}], "f"]


def test_a_renamed_branch_keeps_its_sections_and_one_that_is_gone_may_have_none(document):
    item = {"type": "flow.switch", "config": {}}
    document["sections"].append({"id": "s", **item, "branches": {"hot": [note("x")], "cold": [], "otherwise": []}})
    before = ("hot", "cold", "otherwise")
    editing.replace(document, "s", item, ("warm", "cold", "otherwise"), before)
    assert document["sections"][-1]["branches"] == {"warm": [note("x")], "cold": [], "otherwise": []}
    editing.replace(document, "s", item, ("warm", "otherwise"), ("warm", "cold", "otherwise"))
    assert document["sections"][-1]["branches"] == {"warm": [note("x")], "otherwise": []}
    with pytest.raises(Conflict, match="“warm” still has 1 section"):
        editing.replace(document, "s", item, ("otherwise",), ("warm", "otherwise"))


KEYS = st.sampled_from([*"abcdef", "t1", "gone"])
PLACES = st.one_of(
    st.sampled_from(["triggers", "start"]),
    KEYS.map(lambda key: f"after:{key}"),
    st.sampled_from(["in:b:yes", "in:b:no"]),
)
STEPS = st.one_of(
    st.tuples(st.just("move"), KEYS, PLACES),
    st.tuples(st.just("duplicate"), KEYS),
    st.tuples(st.just("remove"), KEYS),
    st.tuples(st.just("shift"), KEYS, st.sampled_from([-1, 1])),
    st.tuples(st.just("insert"), PLACES, st.sampled_from([note("x"), choice("x"), finish("x")])),
)


@given(st.lists(STEPS, max_size=12))
def test_whatever_is_done_the_document_can_be_read_and_no_section_is_lost(steps):
    number = fresh()
    current = {
        "format": 1,
        "triggers": [{"id": "t1", "type": "lead.created", "config": {}}],
        "sections": [note("a"), choice("b", yes=[note("c"), note("d")], no=[finish("e")]), note("f")],
    }
    for word, *given_ in steps:
        tried = copy.deepcopy(current)
        try:
            _do(tried, word, given_, number)
        except (Conflict, NotFound):
            continue
        parse(tried, KINDS)
        if word in {"move", "shift"}:
            assert sorted(_ids(tried)) == sorted(_ids(current))
        current = tried


def _do(document, word, given_, number):
    if word == "duplicate":
        editing.duplicate(document, given_[0], number, KINDS)
    elif word == "insert":
        editing.insert(document, given_[0], editing.with_new_ids(given_[1], number), KINDS)
    elif word == "remove":
        editing.remove(document, given_[0])
    else:
        getattr(editing, word)(document, *given_, KINDS)


def _ids(document):
    return [item["id"] for lane in editing.lanes(document) for item in lane.items]
