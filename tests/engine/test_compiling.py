"""Compiling: where tokens go after each section, what is missing, and what a batch has to fetch."""

from datetime import timedelta

import pytest

from campaigns.engine.advance import advance, wake
from campaigns.engine.compiling import compile_program
from campaigns.engine.document import Document
from campaigns.engine.program import END
from campaigns.engine.validation import parse
from campaigns.sections.examples import example_document
from campaigns.sections.registry import kinds
from tests.support.programs import KINDS, VOCABULARY, context, document, item, path, points, program, walk

REGISTERED = kinds()
ANY = {"field": "lead.score", "op": "gte", "value": 0}


def fork(id, **branches):
    return item("flow.if", id, condition=ANY, branches=branches)


def following(found, section):
    node = found.nodes[found.positions[section]]
    return found.nodes[node.next].id if node.next != END else "end"


def test_the_ends_of_branches_rejoin_after_the_section_that_opened_them():
    found = program(fork("s1", yes=[points("a"), points("b")], no=[points("c")]), points("s2"))
    assert [following(found, section) for section in ("a", "b", "c", "s2")] == ["b", "s2", "s2", "end"]


def test_nested_branches_rejoin_level_by_level():
    found = program(fork("s1", yes=[fork("s2", yes=[fork("s3", no=[points("a")])], no=[points("b")]), points("c")]))
    assert [following(found, section) for section in ("a", "b", "c", "s1")] == ["c", "c", "end", "end"]


def test_a_loops_branch_comes_back_and_leave_goes_past_it():
    found = program(item("test.rounds", "s1", branches={"do": [fork("s2", yes=[points("a")])]}), points("s3"))
    assert following(found, "s2") == "s1"
    inner, nested = found.nodes[found.positions["s2"]], found.nodes[found.positions["a"]]
    assert found.nodes[inner.back].id == "s1"
    assert found.nodes[inner.leave].id == "s3"
    assert found.nodes[nested.leave].id == "s1"


def test_an_explicit_finish_keeps_a_branch_from_rejoining():
    assert path(walk(fork("s1", yes=[item("flow.finish", "a")]), points("s2"))) == [("s1", "yes"), ("a", "finished")]


def test_a_type_that_is_gone_compiles_to_a_section_that_fails_with_the_reason():
    raw = document(points("s1"), {"id": "s2", "type": "acme.score", "config": {"x": 1}, "branches": {"any": []}})
    parsed = parse(raw, KINDS, known_before=frozenset({"acme.score"}))
    result = advance(compile_program(parsed, KINDS, VOCABULARY), context())
    assert (result.status, result.section) == ("failed", "s2")
    assert result.reason == "the section type acme.score is not installed any more"


def test_a_config_that_fits_no_more_fails_its_section_and_compiles_the_rest():
    parsed = Document.model_validate(document(item("lead.add_points", "s1", score=5), points("s2")))
    found = compile_program(parsed, KINDS, VOCABULARY)
    assert "takes another form now" in advance(found, context()).reason
    assert advance(found, context(), section="s2").status == "finished"


def test_a_trigger_whose_type_is_gone_listens_to_nothing():
    both = document(triggers=[{"id": "t1", "type": "manual"}, {"id": "t2", "type": "acme.rang", "config": {}}])
    parsed = parse(both, KINDS, known_before=frozenset({"acme.rang"}))
    trigger = compile_program(parsed, KINDS, VOCABULARY).triggers["t2"]
    assert trigger.event_type is None
    assert not trigger.match(context())


def test_disabled_triggers_are_left_out():
    off = {"id": "t2", "type": "lead.created", "disabled": True}
    assert list(program(triggers=[{"id": "t1", "type": "manual"}, off]).triggers) == ["t1"]


def test_needs_are_collected_from_conditions_wherever_they_stand():
    did = {"did": "plan.bought", "times": {"at_least": 2}, "within": {"days": 7}}
    found = program(
        {**points("s1"), "only_if": {"in_list": "cold"}},
        item("flow.switch", "s2", cases=[{"name": "a", "condition": {"any": [{"has_tag": "vip"}, did]}}]),
        fork("s3", yes=[item("list.add", "s4", list="hot")]),
        triggers=[{"id": "t1", "type": "manual", "filter": {"in_workflow": "onboarding"}}],
    )
    assert found.data.lists == {"cold", "hot"}
    assert (found.data.tags, found.data.workflows) == (True, True)
    assert [name for name, _ in found.data.activity] == ["plan.bought"]
    assert found.data.activity[0][1] >= timedelta(days=7)


def test_what_must_hold_for_the_whole_run_is_fetched_too():
    assert program(points("s1"), keep_while={"in_list": "hot"}).data.lists == {"hot"}


def test_a_program_that_needs_nothing_says_so():
    data = program(points("s1")).data
    assert (data.lists, data.tags, data.workflows, data.activity) == (set(), False, False, [])


def test_rules_are_taken_from_the_settings():
    limits = {"active_total": 5, "per_lead_ever": 2, "per_lead_active": 0}
    vip = {"has_tag": "vip"}
    rules = program(limits=limits, reenter_after={"days": 1}, keep_while=vip, time_zone="Europe/Berlin").rules
    assert (rules.active_total, rules.per_lead_ever, rules.per_lead_active) == (5, 2, 0)
    assert rules.time_zone == "Europe/Berlin"
    assert not rules.keep_while(context()).truth
    assert rules.reenter_after.days == 1


class _Untouchable(dict):
    """An event of which nothing may be read."""

    def _touched(self, *_args):
        raise AssertionError("the event was looked at")

    get = __getitem__ = __contains__ = __iter__ = items = keys = values = __len__ = _touched


@pytest.mark.parametrize("name", sorted(name for name, kind in REGISTERED.items() if not kind.is_trigger))
def test_a_program_that_is_said_not_to_look_at_events_never_does(name):
    program = compile_program(Document.model_validate(example_document(name, is_trigger=False)), REGISTERED, VOCABULARY)
    there = context(event=_Untouchable())
    found = advance(program, there)
    for token in [token for token in found.tokens.values() if token.wake_at is not None]:
        wake(program, found, there, token)
    assert program.data.event or "looked at" not in found.reason


@pytest.mark.parametrize(
    ("section", "looks"),
    [
        (points("s1"), False),
        (item("log.note", "s1", text="Hello {{ lead.city }}"), False),
        (item("log.note", "s1", text="Bought {{ event.properties.sku }}"), True),
        (item("log.note", "s1", text="On {{ session.page }}"), True),
        (fork("s1", yes=[]) | {"config": {"condition": {"field": "event.price", "op": "gt", "value": 1}}}, True),
        (fork("s1", yes=[]) | {"config": {"condition": {"field": "lead.score", "op": "changed"}}}, True),
        (points("s1") | {"only_if": {"field": "session.page", "op": "is_set"}}, True),
        (item("flow.wait", "s1", events=[], timeout={"days": 1}), True),
    ],
)
def test_a_program_says_whether_anything_in_it_may_look_at_the_event(section, looks):
    raw = Document.model_validate(document(section))
    assert compile_program(raw, KINDS, VOCABULARY).data.event is looks
