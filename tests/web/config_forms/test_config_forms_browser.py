"""A section's form as a browser has it: opened and saved without a change, it changes nothing."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask, render_template_string

from campaigns.sections.examples import CONFIGS
from campaigns.web.config_forms import Sent, config_in, form_of_config, widgets
from tests.support.sent_forms import sent_by_browser
from tests.web.config_forms.test_config_forms import CONDITIONS, KINDS, VOCABULARY, same

FORM = '{% from "builder/_fields.html" import section_fields %}{{ section_fields(fields) }}'
GONE = {"field": "lead.gone", "op": "eq", "value": "x"}


def drawn(app: Flask, name: str, form: Sent) -> str:
    with app.test_request_context("/"):
        return render_template_string(FORM, fields=widgets(KINDS[name], form, VOCABULARY))


def saved(app: Flask, name: str, config: dict[str, Any]) -> dict[str, Any]:
    """Return the config after its form was drawn and sent as it stood."""
    html = drawn(app, name, form_of_config(KINDS[name], config, VOCABULARY))
    return config_in(sent_by_browser(html), KINDS[name], VOCABULARY)


def test_every_example_is_saved_as_it_was(app):
    changed = [name for name in sorted(KINDS) if not same(name, saved(app, name, CONFIGS[name]), CONFIGS[name])]
    assert changed == []


def test_every_condition_is_saved_as_it_was(app):
    odd = [
        GONE,
        {"field": "lead.city", "op": "eq", "value": "two\nlines"},
        {"field": "lead.city", "op": "in", "value": ["two\nlines", "one"]},
        {"field": "lead.city", "op": "gte", "value": "an operator that does not fit"},
        {"field": "lead.member", "op": "in", "value": [True]},
        {"field": "event.plan", "op": "changed"},
        {"field": "lead.renewal", "op": "gte", "value": "2026-01-01T09:00"},
        {"field": "lead.plan", "op": "eq", "value": "gone"},
        {"has_tag": "two\nlines"},
        {"did": "two\nlines"},
    ]
    changed = [one for one in [*CONDITIONS, *odd] if saved(app, "flow.if", {"condition": one}) != {"condition": one}]
    assert changed == []


@pytest.mark.parametrize(
    ("name", "config"),
    [
        ("lead.set_field", {"field": "plan", "value": "gone"}),
        ("lead.set_field", {"field": "member", "value": "maybe"}),
        ("lead.set_field", {"field": "gone", "value": 5}),
        ("lead.set_field", {"field": "gone", "value": True}),
        ("lead.set_field", {"field": "city", "value": "two\nlines"}),
        ("lead.set_field", {"field": "city", "value": {"template": "{% if a %}\n{{ event.city }}{% endif %}"}}),
        ("lead.set_field", {"field": "plan", "value": {"template": "{% if a %}\npro{% endif %}"}}),
        ("lead.assign_owner", {"round_robin": ["bob@acme.example", "anna@acme.example"]}),
        ("lead.assign_owner", {"round_robin": ["bob@acme.example", "gone@acme.example", "anna@acme.example"]}),
        ("lead.assign_owner", {"round_robin": ["bob@acme.example", "bob@acme.example", "anna@acme.example"]}),
        ("state.set", {"values": {"a": "two\nlines", "b": {"template": "{{ a }}\n{{ b }}"}, "c": "\nbegins empty"}}),
        ("lead.add_tag", {"tag": "two\nlines"}),
        ("lead.add_points", {"points": "many"}),
        ("lead.date_reached", {"field": "birthday", "time_of_day": "9:00"}),
    ],
)  # fmt: skip
def test_what_a_control_would_bend_is_saved_as_it_was(app, name, config):
    assert saved(app, name, config) == config


def test_members_in_turn_stand_in_their_order_and_the_others_below(app):
    form = form_of_config(KINDS["lead.assign_owner"], {"round_robin": ["bob@acme.example"]}, VOCABULARY)
    ticks = next(one for one in widgets(KINDS["lead.assign_owner"], form, VOCABULARY) if one.kind == "ticks")
    assert [key for key, _ in ticks.options] == ["bob@acme.example", "anna@acme.example"]


def test_a_value_follows_the_field_that_is_chosen_for_it(app):
    form = form_of_config(KINDS["lead.set_field"], {"field": "city", "value": "12"}, VOCABULARY)
    form["config.field"] = "amount"
    sent = sent_by_browser(drawn(app, "lead.set_field", form))
    assert config_in(sent, KINDS["lead.set_field"], VOCABULARY) == {"field": "amount", "value": 12}
