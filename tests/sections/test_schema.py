"""The published JSON Schema agrees with what the program accepts, as far as a schema can."""

import jsonschema_rs
import pytest

from campaigns.engine.document import empty_document
from campaigns.sections.examples import CONFIGS, example
from campaigns.sections.registry import kinds
from campaigns.sections.schema import document_schema
from tests.support.programs import document, item, points

HOT = {"field": "lead.score", "op": "gte", "value": 50}


@pytest.fixture(scope="module")
def validator():
    return jsonschema_rs.Draft202012Validator(document_schema(kinds()))


def test_it_is_a_schema_itself():
    jsonschema_rs.meta.validate(document_schema(kinds()))


def test_an_empty_document_is_valid(validator):
    assert validator.is_valid(empty_document())


@pytest.mark.parametrize("name", sorted(CONFIGS))
def test_the_example_of_every_type_is_valid(validator, name):
    is_trigger = kinds()[name].is_trigger
    made = example(name, is_trigger=is_trigger)
    assert validator.is_valid(document(triggers=[made]) if is_trigger else document(made))


@pytest.mark.parametrize(
    "raw",
    [
        {},
        {"format": 2},
        document() | {"secret": 1},
        document(item("nope")),
        document(item("lead.created")),
        document(triggers=[{"id": "t1", "type": "flow.finish"}]),
        document({"id": "s1", "type": "lead.add_points"}),
        document(item("lead.add_points", points="x")),
        document(item("lead.add_points", points=1, colour="red")),
        document(item("flow.if", condition={"field": "lead.x", "op": "like"})),
        document(item("flow.if", condition=HOT, branches={"yes": [item("lead.add_points", "s2", points="x")]})),
        document(points("s1") | {"only_if": {"maybe": 1}}),
        document(points("1")),
    ],
)
def test_what_the_program_refuses_is_not_valid(validator, raw):
    assert not validator.is_valid(raw)
