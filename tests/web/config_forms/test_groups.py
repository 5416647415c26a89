"""Settings that belong together have a control each, and what is wrong stands at its own."""

import pytest
from werkzeug.datastructures import MultiDict

from campaigns.engine.kinds import Vocabulary
from campaigns.errors import Problem
from campaigns.sections.registry import kinds
from campaigns.web.config_forms import config_in, form_of_config, widgets

KIND = kinds()["email.notify"]
WORDS = Vocabulary(users={"anna@acme.example": "Anna"}, tenants={"acme": "Acme"})


def controls(**config):
    (to, _template) = widgets(KIND, form_of_config(KIND, config, WORDS), WORDS)
    return {part.name.removeprefix("config.to."): part for part in to.parts}


def test_who_is_told_is_ticked_and_typed():
    shown = controls(to={"owner": True, "addresses": ["a@example.com", "b@example.com"]})
    assert {name: part.kind for name, part in shown.items()} == {
        "owner": "tick", "users": "ticks", "addresses": "area", "tenants": "ticks", "organisation_types": "area",
    }  # fmt: skip
    assert shown["addresses"].value == "a@example.com\nb@example.com"


@pytest.mark.parametrize(
    "to",
    [
        {"owner": True},
        {"users": ["anna@acme.example"], "addresses": ["a@example.com"]},
        {"organisation_types": ["shop"]},
    ],
)
def test_a_form_gives_back_what_it_shows(to):
    assert config_in(form_of_config(KIND, {"to": to}, WORDS), KIND, WORDS) == {"to": to}


def test_lines_are_trimmed_and_empty_ones_left_out():
    form = MultiDict({"config.to.addresses": " a@example.com \r\n\r\nb@example.com\n"})
    assert config_in(form, KIND, WORDS) == {"to": {"addresses": ["a@example.com", "b@example.com"]}}


def test_an_empty_form_is_told_that_nobody_is():
    assert config_in(MultiDict(), KIND, WORDS) == {"to": {}}


def test_a_problem_stands_at_its_own_control():
    form = form_of_config(KIND, {"to": {"addresses": ["nobody"]}}, WORDS)
    wrong = [Problem("/to/addresses", "nobody is no email address")]
    (to, _template) = widgets(KIND, form, WORDS, problems=wrong)
    assert to.error == ""
    assert {part.name: part.error for part in to.parts if part.error} == {
        "config.to.addresses": "Nobody is no email address."
    }
