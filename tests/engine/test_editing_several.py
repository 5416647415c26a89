"""Several parts edited at once, and the clipboard: whatever is done, the document stays valid and no id comes twice."""

from __future__ import annotations

import copy
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.engine import editing
from campaigns.engine.extracting import extracted, replace_by_start, start_of
from campaigns.engine.pasting import Clip, copy_text, paste, read_clip
from campaigns.engine.placeholders import NAME
from campaigns.engine.selecting import chosen, remove_all, shift_all, switch_all
from campaigns.engine.validation import find_problems, parse
from campaigns.engine.wrapping import WRAPPERS, wrap
from campaigns.errors import Conflict, Invalid, NotFound
from tests.engine.test_editing import choice, finish, fresh, note, outline
from tests.support.programs import KINDS, VOCABULARY


def goto(key, target):
    return {"id": key, "type": "flow.goto", "config": {"section": target, "max_visits": 2}}


def heard(key, *sections):
    return {"id": key, "type": "event.received", "config": {"name": "x"}, "sections": list(sections)}


def make():
    return {
        "format": 1,
        "triggers": [{"id": "t1", "type": "lead.created", "config": {}}],
        "sections": [
            note("a"),
            choice("b", yes=[note("c"), note("d")], no=[finish("e")]),
            note("f", listeners=[heard("l", note("m"))]),
            note("g"),
        ],
    }


@pytest.fixture
def document():
    return make()


def pasted(document, place, text):
    clip = read_clip(text)
    assert clip is not None
    return paste(document, place, clip, fresh(), KINDS)


def problems(document):
    return [problem.message for problem in find_problems(parse(document, KINDS), KINDS, VOCABULARY)]


def test_what_is_inside_another_chosen_part_comes_with_it_in_the_order_drawn(document):
    assert chosen(document, ["g", "d", "b", "t1", "gone"]) == ["t1", "b", "g"]
    with pytest.raises(NotFound):
        chosen(document, ["gone"])


def test_all_chosen_are_removed_switched_and_moved_together(document):
    switch_all(document, ["a", "c"], disabled=True)
    assert [editing.find(document, key).item.get("disabled") for key in "abc"] == [True, None, True]
    shift_all(document, ["c", "d"], -1, KINDS)
    assert outline(document) == ["a", "c", "d", ["b", {"yes": [], "no": ["e"]}], "f", "g"]
    shift_all(document, ["c", "d"], 1, KINDS)
    assert outline(document) == ["a", ["b", {"yes": [], "no": ["e"]}], "c", "d", "f", "g"]
    assert [item["id"] for item in remove_all(document, ["g", "a"])] == ["a", "g"]


def test_a_block_that_can_not_move_stays_whole(document):
    before = copy.deepcopy(document)
    with pytest.raises(Conflict, match="first"):
        shift_all(document, ["a", "b"], -1, KINDS)
    assert document == before


def test_a_copy_has_ids_of_its_own_and_its_listeners(document):
    (made,) = pasted(document, "after:a", copy_text(document, ["f"]))
    assert outline(document)[:2] == ["a", made]
    copied = editing.find(document, made).item
    assert copied["listeners"][0]["sections"][0]["config"] == {"text": "m"}
    parse(document, KINDS)


def test_several_are_pasted_in_their_order_into_another_workflow(document):
    other = {"format": 1, "triggers": [], "sections": []}
    made = pasted(other, "start", copy_text(document, ["t1", "g", "b"]))
    assert [item["type"] for item in other["sections"]] == ["flow.if", "log.note"]
    assert [item["type"] for item in other["triggers"]] == ["lead.created"]
    assert len(made) == 3


def test_jumps_follow_the_copy_stay_where_they_can_and_are_told_where_not(document):
    document["sections"][1]["branches"]["yes"] += [goto("in", "c"), goto("out", "a")]
    text = copy_text(document, ["b"])
    (made,) = pasted(document, "after:g", text)
    first, _, inside, outside = editing.find(document, made).item["branches"]["yes"]
    assert inside["config"]["section"] == first["id"]
    assert outside["config"]["section"] == "a"
    other = {"format": 1, "triggers": [{"id": "x", "type": "manual", "config": {}}], "sections": []}
    (made,) = pasted(other, "start", text)
    lost = editing.find(other, made).item["branches"]["yes"][-1]
    assert (lost["name"], lost["disabled"]) == (NAME, True)
    assert "Go to a" in lost["config"]["text"]
    assert len(problems(other)) == 1


def test_a_jump_that_would_leave_a_listener_is_told(document):
    document["sections"].append(goto("j", "a"))
    (made,) = pasted(document, "listens:l", copy_text(document, ["j"]))
    placed = editing.find(document, "l").item["sections"][0]
    assert (placed["id"], placed["name"]) == (made, NAME)
    parse(document, KINDS)


def test_listeners_and_triggers_go_to_where_such_stand(document):
    text = copy_text(document, ["l"])
    pasted(document, "after:g", text)
    assert editing.find(document, "g").item["listeners"][0]["sections"][0]["config"] == {"text": "m"}
    with pytest.raises(Conflict, match="stays beside"):
        pasted(document, "triggers", text)
    with pytest.raises(Conflict, match="Triggers stand at the top"):
        pasted(document, "triggers", copy_text(document, ["a"]))


def test_a_restart_that_loses_its_section_is_a_problem(document):
    document["triggers"].append({"id": "t2", "type": "lead.created", "config": {}, "mode": "restart", "section": "a"})
    other = {"format": 1, "triggers": [], "sections": []}
    pasted(other, "start", copy_text(document, ["t2"]))
    assert problems(other) == ["a restart names the section it goes back to"]
    pasted(document, "start", copy_text(document, ["t2", "a"]))
    assert document["triggers"][-1]["section"] == document["sections"][0]["id"]


def test_what_is_missing_here_is_a_problem_and_no_error(document):
    document["sections"] = [{"id": "s", "type": "list.add", "config": {"list": "elsewhere"}}]
    pasted(document, "after:s", copy_text(document, ["s"]))
    assert problems(document) == ["there is no list elsewhere"] * 2


@pytest.mark.parametrize("text", ["", "hello", "[1]", '{"a": 1}', "If score > 50"])
def test_other_text_is_no_clip(text):
    assert read_clip(text) is None


def test_a_whole_document_is_a_clip_and_a_broken_one_is_refused(document):
    assert read_clip(json.dumps(document)) == Clip(document["triggers"], document["sections"])
    with pytest.raises(Invalid):
        read_clip('{"format": 1, "sections": [{"id": 1}]}')
    with pytest.raises(Conflict, match="nothing to paste"):
        pasted(document, "start", '{"format": 1, "sections": []}')


def test_neighbours_are_wrapped_into_the_first_branch(document):
    made = wrap(document, ["c", "d"], "flow.fork", fresh(), KINDS)
    assert outline(document)[1] == ["b", {"yes": [[made, {"first": ["c", "d"], "second": []}]], "no": ["e"]}]
    parse(document, KINDS)


@pytest.mark.parametrize("keys", [["a", "f"], ["a", "c"], ["t1"], ["l"]])
def test_what_does_not_stand_together_is_not_wrapped(document, keys):
    before = copy.deepcopy(document)
    with pytest.raises(Conflict):
        wrap(document, keys, "flow.if", fresh(), KINDS)
    assert document == before


def test_sections_become_a_workflow_that_is_started_in_their_place(document):
    made = extracted(document, ["g", "f"], fresh(), KINDS)
    assert [item["id"] for item in made["sections"]] == ["f", "g"]
    assert [item["type"] for item in made["triggers"]] == ["manual"]
    parse(made, KINDS)


def test_the_start_stands_where_the_sections_stood(document):
    start = start_of("onboarding", wait=True, name="Onboarding", key="n1")
    replace_by_start(document, ["f", "b"], start, KINDS)
    assert outline(document) == ["a", "n1", "g"]
    parse(document, KINDS)


@pytest.mark.parametrize(
    ("keys", "reason"),
    [
        (["b"], "would end the new workflow alone"),
        (["f"], "leads into what is selected"),
        (["g"], "leads out of what is selected"),
        (["h"], "a goal stays"),
        (["a", "g"], "right below"),
    ],
)
def test_what_means_something_else_in_another_workflow_is_not_extracted(document, keys, reason):
    document["sections"][3] = goto("g", "f" if keys == ["f"] else "a")
    document["sections"].append({"id": "h", "type": "flow.goal", "config": {"condition": {"has_tag": "x"}}})
    before = copy.deepcopy(document)
    with pytest.raises(Conflict, match=reason):
        extracted(document, keys, fresh(), KINDS)
    assert document == before


def test_what_leaves_a_branch_stays_with_the_section_that_opens_it(document):
    document["sections"][1]["branches"] = {"yes": [{"id": "c", "type": "flow.leave", "config": {}}]}
    with pytest.raises(Conflict, match="speak of a branch"):
        extracted(document, ["c"], fresh(), KINDS)
    assert extracted(document, ["b"], fresh(), KINDS)["sections"][0]["id"] == "b"


KEYS = st.lists(st.sampled_from([*"abcdefglm", "t1", "gone", "n1", "n2", "n3"]), min_size=1, max_size=4)
PLACES = st.sampled_from(
    ["triggers", "start", "after:a", "after:c", "in:b:no", "in:b:yes", "beside:f", "listens:l", "after:n1"]
)
STEPS = st.one_of(
    st.tuples(st.just("paste"), KEYS, PLACES),
    st.tuples(st.just("cut"), KEYS, PLACES),
    st.tuples(st.just("wrap"), KEYS, st.sampled_from([*WRAPPERS, "log.note"])),
    st.tuples(st.just("shift"), KEYS, st.sampled_from([-1, 1])),
    st.tuples(st.just("switch"), KEYS, st.booleans()),
    st.tuples(st.just("extract"), KEYS, st.booleans()),
)


@given(st.lists(STEPS, max_size=10))
def test_whatever_is_done_ids_are_unique_and_never_come_again(steps):
    new, current, ever = fresh(), make(), set()
    for word, keys, more in steps:
        tried = copy.deepcopy(current)
        try:
            do(tried, word, keys, more, new)
            parse(tried, KINDS)
        except (Conflict, NotFound):
            assert word == "cut" or tried == current  # a cut is two commands
            continue
        except Invalid:  # what would break a jump: the draft refuses it with the reason
            continue
        before, after = ids(current), ids(tried)
        assert len(after) == len(set(after))
        assert not (set(after) - set(before)) & ever
        ever |= set(before) | set(after)
        current = tried


def do(document, word, keys, more, new):
    if word in {"paste", "cut"}:
        clip = read_clip(copy_text(document, keys))
        if word == "cut":
            remove_all(document, keys)
        paste(document, more, clip, new, KINDS)
    elif word == "wrap":
        wrap(document, keys, more, new, KINDS)
    elif word == "shift":
        shift_all(document, keys, more, KINDS)
    elif word == "switch":
        switch_all(document, keys, disabled=more)
    else:
        parse(extracted(document, keys, new, KINDS), KINDS)
        replace_by_start(document, keys, start_of("onboarding", wait=more, name="", key=new()), KINDS)


def ids(document):
    return [item["id"] for lane in editing.lanes(document) for item in lane.items]
