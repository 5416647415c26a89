"""Outlines: what people write becomes sections, what is not understood is kept, and what is written reads back."""

from __future__ import annotations

import copy
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.engine.lanes import INSIDE, parts
from campaigns.engine.outline import MOST_LETTERS, MOST_LINES, read_outline, write_outline
from campaigns.engine.outline_lines import own_parts
from campaigns.engine.pasting import Clip
from campaigns.engine.placeholders import NAME
from campaigns.errors import Invalid
from campaigns.sections.examples import BRANCHES, CONFIGS
from tests.engine.drawn_documents import Drawn
from tests.support.programs import KINDS, VOCABULARY


def read(text):
    return read_outline(text, KINDS, VOCABULARY)


def told(items):
    """Return items as nested (type, config), with their branches."""
    return [
        (item["type"], item["config"], {name: told(inner) for name, inner in item["branches"].items()})
        if item.get("branches")
        else (item["type"], item["config"])
        for item in items
    ]


def only(line):
    """Return type and config of the one section that a line becomes."""
    (item,) = read(line).clip.sections
    return item["type"], item["config"]


HOT = {"field": "lead.score", "op": "gt", "value": 50}


def test_the_example_of_the_guide():
    text = "If score > 50\n  yes\n    Tag hot\n    Wait 2 days\nSend welcome"
    tag, delay = ("lead.add_tag", {"tag": "hot"}), ("flow.delay", {"duration": {"days": 2}})
    wanted = [("flow.if", {"condition": HOT}, {"yes": [tag, delay]}), ("email.send", {"template": "welcome"})]
    assert told(read(text).clip.sections) == wanted


@pytest.mark.parametrize(
    ("line", "type_", "config"),
    [
        ("Tag it hot", "lead.add_tag", {"tag": "hot"}),
        ("- add tag hot", "lead.add_tag", {"tag": "hot"}),
        ("3. Untag hot", "lead.remove_tag", {"tag": "hot"}),
        ("Add to list Hot leads", "list.add", {"list": "hot"}),
        ("list no-such", "list.add", {"list": "no-such"}),
        ("Set status Qualified", "lead.set_status", {"status": "qualified"}),
        ("Send the welcome mail", "email.send", {"template": "welcome"}),
        ("Send Spring offer", "email.send", {"template": "spring-offer"}),
        ("wait an hour", "flow.delay", {"duration": {"hours": 1}}),
        ("Wait two days and 4 hours at 9:00",
         "flow.delay", {"duration": {"days": 2, "hours": 4}, "time_of_day": "09:00"}),
        ("Wait until 2026-03-29", "flow.delay", {"until": "2026-03-29"}),
        ("Wait for business hours", "flow.business_hours", {}),
        ("Add 10 points", "lead.add_points", {"points": 10}),
        ("Set city to Berlin", "lead.set_field", {"field": "city", "value": "Berlin"}),
        ("Tell its owner", "email.notify", {"to": {"owner": True}}),
        ("Notify owner and sales@acme.example",
         "email.notify", {"to": {"owner": True, "addresses": ["sales@acme.example"]}}),
        ("Call GET https://example.com/x", "http.call", {"method": "GET", "url": "https://example.com/x"}),
        ("Note {{ lead.city | upcase }} // it", "log.note", {"text": "{{ lead.city | upcase }}"}),
        ("Start workflow Onboarding", "workflow.start", {"workflow": "onboarding"}),
        ("Stop not for us", "flow.stop", {"reason": "not for us"}),
        ("Split 70/30", "flow.split", {"variants": [{"name": "A", "weight": 70}, {"name": "B", "weight": 30}]}),
        ('state.set {"values": {"rounds": 0}}', "state.set", {"values": {"rounds": 0}}),
        ('Set state {"values": {"rounds": 0}}', "state.set", {"values": {"rounds": 0}}),
    ],
)  # fmt: skip
def test_a_line_is_read_by_its_words(line, type_, config):
    assert only(line) == (type_, config)


@pytest.mark.parametrize(
    "line",
    ["Send a pigeon by the window, please, and wait", "Wait soon", "If somehow", "Split 50/20", "lead.add_tag {}",
     "manual {}", "Add salt", "42", 'log.note {"text": "\\ud800"}'],
)  # fmt: skip
def test_what_is_not_understood_is_kept_with_its_words(line):
    found = read(line)
    (item,) = found.clip.sections
    assert (item["name"], item["disabled"], item["config"]) == (NAME, True, {"text": line})
    assert [one.understood for one in found.lines] == [False]


def test_lines_below_one_that_opens_nothing_come_after_it():
    found = read("Dance\n  Tag a\nWait 1 day\n    Tag b")
    assert [item["type"] for item in found.clip.sections] == ["log.note", "lead.add_tag", "flow.delay", "lead.add_tag"]


def test_else_belongs_to_the_if_above_it():
    (item,) = read("If score > 50\n  Tag a\nElse:\n  Tag b").clip.sections
    assert {name: told(items) for name, items in item["branches"].items()} == {
        "yes": [("lead.add_tag", {"tag": "a"})],
        "no": [("lead.add_tag", {"tag": "b"})],
    }


def test_triggers_stand_at_the_top_and_listeners_below_their_section():
    found = read("When a lead is imported with a score over 50\nSend welcome\n  when added to list hot\n    Tag vip")
    (trigger,), (send,) = found.clip.triggers, found.clip.sections
    assert (trigger["type"], trigger["config"], trigger["filter"]) == ("lead.created", {"source": "import"}, HOT)
    (listener,) = send["listeners"]
    assert listener["type"] == "list.added"
    assert told(listener["sections"]) == [("lead.add_tag", {"tag": "vip"})]


def test_a_mark_is_where_a_jump_leads():
    tagged, _, jump = read("Tag a // @again First\nWait 1 day\nGo to @again, at most 3 times").clip.sections
    assert tagged["name"] == "First"
    assert jump["config"] == {"section": tagged["id"], "max_visits": 3}


def test_each_line_says_what_became_of_it():
    lines = read("If score > 50\n  no:\n    Tag a\n\n  Hm").lines
    assert [(line.number, line.depth, line.branch, line.understood) for line in lines] == [
        (1, 0, "", True), (2, 1, "no", True), (3, 2, "", True), (5, 1, "", False),
    ]  # fmt: skip


def test_long_settings_and_notes_come_back_whole():
    slashes = " // ".join("abcdefghijklmnop") * 40
    item = {"id": "a", "type": "log.note", "config": {"text": slashes}, "note": slashes, "name": "x // y"}
    assert same(read(write_outline(Clip([], [item]), KINDS, VOCABULARY)).clip, Clip([], [item]))


def test_an_outline_that_is_too_long_is_refused_and_a_deep_one_is_flattened():
    with pytest.raises(Invalid, match="at most"):
        read("Tag a\n" * (MOST_LINES + 1))
    with pytest.raises(Invalid, match="letters"):
        read("x" * (MOST_LETTERS + 1))
    deep = "\n".join(" " * min(depth, 150) + "If score > 50" for depth in range(MOST_LINES))
    assert sum(1 for item in read(deep).clip.sections for _ in parts(item)) == MOST_LINES


@pytest.mark.parametrize("name", sorted(name for name, kind in KINDS.items() if name in CONFIGS))
def test_every_type_goes_out_and_comes_back(name):
    item = {"id": "s1", "type": name, "config": CONFIGS[name]} | (
        {"branches": BRANCHES[name]} if name in BRANCHES else {}
    )
    clip = Clip([item], []) if KINDS[name].is_trigger else Clip([], [item])
    assert same(read(write_outline(clip, KINDS, VOCABULARY)).clip, clip)


ODD = st.sampled_from(
    ["", "Hot?", "a // b", "@mark x", "{", "yes:", "else", "When it rains", "two\nlines", "  spaced ", '"quoted"',
     "- dash", "1. one", "5", "x and y", "über", "// ", "Tag hot", "}", "{{ lead.city | upcase }}", "no",
     "\u2028", "Unfinished"]
)  # fmt: skip


@given(st.integers(0, 10**6), st.data())
def test_whatever_is_written_reads_back(seed, data):
    drawn = Drawn(random.Random(seed)).raw
    for item in [part for one in drawn["sections"] for part in parts(one)]:
        if data.draw(st.integers(0, 4)) == 0:
            item["name"] = data.draw(ODD)
        if data.draw(st.integers(0, 9)) == 0:
            item["note"] = data.draw(ODD)
        text = data.draw(ODD)
        if item["type"] == "log.note" and text.strip():
            item["config"]["text"] = text
        if item["type"] == "flow.fork":
            item["branches"] = {
                data.draw(ODD).strip() or name: inner for name, inner in item.get("branches", {}).items()
            }
    clip = Clip(drawn["triggers"], drawn["sections"])
    assert same(read(write_outline(clip, KINDS, VOCABULARY)).clip, clip)


@given(st.text(alphabet="abIf \n\t:@/{}\"'-.0123456789>=<not", max_size=200))
def test_whatever_is_read_loses_no_line_and_can_be_written_again(text):
    found = read(text)
    placed = {line.id for line in found.lines if line.id}
    assert {part["id"] for one in found.clip.triggers + found.clip.sections for part in parts(one)} == placed
    assert all(line.id or line.branch or not line.text for line in found.lines)
    assert same(read(write_outline(found.clip, KINDS, VOCABULARY)).clip, found.clip)


def same(one, other):
    return plain(one) == plain(other)


def plain(clip):
    """Return a clip with its parts numbered in their order, without what goes without saying."""
    clip = copy.deepcopy(clip)
    every = [part for item in clip.triggers + clip.sections for part in parts(item)]
    numbers = {part["id"]: index for index, part in enumerate(every)}
    return [bare(item, numbers) for item in clip.triggers], [bare(item, numbers) for item in clip.sections]


def bare(item, numbers):
    own = own_parts(item)
    if own["type"] == "flow.goto":
        own["config"] = {**own["config"], "section": numbers.get(own["config"]["section"])}
    inside = {key: item[key] for key in INSIDE if item.get(key)}
    free = item["type"] == "flow.fork"
    branches = {n: [bare(one, numbers) for one in i] for n, i in inside.get("branches", {}).items() if i or free}
    lists = {key: [bare(one, numbers) for one in inside.get(key, [])] for key in ("listeners", "sections")}
    return own, branches, lists
