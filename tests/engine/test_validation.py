"""What a draft may be, and what keeps it from running: every problem at its place, by JSON Pointer."""

import pytest

from campaigns.engine.document import MAX_BRANCHES, MAX_DEPTH, MAX_SECTIONS, empty_document
from campaigns.engine.validation import find_problems, parse, typed
from campaigns.errors import Invalid
from tests.support.programs import KINDS, VOCABULARY, document, item, points

HOT = {"field": "lead.score", "op": "gte", "value": 50}
FINISH = item("flow.finish")


def refused(raw, **options):
    """Return {path: message} of what keeps a document from being a draft."""
    with pytest.raises(Invalid) as caught:
        parse(raw, KINDS, **options)
    return {problem.path: problem.message for problem in caught.value.problems}


def problems(raw, vocabulary=VOCABULARY, **options):
    """Return {path: message} of what keeps a draft from being activated."""
    return {p.path: p.message for p in find_problems(parse(raw, KINDS, **options), KINDS, vocabulary)}


def nested(depth, id="deep"):
    inner = item("flow.finish", f"{id}0")
    for level in range(1, depth):
        inner = item("flow.if", f"{id}{level}", condition=HOT, branches={"yes": [inner]})
    return inner


def test_an_empty_document_is_a_draft_that_needs_a_trigger():
    assert problems(empty_document()) == {"/triggers": "a workflow needs at least one trigger"}


@pytest.mark.parametrize(
    ("raw", "path", "message"),
    [
        ([], "", "must be an object"),
        ({}, "/format", "is required"),
        ({"format": 2}, "/format", "input should be 1"),
        (document() | {"secret": 1}, "/secret", "is not a known key"),
        (document() | {"sections": {}}, "/sections", "must be a list"),
        (document(5), "/sections/0", "must be an object"),
        (document({"id": "s1"}), "/sections/0/type", "is required"),
        (document(FINISH | {"color": "red"}), "/sections/0/color", "is not a known key"),
        (document(FINISH | {"config": []}), "/sections/0/config", "must be an object"),
        (document(FINISH | {"id": "__proto__"}), "/sections/0/id", "pattern"),
        (document(FINISH | {"name": "x" * 201}), "/sections/0/name", "at most 200 characters"),
        (document(FINISH | {"note": "x" * 4001}), "/sections/0/note", "at most 4000 characters"),
        (document(FINISH | {"branches": {"yes": 5}}), "/sections/0/branches/yes", "must be a list"),
        (document(limits={"active_total": -1}), "/settings/limits/active_total", "greater than or equal to 0"),
        (document(limits={"active_total": True}), "/settings/limits/active_total", "valid integer"),
        (document(reenter_after={"days": "x"}), "/settings/reenter_after/days", "valid integer"),
        (document(sending_hours={"from": "25:00", "to": "18:00"}), "/settings/sending_hours/from", "pattern"),
        (document(FINISH | {"only_if": {"maybe": 1}}), "/sections/0/only_if", "has one of the keys"),
    ],
)
def test_what_has_another_form_is_refused_at_its_place(raw, path, message):
    assert message in refused(raw)[path]


@pytest.mark.parametrize(
    ("section", "path", "message"),
    [
        (item("lead.add_points", points="many"), "/points", "valid integer"),
        (item("lead.add_points"), "/points", "is required"),
        (item("lead.add_points", points=1, colour="red"), "/colour", "is not a known key"),
        (item("flow.delay", duration={"days": -1}), "/duration/days", "greater than or equal to 0"),
        (item("flow.if", condition={"all": [HOT, {"any": [{"field": "lead.x", "op": "like"}]}]}),
         "/condition/all/1/any/0/op", "input should be"),
        (item("flow.switch", cases=[{"name": "a", "condition": HOT}, {"name": "b", "condition": {"not": {}}}]),
         "/cases/1/condition/not", "has one of the keys"),
        (item("flow.switch", cases=[{"name": "a", "condition": HOT, "weight": 1}]), "/cases/0/weight", "known key"),
        (item("state.set", values={"a": {"template": "{{ lead."}}), "/values/a", "never closed"),
    ],
)  # fmt: skip
def test_a_config_is_refused_at_the_place_inside_of_it(section, path, message):
    found = refused(document(FINISH | {"id": "s0"}, section))
    assert message in found[f"/sections/1/config{path}"]


def test_every_problem_is_named_not_only_the_first():
    found = refused(document(item("nope", "s1"), item("lead.add_points", "s1"), item("flow.if", "s3", condition=5)))
    assert set(found) == {
        "/sections/0/type", "/sections/1/id", "/sections/1/config/points", "/sections/2/config/condition",
    }  # fmt: skip


def test_ids_are_unique_over_sections_branches_triggers_and_listeners():
    listener = {"id": "s1", "type": "event.received", "config": {"name": "x"}}
    fork = item("flow.if", "s2", condition=HOT, branches={"yes": [points("t1")]})
    found = refused(document(points("s1") | {"listeners": [listener]}, fork))
    assert found == {
        "/triggers/0/id": "t1 is used already, at /sections/1/branches/yes/0",
        "/sections/0/listeners/0/id": "s1 is used already, at /sections/0",
    }


def test_an_unknown_type_is_refused_unless_the_draft_had_it_before():
    raw = document(item("acme.score", points=1), triggers=[{"id": "t1", "type": "acme.rang"}])
    assert refused(raw) == {
        "/sections/0/type": "there is no section type acme.score",
        "/triggers/0/type": "there is no section type acme.rang",
    }
    known = frozenset({"acme.score", "acme.rang"})
    assert problems(raw, known_before=known) == {
        "/sections/0/type": "the section type acme.score is not installed any more",
        "/triggers/0/type": "the section type acme.rang is not installed any more",
    }


def test_triggers_and_sections_stand_at_their_own_places():
    found = refused(document(item("lead.created"), triggers=[{"id": "t1", "type": "flow.finish"}]))
    assert found == {
        "/sections/0/type": "lead.created is a trigger: it stands under triggers",
        "/triggers/0/type": "flow.finish is no trigger",
    }


def test_branches_are_those_of_the_type_and_of_the_config():
    cases = [{"name": "big/small", "condition": HOT}]
    allowed = {"big/small": [], "otherwise": []}
    assert problems(document(item("flow.switch", cases=cases, branches=allowed))) == {}
    found = refused(
        document(item("flow.switch", cases=cases, branches={"a/b": []}), points("s2") | {"branches": {"x": []}})
    )
    assert found == {
        "/sections/0/branches/a~1b": "flow.switch has no branch a/b (it has: big/small, otherwise)",
        "/sections/1/branches/x": "lead.add_points has no branch x (it has: none)",
    }


@pytest.mark.parametrize("place", ["restart", "goto"])
def test_jumping_to_a_section_that_is_not_there_is_refused(place):
    if place == "restart":
        trigger = {"id": "t1", "type": "manual", "mode": "restart", "section": "s9"}
        assert refused(document(triggers=[trigger])) == {"/triggers/0/section": "there is no section s9"}
    else:
        found = refused(document(item("flow.goto", section="s9")))
        assert found["/sections/0/config/section"] == "there is no section s9"


def test_sizes_are_limited():
    assert problems(document(*(item("flow.finish", f"s{n}") for n in range(MAX_SECTIONS)))) == {}
    assert "501" in refused(document(*(item("flow.finish", f"s{n}") for n in range(MAX_SECTIONS + 1))))["/sections"]
    assert problems(document(nested(MAX_DEPTH))) == {}
    assert "nested at most 20 deep" in next(iter(refused(document(nested(MAX_DEPTH + 1))).values()))
    branches = {f"b{n}": [] for n in range(MAX_BRANCHES + 1)}
    assert "at most 20 branches" in refused(document(FINISH | {"branches": branches}))["/sections/0/branches"]


def test_a_bottomless_document_is_refused_in_a_sentence():
    assert refused(document(nested(3000))) == {"/sections": "nested too deeply"}


@pytest.mark.parametrize(
    ("section", "path", "message"),
    [
        (item("lead.set_status", status="gone"), "/config/status", "there is no status gone"),
        (item("list.add", list="gone"), "/config/list", "there is no list gone"),
        (item("email.send", template="gone"), "/config/template", "there is no email template gone"),
        (item("lead.set_field", field="gone", value=1), "/config/field", "there is no field gone"),
        (item("lead.assign_owner", owner="x@y.example"), "/config/owner", "there is no member x@y.example"),
        (item("flow.if", condition={"not": {"in_list": "gone"}}), "/config/condition/not/in_list", "no list gone"),
        (item("flow.if", condition={"in_workflow": "gone"}), "/config/condition/in_workflow", "no workflow gone"),
        (item("flow.if", condition={"field": "lead.gone", "op": "is_set"}), "/config/condition/field", "lead.gone"),
        (item("flow.if", condition={"field": "lead.city", "op": "eq", "value": 1}), "/config/condition/value", "text"),
        (FINISH | {"only_if": {"field": "lead.gone", "op": "is_set"}}, "/only_if/field", "lead.gone"),
        (FINISH | {"only_if": {"in_list": "gone"}}, "/only_if/in_list", "there is no list gone"),
    ],
)
def test_what_the_tenant_does_not_have_is_a_problem_but_may_stay_in_a_draft(section, path, message):
    found = problems(document(section))
    assert list(found) == [f"/sections/0{path}"]
    assert message in found[f"/sections/0{path}"]


def test_references_of_branches_triggers_and_filters_are_checked_too():
    fork = item("flow.if", "s1", condition=HOT, branches={"no": [item("list.add", "s2", list="gone")]})
    trigger = {"id": "t1", "type": "list.added", "config": {"list": "lost"}, "filter": {"in_list": "never"}}
    assert set(problems(document(fork, triggers=[trigger]))) == {
        "/sections/0/branches/no/0/config/list", "/triggers/0/config/list", "/triggers/0/filter/in_list",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("settings", "path"),
    [
        ({"time_zone": "Mars/X"}, "/settings/time_zone"),
        ({"time_zone": "../../etc/passwd"}, "/settings/time_zone"),
        ({"keep_while": {"field": "lead.gone", "op": "is_set"}}, "/settings/keep_while/field"),
        ({"keep_while": {"in_list": "gone"}}, "/settings/keep_while/in_list"),
        ({"sending_hours": {"from": "09:00", "to": "18:00"}}, "/settings/sending_hours"),
    ],
)
def test_settings_that_can_not_be_kept_are_problems(settings, path):
    assert list(problems(document(**settings))) == [path]


@pytest.mark.parametrize("zone", ["lead", "tenant", "Europe/Berlin", "UTC"])
def test_time_zones_that_can_be_kept(zone):
    assert problems(document(time_zone=zone)) == {}


def test_a_workflow_needs_a_trigger_that_is_not_disabled():
    off = {"id": "t1", "type": "manual", "disabled": True}
    assert set(problems(document(triggers=[off]))) == {"/triggers"}
    assert problems(document(triggers=[off, {"id": "t2", "type": "manual"}])) == {}


def test_a_trigger_goes_with_its_mode():
    triggers = [
        {"id": "t1", "type": "manual", "mode": "exit"},
        {"id": "t2", "type": "lead.created", "mode": "restart", "section": "s1"},
        {"id": "t3", "type": "lead.created", "mode": "restart"},
        {"id": "t4", "type": "lead.created", "section": "s1"},
    ]
    assert problems(document(points("s1"), triggers=triggers)) == {
        "/triggers/0/mode": "what is started by hand can only start",
        "/triggers/2/section": "a restart names the section it goes back to",
        "/triggers/3/section": "only a restart goes back to a section",
    }


def test_a_listener_hears_what_happens_to_a_lead_and_has_no_mode():
    heard = {"type": "event.received", "config": {"name": "x"}, "sections": [points("s2")]}
    listeners = [
        {"id": "t4", "type": "manual", "sections": []},
        {"id": "t5", **heard, "mode": "exit"},
    ]
    assert refused(document(points("s1") | {"listeners": listeners})) == {
        "/sections/0/listeners/0/type": "manual can't be waited for: it starts workflows alone",
        "/sections/0/listeners/1/mode": "a listener runs its sections: it has no other mode",
    }
    sound = {"id": "t4", **heard, "times": {"at_least": 2}, "listen_for": {"days": 3}}
    assert problems(document(points("s1") | {"listeners": [sound]})) == {}


def test_a_typed_config_or_none_while_it_does_not_fit():
    fitting = parse(document(points("s1", 5)), KINDS).sections[0]
    assert typed(fitting, KINDS).points == 5
    fitting.config["points"] = "x"
    assert typed(fitting, KINDS) is None
    fitting.type = "gone"
    assert typed(fitting, KINDS) is None
