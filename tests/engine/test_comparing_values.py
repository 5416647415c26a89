"""What differs between two values is told leaf by leaf, with both."""

from __future__ import annotations

import pytest

from campaigns.engine.comparing_values import MOST, ValueChange, item_changes, value_changes


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ({"a": 1}, {"a": 1}, []),
        ({"a": 1}, {"a": 1.0}, []),
        ({"a": 1}, {"a": True}, [("a", 1, True)]),
        ({"a": {"b": 1, "c": 2}}, {"a": {"b": 1, "c": 3}}, [("a · c", 2, 3)]),
        ({"a": 1}, {"b": 2}, [("b", None, 2), ("a", 1, None)]),
        ([{"x": 1}, {"x": 2}], [{"x": 1}, {"x": 5}], [("2 · x", 2, 5)]),
        ([1], [1, 2], [("", [1], [1, 2])]),
    ],
)
def test_each_leaf_that_differs_is_told(before, after, told):
    assert value_changes(before, after) == [ValueChange(*one) for one in told]


def test_what_stands_in_a_section_is_none_of_its_changes():
    before = {"id": "s1", "config": {"a": 1}, "branches": {"yes": []}}
    after = {"id": "s1", "config": {"a": 2}, "branches": {"yes": [{"id": "s2"}]}}
    assert item_changes(before, after) == [ValueChange("config · a", 1, 2)]


def test_no_more_are_told_than_can_be_read():
    assert len(value_changes({}, {str(number): number for number in range(500)})) == MOST
