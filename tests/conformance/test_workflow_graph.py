"""The 24 bad inputs of the builder and the workflow's structure (B01 to B24), one by one, on both databases.

The rows from B13 on stand in `test_workflow_graph_running`.

The document nests, so some rows take another form: Finish is drawn and never missing, a join is where a fork's
branches end, sections have no positions and no edges. Each row is proved here in its shortest form, and further in:

B01 engine/test_validation, services/test_drafts, test_versions · B02 engine/test_editing, web/test_builder ·
B03 sections/test_while_, test_for_, test_goto, engine/test_advance · B04 engine/test_cycles,
services/test_batch_workflows · B05 services/test_batch_workflows · B06 sections/test_goto, engine/test_forks,
engine/test_walking_naive (drawn documents), services/test_batch_waits · B07 engine/test_validation, test_editing ·
B08 engine/test_validation, test_structure · B09 engine/test_compiling, services/test_drafts, web/test_builder ·
B10 engine/test_schedule, test_schedule_zones, test_duration, sections/test_delay · B11 engine/test_conditions,
test_conditions_naive, services/test_vocabulary · B12 sections/test_split · B13 services/test_vocabulary,
test_templates, test_team · B14 services/test_versions · B15 services/test_drafts, api/test_workflows,
web/test_builder · B16 services/test_versions, api/test_workflows · B17 engine/test_cycles, test_simulate ·
B18 there is no "also those who are there": services/test_starts (a list is started by itself), test_import_chunks ·
B19 services/test_lead_erasure · B20 services/test_outbox · B21 services/test_lead_merges ·
B22 services/test_drafts, web/test_builder, journeys/test_builder_browser · B23 web/test_builder_texts,
rules/test_safety (every template escapes) · B24 cli/test_workflows, cli/test_documents,
engine/test_document_portable, services/test_workflows_portable.
"""

from __future__ import annotations

from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from campaigns.engine import editing
from campaigns.engine.advance import advance
from campaigns.engine.compiling import compile_program
from campaigns.engine.document import MAX_BRANCHES, MAX_SECTIONS
from campaigns.engine.schedule import DelaySpec, resume_at
from campaigns.engine.validation import find_problems, parse
from campaigns.errors import Conflict, InUse, Invalid
from campaigns.services import fields, versions, workflows
from campaigns.storage.models import Execution, Refusal
from tests.support.lines import Line, hours, note, received
from tests.support.programs import KINDS, NOW, VOCABULARY, context, document, item, lead, points, program
from tests.support.sending import ANN, is_settled

ALWAYS = {"not": {"has_tag": "never"}}


def refused(raw):
    """Return the problems, by path, of a document that can't be a draft."""
    with pytest.raises(Invalid) as caught:
        parse(raw, KINDS)
    return {problem.path: problem.message for problem in caught.value.problems}


def problems(raw):
    """Return where a draft may not be activated yet."""
    return [problem.path for problem in find_problems(parse(raw, KINDS), KINDS, VOCABULARY)]


def fork(join="all", **branches):
    return item("flow.fork", "f", join=join, branches=branches)


def test_b01_without_a_start_a_draft_is_saved_and_not_activated_and_an_end_is_never_missing(campaign):
    raw = document(note("s1"), triggers=[])
    with campaign.write() as session:
        workflows.create_workflow(session, name="Flow", document=raw)
    with pytest.raises(Invalid) as caught, campaign.write() as session:
        versions.activate(session, "flow")
    assert [problem.path for problem in caught.value.problems] == ["/triggers"]
    two = [{"id": "t1", "type": "manual", "config": {}}, {"id": "t2", "type": "lead.created", "config": {}}]
    assert problems(document(note("s1"), triggers=two)) == []
    assert Line(note("s1")).status == "finished"


def test_b02_nothing_is_put_where_it_would_never_be_reached_and_every_path_ends():
    raw = document(item("flow.finish", "s1"))
    with pytest.raises(Conflict, match="after the end"):
        editing.insert(raw, "after:s1", note("s2"), KINDS)
    assert "/sections/0/config/section" in refused(document(item("flow.goto", "s1", section="nowhere", max_visits=1)))
    assert Line(item("flow.if", "s1", condition=ALWAYS, branches={})).status == "finished"


def test_b03_a_circle_without_a_wait_comes_to_an_end_with_the_reason():
    line = Line(points("s0"), item("flow.while", "s1", condition=ALWAYS, max_rounds=20, branches={"do": [note("s2")]}))
    assert (line.status, line.execution.reason) == ("failed", "more than 20 rounds without a wait")
    assert line.subject.values["score"] == 1
    back = Line(note("s1"), item("flow.goto", "s2", section="s1", max_visits=3))
    assert (back.status, back.steps.count(("s2", "done")), back.steps[-1]) == ("finished", 3, ("s2", "exhausted"))
    for most in (0, -1, 1001, None):
        assert "/sections/0/config/max_visits" in refused(
            document(item("flow.goto", "s1", section="s1", max_visits=most))
        )


@pytest.mark.parametrize("others", [0, 1, 4])
def test_b04_workflows_that_surely_start_each_other_are_refused(campaign, others):
    names = [*(f"other{n}" for n in range(others)), "flow"]
    for name, following in pairwise(names):
        on = {"id": "t1", **received(name)}
        campaign.workflow([item("event.emit", "s1", name=following)], triggers=[on], key=name)
    on = {"id": "t1", **received("flow")}
    with pytest.raises(Invalid) as caught:
        campaign.workflow([item("event.emit", "s1", name=names[0])], triggers=[on], key="flow")
    assert [problem.path for problem in caught.value.problems] == ["/sections/0/config/name"]


def test_b05_a_circle_through_data_ends_after_25_hops(campaign):
    for key, old, new in (("a", "new", "lost"), ("b", "lost", "new")):
        turned = {"id": "t1", "type": "lead.status_changed", "config": {"to": old}}
        campaign.workflow(
            [item("lead.set_status", "s1", status=new)], triggers=[turned], key=key, limits={"per_lead_active": 0}
        )
    campaign.imports(f"email,status\n{ANN},contacted\n")
    campaign.imports(f"email,status\n{ANN},lost\n")
    assert max(one.hop for one in campaign.all(Execution)) == 25
    assert [row.limit for row in campaign.all(Refusal)] == ["hops"]
    is_settled(campaign)


def test_b06_a_join_belongs_to_its_own_fork_and_no_branch_is_waited_for_in_vain():
    assert "/sections/0/config/join" in refused(document(fork("some", a=[])))
    jump = item("flow.goto", "a1", section="b1", max_visits=1)
    assert refused(document(fork(a=[jump], b=[note("b1")]))) == {
        "/sections/0/branches/a/0/config/section": "b1 stands in another branch of a fork"
    }
    one = Line(fork(a=[note("a1")]), note("s2"))
    ended = Line(fork(a=[item("flow.finish", "a1")], b=[note("b1")]), note("s2"))
    inner = item("flow.fork", "g", join="any", branches={"c": [note("c1")], "d": [hours("d1", 9)]})
    nested = Line(fork(a=[inner, note("a2")], b=[note("b1")]), note("s2"))
    for line in (one, ended, nested):
        assert (line.status, line.steps.count(("s2", "done"))) == ("finished", 1)


def test_b07_sizes_are_limited_and_there_are_no_positions():
    full = [note(f"s{n}") for n in range(MAX_SECTIONS)]
    assert problems(document(*full)) == []
    assert list(refused(document(*full, note("more")))) == ["/sections"]
    wide = {f"b{n}": [] for n in range(MAX_BRANCHES)}
    assert problems(document(fork(**wide))) == []
    assert "/sections/0/branches" in refused(document(fork(**wide, more=[])))
    assert "/sections/0/position" in refused(document(note("s1") | {"position": {"x": "1" * 10_000_000}}))


@pytest.mark.parametrize("id", ["__proto__", "", "1", "a b", "s" * 41, "../s", "constructor;"])
def test_b08_ids_are_plain_and_their_own_and_jumps_stay_in_the_document(id):
    assert "/sections/0/id" in refused(document(note(id)))
    assert "/sections/1/id" in refused(document(note("s1"), note("s1")))
    assert "/sections/0/config/section" in refused(document(item("flow.goto", "s1", section="other", max_visits=1)))


def test_b09_an_unknown_type_is_refused_one_that_went_stays_and_fails_its_own():
    gone = document(note("s1"), item("acme.score", "s2"))
    assert "/sections/1/type" in refused(gone)
    assert "/format" in refused(document() | {"format": 2})
    parsed = parse(gone, KINDS, known_before=frozenset({"acme.score"}))
    assert [problem.path for problem in find_problems(parsed, KINDS, VOCABULARY)] == ["/sections/1/type"]
    result = advance(compile_program(parsed, KINDS, VOCABULARY), context())
    assert (result.status, result.section) == ("failed", "s2")
    assert "acme.score is not installed any more" in result.reason


@pytest.mark.parametrize(
    "wrong",
    [
        {"duration": {"days": -1}},
        {"duration": "-1.00:00:00"},
        {"duration": {"days": 3650}},
        {"duration": {"days": 10**9}},
        {"duration": {"days": 1}, "time_zone": "Mars/X"},
    ],
)
def test_b10_delays_are_neither_negative_nor_endless_and_what_is_past_or_skipped_has_its_rule(wrong):
    assert any(path.startswith("/sections/0/config") for path in refused(document(item("flow.delay", "s1", **wrong))))
    for past in ({"duration": {"days": 0}}, {"until": "2020-01-01"}):
        assert Line(item("flow.delay", "s1", **past)).status == "finished"
    gap = DelaySpec.model_validate({"until": "2026-03-29T02:30", "time_zone": "Europe/Berlin"})
    assert resume_at(gap, now=NOW, zone=ZoneInfo("Europe/Berlin")).at.isoformat() == "2026-03-29T01:00:00+00:00"


def test_b11_conditions_are_typed_missing_is_false_and_fields_in_use_stay(campaign):
    for field, op, value in (("score", "gt", "many"), ("birthday", "before", "soon"), ("gone", "eq", "x")):
        test = {"field": f"lead.{field}", "op": op, "value": value}
        assert problems(document(item("flow.if", "s1", condition=test))) != []
    pattern = {"field": "lead.city", "op": "matches", "value": ".*"}
    assert refused(document(item("flow.if", "s1", condition=pattern)))
    for test, branch in (
        ({"op": "eq", "value": "x"}, "no"),
        ({"op": "ne", "value": "x"}, "yes"),
        ({"op": "is_empty"}, "yes"),
    ):
        assert Line(item("flow.if", "s1", condition={"field": "lead.city"} | test)).steps == [("s1", branch)]
    with campaign.write() as session:
        fields.create_field(session, name="City")
    inside = {"field": "lead.city", "op": "is_set"}
    campaign.workflow([item("flow.if", "s1", condition=inside)])
    with pytest.raises(InUse, match="flow"), campaign.write() as session:
        fields.delete_field(session, "city")


@pytest.mark.parametrize("weights", [[50, 40], [-1, 101], [60, 60], [float("nan"), 50]])
def test_b12_shares_add_to_a_hundred_and_a_lead_keeps_its_own(weights):
    def split(*shares):
        return item("flow.split", "s1", variants=[{"name": f"v{n}", "weight": one} for n, one in enumerate(shares)])

    assert any(path.startswith("/sections/0/config") for path in refused(document(split(*weights))))
    thirds = program(split(33.333, 33.333, 33.333))
    assert len({advance(thirds, context(lead())).steps[0][1] for _ in range(9)}) == 1
