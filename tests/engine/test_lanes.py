"""Listeners as parts of a document: found, added, moved, copied, removed and compared like all others."""

import copy
from itertools import count

import pytest

from campaigns.engine import editing
from campaigns.engine.comparing import compare
from campaigns.engine.lanes import lanes
from campaigns.engine.validation import parse
from campaigns.errors import Conflict, NotFound
from tests.support.lines import listener, note
from tests.support.programs import KINDS, item

HEARD = {"type": "event.received", "config": {"name": "paid"}}


@pytest.fixture
def document():
    return {
        "format": 1,
        "triggers": [{"id": "t1", "type": "lead.created", "config": {}}],
        "sections": [note("a") | {"listeners": [listener("l1", "clicked", note("x"))]}, note("b")],
    }


def names(document, section="a"):
    return [one["id"] for one in editing.find(document, section).item.get("listeners", [])]


def test_a_listener_is_found_by_its_id(document):
    assert editing.find(document, "l1").item["type"] == "event.received"
    assert editing.find(document, "x").lane.owner["id"] == "l1"


def test_one_is_added_as_the_last_beside_a_section(document):
    editing.insert(document, "beside:a", {"id": "l2", **HEARD, "mode": "exit"}, KINDS)
    editing.insert(document, "beside:b", {"id": "l3", **HEARD}, KINDS)
    assert (names(document), names(document, "b")) == (["l1", "l2"], ["l3"])
    assert editing.find(document, "l2").item == {"id": "l2", **HEARD, "sections": []}
    parse(document, KINDS)


def test_only_triggers_stand_beside_a_section_and_only_sections_in_what_one_runs(document):
    with pytest.raises(Conflict, match="Triggers stand"):
        editing.insert(document, "beside:a", note("y"), KINDS)
    with pytest.raises(Conflict, match="Triggers stand"):
        editing.insert(document, "listens:l1", {"id": "t9", **HEARD}, KINDS)


@pytest.mark.parametrize("place", ["beside:t1", "beside:l1", "listens:a", "listens:gone", "in:l1:yes", "nowhere:a"])
def test_what_is_no_place_is_not_found(document, place):
    with pytest.raises(NotFound):
        editing.gap(document, place)


def test_a_section_is_added_to_what_a_listener_runs(document):
    editing.insert(document, "listens:l1", note("y"), KINDS)
    assert [part["id"] for part in editing.find(document, "l1").item["sections"]] == ["y", "x"]


def test_another_config_keeps_what_a_listener_runs(document):
    editing.replace(document, "l1", {**HEARD, "times": {"every": True}}, (), ())
    assert editing.find(document, "l1").item == {"id": "l1", **HEARD, "times": {"every": True}, "sections": [note("x")]}


def test_another_config_keeps_the_listeners_of_a_section(document):
    editing.replace(document, "a", {"type": "log.note", "config": {"text": "new"}}, (), ())
    assert names(document) == ["l1"]


def test_a_listener_goes_to_another_section_with_what_it_runs(document):
    editing.move(document, "l1", "beside:b", KINDS)
    assert names(document, "b") == ["l1"]
    assert "listeners" not in editing.find(document, "a").item
    assert editing.find(document, "x").lane.owner["id"] == "l1"


def test_a_listener_that_runs_sections_does_not_become_a_trigger(document):
    with pytest.raises(Conflict, match="stays beside"):
        editing.move(document, "l1", "triggers", KINDS)
    editing.remove(document, "x")
    editing.move(document, "l1", "triggers", KINDS)
    assert [one["id"] for one in document["triggers"]] == ["t1", "l1"]
    parse(document, KINDS)


def test_a_section_does_not_go_into_its_own_listener(document):
    with pytest.raises(Conflict, match="into itself"):
        editing.move(document, "a", "listens:l1", KINDS)


def test_a_copy_of_a_section_has_listeners_of_its_own(document):
    numbers = count(1)
    copied = editing.duplicate(document, "a", lambda: f"n{next(numbers)}", KINDS)
    assert names(document, copied) == ["n2"]
    ids = [one["id"] for lane in lanes(document) for one in lane.items]
    assert len(ids) == len(set(ids))


def test_the_last_listener_leaves_no_trace(document):
    assert editing.ids_in(editing.remove(document, "l1")) == ["l1", "x"]
    assert "listeners" not in document["sections"][0]


def test_the_order_of_listeners_is_changed_among_them(document):
    editing.insert(document, "beside:a", {"id": "l2", **HEARD}, KINDS)
    editing.shift(document, "l2", -1, KINDS)
    assert names(document) == ["l2", "l1"]
    with pytest.raises(Conflict, match="first already"):
        editing.shift(document, "l2", -1, KINDS)


@pytest.mark.parametrize("step", [-1, 1])
def test_what_a_listener_runs_is_left_by_moving_and_not_by_its_order(document, step):
    with pytest.raises(Conflict, match="already"):
        editing.shift(document, "x", step, KINDS)


def test_listeners_do_not_count_as_sections(document, monkeypatch):
    monkeypatch.setattr("campaigns.engine.editing.MAX_SECTIONS", 3)
    editing.insert(document, "beside:a", {"id": "l2", **HEARD}, KINDS)
    with pytest.raises(Conflict, match="at most 3"):
        editing.insert(document, "listens:l2", note("y"), KINDS)


def test_comparing_tells_which_listener_changed_and_not_its_section(document):
    after = copy.deepcopy(document)
    after["sections"][0]["listeners"][0]["times"] = {"every": True}
    found = compare(document, after)
    assert ([one["id"] for one in found.changed], found.added, found.removed, found.moved) == (["l1"], [], [], [])


def test_the_branches_of_a_fork_are_named_anew_added_and_removed():
    fork = item("flow.fork", "f") | {"branches": {"first": [note("a")], "second": []}}
    document = {"format": 1, "triggers": [], "sections": [fork]}
    editing.rename_branches(document, "f", [("first", "mail"), ("", "call")])
    assert document["sections"][0]["branches"] == {"mail": [note("a")], "call": []}
    with pytest.raises(Conflict, match="“mail” still has 1 section"):
        editing.rename_branches(document, "f", [("call", "call")])
