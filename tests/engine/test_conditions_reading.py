"""Conditions: reading documents, typed checking, what they need, and how they are said."""

import json
from datetime import timedelta

import pytest
from pydantic import BaseModel, TypeAdapter, ValidationError

from campaigns.engine.conditions import Condition, check, fields_used, needs, sentence
from campaigns.engine.fields import field_types
from campaigns.engine.kinds import FieldType, Vocabulary

VOCABULARY = Vocabulary(
    fields={
        "city": FieldType("text", name="City"),
        "plan": FieldType("choice", choices=("free", "pro"), name="Plan"),
        "member": FieldType("boolean", name="Member"),
        "renewal": FieldType("date", name="Renewal"),
        "seen": FieldType("datetime", name="Seen"),
    },
    lists={"customers": "Our customers"},
    statuses={"new": "New lead"},
    workflows={"onboarding": "Onboarding"},
)
FIELDS = field_types(VOCABULARY)
READ = TypeAdapter(Condition)
SCORE = {"field": "lead.score", "op": "gte", "value": 50}


def asks(field, op, value=None, **more):
    return {"field": field, "op": op, **({} if value is None else {"value": value}), **more}


@pytest.mark.parametrize(
    "document",
    [
        SCORE,
        {"all": [SCORE, {"not": {"in_list": "customers"}}]},
        {"any": []},
        {"has_tag": "vip"},
        {"in_workflow": "onboarding"},
        {"did": "email.opened"},
        {"did": "email.opened", "times": {"at_least": 2}, "within": {"days": 7}},
        asks("lead.city", "eq", "Berlin", ignore_case=True),
        asks("lead.city", "in", ["Berlin", "Paris"]),
        asks("lead.city", "is_empty"),
        asks("lead.seen", "within_last", {"days": 7}),
        asks("lead.score", "gt", {"template": "{{ state.threshold }}"}),
        asks("event.properties.plan", "eq", "pro"),
        asks("now", "before", "2026-03-29"),
    ],
)
def test_a_condition_is_written_as_it_was_read(document):
    condition = READ.validate_python(document)
    assert READ.dump_python(condition, mode="json") == document
    assert READ.validate_json(json.dumps(document)) == condition
    assert check(condition, FIELDS) == []


@pytest.mark.parametrize(
    ("document", "path", "message"),
    [
        (None, (), "a condition is an object"),
        ([SCORE], (), "a condition is an object"),
        ({}, (), "one of the keys"),
        ({"in_segment": "x"}, (), "one of the keys"),
        ({"all": {}}, ("all",), "valid list"),
        ({"all": [SCORE, {"any": [SCORE, {"nor": []}]}]}, ("all", 1, "any", 1), "one of the keys"),
        ({"not": {"all": [7]}}, ("not", "all", 0), "is an object"),
        ({"in_list": "x", "has_tag": "y"}, ("has_tag",), "Extra inputs"),
        ({"in_list": ""}, ("in_list",), "at least 1 character"),
        ({**SCORE, "extra": 1}, ("extra",), "Extra inputs"),
        ({**SCORE, "op": "matches"}, ("op",), "'eq'"),
        ({**SCORE, "value": None}, ("value",), "use is_empty"),
        ({**SCORE, "value": ""}, ("value",), "use is_empty"),
        ({**SCORE, "value": float("nan")}, ("value",), "no number"),
        ({**SCORE, "value": [1]}, ("value",), "single value"),
        ({**SCORE, "value": {"days": 7}}, ("value",), "needs a text, a number"),
        ({**SCORE, "field": "score"}, ("field",), "pattern"),
        ({**SCORE, "field": "lead"}, ("field",), "pattern"),
        ({**SCORE, "ignore_case": "yes"}, ("ignore_case",), "boolean"),
        (asks("lead.city", "is_empty", "x"), ("value",), "takes no value"),
        (asks("lead.city", "in", "Berlin"), ("value",), "needs a list"),
        (asks("lead.city", "in", []), ("value",), "needs a list"),
        (asks("lead.city", "in", ["a", {}]), ("value",), "needs a text"),
        (asks("lead.seen", "within_last", "2026-01-01"), ("value",), "d.hh:mm:ss"),
        (asks("lead.seen", "within_last", {"days": -7}), ("value", "days"), "greater than or equal"),
        (asks("lead.city", "eq", {"template": "{{ a"}), ("value", "template"), "never closed"),
        (asks("lead.city", "eq", {"template": "a", "b": 1}), ("value", "b"), "Extra inputs"),
        ({"did": "x", "times": {"at_least": 1, "exactly": 2}}, ("times",), "exactly one of"),
        ({"did": "x", "times": {"at_least": -1}}, ("times", "at_least"), "greater than or equal"),
        ({"did": "x", "within": {"days": 800}}, ("within",), "two years"),
    ],
)
def test_what_cannot_be_read_is_reported_at_its_place(document, path, message):
    class Config(BaseModel):
        condition: Condition

    with pytest.raises(ValidationError) as caught:
        Config.model_validate({"condition": document})
    [error] = caught.value.errors()
    assert error["loc"] == ("condition", *path)
    assert message in error["msg"]


def test_all_errors_of_a_condition_are_reported_at_once():
    with pytest.raises(ValidationError) as caught:
        READ.validate_python({"all": [{"foo": 1}, SCORE, {**SCORE, "op": "x"}]})
    assert [error["loc"] for error in caught.value.errors()] == [("all", 0), ("all", 2, "op")]


@pytest.mark.parametrize("depth", [21, 100_000])
def test_a_condition_that_is_nested_too_deep_is_refused(depth):
    document = SCORE
    for _ in range(depth - 1):
        document = {"not": document}
    with pytest.raises(ValidationError, match="at most 20 deep"):
        READ.validate_python(document)


def test_depth_and_size_up_to_the_limits_are_accepted():
    document = SCORE
    for _ in range(19):
        document = {"not": document}
    assert READ.validate_python(document)
    assert READ.validate_python({"all": [SCORE] * 499})
    with pytest.raises(ValidationError, match="at most 500 parts"):
        READ.validate_python({"all": [{"any": [SCORE] * 250}, {"any": [SCORE] * 250}]})


def test_the_schema_names_conditions_once_and_nests_by_reference():
    schema = READ.json_schema()
    text = json.dumps(schema)
    assert {"All", "AnyOf", "Not", "FieldTest", "InList", "HasTag", "InWorkflow", "Did"} <= set(schema["$defs"])
    assert schema["$defs"]["All"]["properties"]["all"]["items"] == {"$ref": "#/$defs/Condition"}
    assert schema["$defs"]["Not"]["required"] == ["not"]
    assert "within_last" in text


@pytest.mark.parametrize(
    ("document", "path", "message"),
    [
        (asks("lead.score", "eq", "50"), "/value", "the value is text"),
        (asks("lead.score", "gt", True), "/value", "the value is true"),
        (asks("lead.score", "in", [1, "2", 3]), "/value/1", "the value is text"),
        (asks("lead.city", "eq", 5), "/value", "the value is a number"),
        (asks("lead.city", "gt", "a"), "/op", "gt does not fit text"),
        (asks("lead.score", "contains", 5), "/op", "contains does not fit a number"),
        (asks("lead.member", "eq", "true"), "/value", "the value is text"),
        (asks("lead.member", "in", [True]), "/op", "does not fit"),
        (asks("lead.plan", "eq", "gold"), "/value", "none of the choices: free, pro"),
        (asks("lead.plan", "contains", "p"), "/op", "does not fit a choice"),
        (asks("lead.renewal", "before", "soon"), "/value", "is no date"),
        (asks("lead.renewal", "eq", "2026-02-30"), "/value", "is no date"),
        (asks("lead.renewal", "before", 5), "/value", "is no date"),
        (asks("lead.score", "within_last", {"days": 1}), "/op", "does not fit a number"),
        (asks("lead.tovn", "eq", "x"), "/field", "there is no field lead.tovn"),
        (asks("lead.tags", "contains", "vip"), "/field", "use has_tag"),
        (asks("lead.score", "eq", 5, ignore_case=True), "/ignore_case", "no upper and lower case"),
        (asks("event.plan", "changed"), "/op", "fields of the lead"),
        (asks("event.amount", "gt", "much"), "/value", "numbers or dates"),
        (asks("event.amount", "before", 5), "/value", "is no date"),
        (asks("event.name", "starts_with", 5), "/value", "compares text"),
        (asks("now", "eq", "2026-01-01"), "/op", "does not fit"),
        (asks("now", "before", {"days": 1}), "/value", "not with a span"),
        (asks("lead.score", "gt", {"template": "{{ lead.scoer }}"}), "/value/template", "nothing called lead.scoer"),
        (asks("lead.score", "gt", {"template": "{{ led.score }}"}), "/value/template", "nothing called led.score"),
    ],
)
def test_types_are_checked_with_the_path_of_the_offender(document, path, message):
    for prefix, whole in (("", document), ("/all/1/not", {"all": [SCORE, {"not": document}]})):
        [problem] = check(READ.validate_python(whole), FIELDS)
        assert problem.path == prefix + path
        assert message in problem.message


@pytest.mark.parametrize(
    ("other", "path"),
    [({"did": "email.opened"}, "/all/1/any/0/did"), (asks("now", "after", "2026-01-01"), "/all/1/any/0/field")],
)
@pytest.mark.parametrize("change", [asks("lead.city", "changed"), asks("lead.city", "changed_to", "Berlin")])
def test_a_change_is_not_joined_with_what_becomes_true_by_waiting(change, other, path):
    problems = check(READ.validate_python({"all": [change, {"any": [other]}]}), FIELDS)
    assert [problem.path for problem in problems] == [path]
    assert check(READ.validate_python({"all": [SCORE, {"any": [other]}]}), FIELDS) == []


def test_needs_say_what_to_fetch_for_a_batch():
    document = {
        "all": [
            {"in_list": "customers"},
            {"not": {"has_tag": "vip"}},
            {"any": [{"in_workflow": "onboarding"}, {"did": "a"}, {"did": "b", "within": {"hours": 3}}]},
            asks("lead.score", "gt", {"template": "{{ state.least | plus: lead.city.size }}"}),
            asks("lead.plan", "changed"),
        ]
    }
    condition = READ.validate_python(document)
    found = needs(condition)
    assert (found.lists, found.tags, found.workflows) == ({"customers"}, {"vip"}, {"onboarding"})
    assert found.activity == {("a", None), ("b", timedelta(hours=3))}
    assert found.changes
    assert not needs(READ.validate_python(SCORE)).changes
    assert {"lead.score", "lead.plan", "state.least"} <= fields_used(condition)


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ({"all": [SCORE, asks("lead.city", "eq", "Berlin")]}, "Score is at least 50 and City is Berlin"),
        (
            {"any": [{"all": [SCORE, {"has_tag": "vip"}]}, {"in_list": "customers"}]},
            "(Score is at least 50 and has tag vip) or is on list Our customers",
        ),
        ({"not": {"in_workflow": "onboarding"}}, "not (is in workflow Onboarding)"),
        ({"all": []}, "always"),
        ({"any": []}, "never"),
        (asks("lead.city", "in", ["Berlin", "Paris", "Rome"]), "City is one of Berlin, Paris or Rome"),
        (asks("lead.city", "is_empty"), "City is empty"),
        (asks("lead.status", "changed_to", "new"), "Status changed to New lead"),
        (asks("lead.member", "eq", True), "Member is yes"),
        (asks("lead.renewal", "before", {"days": 7}), "Renewal is more than 7 days ago"),
        (asks("lead.renewal", "after", {"days": 7}), "Renewal is more than 7 days ahead"),
        (asks("lead.renewal", "within_next", {"weeks": 1}), "Renewal is within the next 1 week"),
        (asks("lead.renewal", "gte", "2026-03-29"), "Renewal is on or after 2026-03-29"),
        (asks("event.properties.order_value", "gt", 9.5), "Event order value is more than 9.5"),
        (asks("lead.score", "lt", {"template": "{{ state.x }}"}), "Score is less than {{ state.x }}"),
        (
            {"did": "email.opened", "times": {"at_least": 2}, "within": {"days": 7}},
            "did email.opened at least 2 times in the last 7 days",
        ),
        ({"did": "email.opened"}, "did email.opened at least 1 time"),
    ],
)
def test_a_condition_in_words(document, words):
    assert sentence(READ.validate_python(document), VOCABULARY) == words
