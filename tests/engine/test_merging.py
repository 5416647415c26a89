"""Two people change one document: what only one of them changed is as they left it; the rest is a clash."""

import copy
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.engine import editing
from campaigns.engine.merging import MINE, THEIRS, merge
from campaigns.engine.validation import parse
from campaigns.errors import CampaignsError
from tests.support.lines import listener, note
from tests.support.programs import KINDS, item

HOT = {"condition": {"field": "lead.score", "op": "gte", "value": 50}}


def choice(key, **branches):
    return item("flow.if", key, **HOT) | {"branches": branches}


@pytest.fixture
def base():
    return {
        "format": 1,
        "settings": {"time_zone": "lead"},
        "triggers": [{"id": "t1", "type": "lead.created", "config": {}}],
        "sections": [
            note("a") | {"listeners": [listener("l", "paid", note("x"))]},
            choice("b", yes=[note("c"), note("d")], no=[note("e")]),
            item("flow.fork", "f", join="all") | {"branches": {"first": [note("g")], "second": []}},
        ],
    }


def changed(base, *edits):
    made = copy.deepcopy(base)
    for edit in edits:
        edit(made)
    return made


def text(key, said):
    return lambda document: editing.find(document, key).item["config"].update(text=said)


def gone(key):
    return lambda document: editing.remove(document, key)


def added(place, key):
    return lambda document: editing.insert(document, place, note(key), KINDS)


def to(key, place):
    return lambda document: editing.move(document, key, place, KINDS)


def named(rows):
    return lambda document: editing.rename_branches(document, "f", rows)


def setting(**values):
    return lambda document: document["settings"].update(values)


# Pairs of edits that do not touch each other: in whatever order they are made, the same comes out.
APART = [
    (text("a", "mine"), text("c", "theirs")),
    (text("a", "mine"), gone("d")),
    (gone("e"), added("after:c", "new")),
    (added("start", "new"), to("e", "after:f")),
    (to("a", "after:f"), text("a", "theirs")),
    (added("listens:l", "y"), text("x", "theirs")),
    (gone("l"), added("in:b:no", "new")),
    (named([("first", "first"), ("second", "second"), ("", "third")]), text("g", "theirs")),
    (named([("first", "first")]), added("in:f:first", "new")),
    (setting(time_zone="tenant"), setting(keep_while={"has_tag": "vip"})),
    (lambda d: d["triggers"].append({"id": "t2", "type": "manual", "config": {}}), text("g", "theirs")),
]


@pytest.mark.parametrize("pair", APART)
@pytest.mark.parametrize("turned", [False, True])
def test_what_each_changed_for_themselves_is_all_there(base, pair, turned):
    mine, theirs = reversed(pair) if turned else pair
    merged = merge(base, changed(base, mine), changed(base, theirs))
    assert merged.clashes == []
    assert merged.document == changed(base, theirs, mine)


def test_the_same_change_by_both_is_no_clash(base):
    both = changed(base, text("a", "same"), gone("d"), setting(time_zone="tenant"))
    merged = merge(base, both, copy.deepcopy(both))
    assert (merged.clashes, merged.document) == ([], both)


CLASHES = [
    (text("a", "mine"), text("a", "theirs"), "a"),
    (gone("a"), text("a", "theirs"), "a"),
    (text("a", "mine"), gone("a"), "a"),
    (gone("b"), added("in:b:yes", "new"), "b"),
    (added("in:b:yes", "new"), gone("b"), "new"),
    (to("c", "after:a"), to("c", "after:f"), None),
    (to("c", "start"), to("c", "in:b:no"), "c"),
    (setting(time_zone="tenant"), setting(time_zone="Europe/Berlin"), "settings.time_zone"),
]


@pytest.mark.parametrize(("mine", "theirs", "key"), CLASHES)
def test_what_both_changed_is_a_clash_and_theirs_stands(base, mine, theirs, key):
    merged = merge(base, changed(base, mine), changed(base, theirs))
    assert [clash.key for clash in merged.clashes] == ([key] if key else [])
    assert merged.document == changed(base, theirs)


@pytest.mark.parametrize(("mine", "theirs", "key"), [case for case in CLASHES if case[2]])
def test_a_clash_is_decided_by_its_key(base, mine, theirs, key):
    first, second = changed(base, mine), changed(base, theirs)
    kept = merge(base, first, second, prefer={key: THEIRS})
    assert (kept.clashes, kept.document) == ([], second)
    taken = merge(base, first, second, prefer={key: MINE})
    assert taken.clashes == []
    parse(taken.document, KINDS)
    if key in ("a", "c", "settings.time_zone"):
        assert sorted(editing.ids_in({"id": "all", "branches": {"": taken.document["sections"]}})) == sorted(
            editing.ids_in({"id": "all", "branches": {"": first["sections"]}})
        )
    else:
        assert (key == "new") == any(part["id"] == "new" for part in taken.document["sections"])


def scribble(document, draw, ids):
    """Do something to a document that the builder could do; what it refuses is left."""
    keys = [one["id"] for lane in editing.lanes(document) for one in lane.items]
    word, key, other = draw(st.sampled_from(["add", "text", "gone", "move", "copy", "up"])), *(
        draw(st.sampled_from(keys)) for _ in range(2)
    )  # fmt: skip
    place = draw(st.sampled_from([f"after:{other}", f"in:{other}:yes", f"in:{other}:no", "start", f"listens:{other}"]))
    try:
        if word == "add":
            editing.insert(document, place, note(next(ids)), KINDS)
        elif word == "text":
            editing.find(document, key).item["name"] = next(ids)
        elif word == "gone" and len(keys) > 3:
            editing.remove(document, key)
        elif word == "move":
            editing.move(document, key, place, KINDS)
        elif word == "copy":
            editing.duplicate(document, key, lambda: next(ids), KINDS)
        elif word == "up":
            editing.shift(document, key, -1, KINDS)
    except CampaignsError:
        pass


def edited(document, draw, prefix):
    made, ids = copy.deepcopy(document), count(1)
    names = (f"{prefix}{number}" for number in ids)
    for _ in range(draw(st.integers(0, 4))):
        tried = copy.deepcopy(made)
        scribble(tried, draw, names)
        made = tried if readable(tried) else made
    return made


def readable(document):
    try:
        parse(document, KINDS)
    except CampaignsError:
        return False
    return True


BASE = {
    "format": 1, "settings": {}, "triggers": [{"id": "t1", "type": "lead.created", "config": {}}],
    "sections": [
        note("a") | {"listeners": [listener("l", "paid", note("x"))]},
        choice("b", yes=[note("c"), note("d")], no=[note("e")]), note("g"),
    ],
}  # fmt: skip


@given(st.data())
def test_what_one_changed_alone_comes_out_as_they_left_it(data):
    mine = edited(BASE, data.draw, "m")
    assert merge(BASE, mine, BASE).clashes == []
    assert parse(merge(BASE, mine, BASE).document, KINDS) == parse(mine, KINDS)
    assert parse(merge(BASE, BASE, mine).document, KINDS) == parse(mine, KINDS)


@given(st.data())
def test_nothing_that_either_added_is_lost_without_a_clash_and_nothing_stands_twice(data):
    mine, theirs = edited(BASE, data.draw, "m"), edited(BASE, data.draw, "t")
    merged = merge(BASE, mine, theirs)
    keys = [one["id"] for lane in editing.lanes(merged.document) for one in lane.items]
    assert len(keys) == len(set(keys))
    assert readable(merged.document)
    if not merged.clashes:
        news = {one["id"] for made in (mine, theirs) for lane in editing.lanes(made) for one in lane.items}
        before = {one["id"] for lane in editing.lanes(copy.deepcopy(BASE)) for one in lane.items}
        assert news - before <= set(keys)
