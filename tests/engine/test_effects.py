"""Effects on a lead in memory: what is written afterwards reproduces the final lead from the first one."""

from hypothesis import given
from hypothesis import strategies as st

from campaigns.engine.effects import (
    AddNote,
    AddPoints,
    AddTag,
    AddToList,
    AssignOwner,
    RemoveFromList,
    RemoveTag,
    SetField,
    SetState,
    SetStatus,
)
from campaigns.engine.subject import Subject

WORDS = st.sampled_from(["a", "b", "c"])
EFFECTS = st.one_of(
    st.builds(SetField, st.sampled_from(["city", "first_name"]), st.none() | WORDS),
    st.builds(SetField, st.just("score"), st.integers(-5, 5)),
    st.builds(AddPoints, st.integers(-5, 5)),
    st.builds(SetStatus, WORDS),
    st.builds(AssignOwner, st.none() | WORDS),
    st.builds(AddTag, WORDS),
    st.builds(RemoveTag, WORDS),
    st.builds(AddToList, WORDS),
    st.builds(RemoveFromList, WORDS),
    st.builds(AddNote, WORDS),
)
FIRST = st.fixed_dictionaries(
    {
        "city": st.none() | WORDS,
        "first_name": st.none(),
        "score": st.integers(-5, 5),
        "status": WORDS,
        "owner": st.none(),
    }
)


def apply(effects, subject):
    found = []
    for effect in effects:
        changes = {}
        effect.apply(subject, changes)
        found.append(changes)
    return found


@given(effects=st.lists(EFFECTS, max_size=25), values=FIRST, tags=st.sets(WORDS), lists=st.sets(WORDS))
def test_what_is_written_reproduces_the_final_lead_from_the_first(effects, values, tags, lists):
    subject = Subject(1, dict(values), tags=set(tags), lists=set(lists))
    apply(effects, subject)
    written = values | subject.patch
    written["score"] += subject.points
    assert written == subject.values
    assert (tags - subject.removed_tags) | subject.added_tags == subject.tags
    assert (lists - subject.removed_lists) | subject.added_lists == subject.lists
    assert not subject.added_tags & tags
    assert subject.removed_tags <= tags
    assert not subject.added_lists & lists
    assert subject.removed_lists <= lists


@given(effects=st.lists(EFFECTS, max_size=25), values=FIRST)
def test_the_changes_of_all_steps_replayed_give_the_final_lead(effects, values):
    subject = Subject(1, dict(values))
    replayed, tags, lists = dict(values), set(), set()
    for changes in apply(effects, subject):
        for key, (before, after) in changes.get("fields", {}).items():
            assert replayed[key] == before != after
            replayed[key] = after
        for key in {"status", "owner"} & set(changes):
            assert replayed[key] == changes[key][0] != changes[key][1]
            replayed[key] = changes[key][1]
        tags = (tags | set(changes.get("tags_added", ()))) - set(changes.get("tags_removed", ()))
        lists = (lists | set(changes.get("lists_added", ()))) - set(changes.get("lists_removed", ()))
    assert (replayed, tags, lists) == (subject.values, subject.tags, subject.lists)


def test_points_stay_an_increment_until_the_score_is_set_outright():
    subject = Subject(1, {"score": 10})
    apply([AddPoints(5)], subject)
    assert (subject.points, subject.patch) == (5, {})
    apply([SetField("score", 3), AddPoints(4)], subject)
    assert (subject.points, subject.patch, subject.values["score"]) == (0, {"score": 7}, 7)


def test_a_note_is_kept_and_changes_nothing():
    subject = Subject(1, {})
    assert apply([AddNote("called")], subject) == [{}]
    assert subject.notes == ["called"]


def test_a_state_that_follows_leaves_the_one_before_alone():
    before = {"a": 1, "_n": 2}
    assert SetState({"b": 1}, replace=True).after(before) == {"_n": 2, "b": 1}
    assert SetState({"b": 1}).after(before) == {"a": 1, "_n": 2, "b": 1}
    assert before == {"a": 1, "_n": 2}
