"""What differs between two documents: each section is named once for what happened to it."""

from __future__ import annotations

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.engine import editing
from campaigns.engine.comparing import compare
from tests.support.programs import KINDS

YES_NO = {"condition": {"field": "lead.score", "op": "gte", "value": 50}}


def note(key, text="x"):
    return {"id": key, "type": "log.note", "config": {"text": text}}


@pytest.fixture
def before():
    fork = {"id": "b", "type": "flow.if", "config": YES_NO, "branches": {"yes": [note("c"), note("d")]}}
    return {"format": 1, "triggers": [], "sections": [note("a"), fork, note("e"), note("f")]}


@pytest.fixture
def after(before):
    return copy.deepcopy(before)


def told(before, after):
    found = compare(before, after)
    names = ("added", "removed", "changed", "moved")
    return {name: [item["id"] for item in getattr(found, name)] for name in names if getattr(found, name)}


def test_the_same_document_differs_in_nothing(before, after):
    assert not compare(before, after)
    after["sections"][0]["name"] = ""
    after["settings"] = {"keep_while": None}
    assert not compare(before, after)


def test_each_change_is_told_once_and_at_its_section(before, after):
    editing.insert(after, "in:b:no", note("new"), KINDS)
    editing.remove(after, "d")
    editing.find(after, "c").item["config"]["text"] = "other"
    editing.move(after, "f", "start", KINDS)
    assert told(before, after) == {"added": ["new"], "removed": ["d"], "changed": ["c"], "moved": ["f"]}


def test_a_section_that_goes_into_a_branch_has_moved(before, after):
    editing.move(after, "a", "in:b:no", KINDS)
    assert told(before, after) == {"moved": ["a"]}


def test_settings_are_compared_as_a_whole(before, after):
    after["settings"] = {"time_zone": "tenant"}
    assert compare(before, after).settings
    assert told(before, after) == {}


@given(st.permutations("abcdef"))
def test_what_has_not_moved_stands_in_the_order_it_had(order):
    before = {"sections": [note(key) for key in "abcdef"]}
    after = {"sections": [note(key) for key in order]}
    moved = told(before, after).get("moved", [])
    stayed = [key for key in order if key not in moved]
    assert stayed == sorted(stayed)
    assert (not moved) == (list(order) == sorted(order))
