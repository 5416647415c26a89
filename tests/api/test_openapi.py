"""The published description names what there is."""

from __future__ import annotations

import re

from campaigns.api.contract import ANSWERS, BODIES


def test_every_route_of_the_api_is_described(app, call):
    described = call("GET", "/openapi.json").json
    assert described["openapi"].startswith("3.1")
    routes = {
        (re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule), method.lower())
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/v1")
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }
    found = {(path, method) for path, calls in described["paths"].items() for method in calls}
    assert found == routes


def test_every_reference_leads_somewhere(call):
    described = call("GET", "/openapi.json")
    names = set(re.findall(r'"#/components/schemas/([^"]+)"', described.text))
    assert names <= set(described.json["components"]["schemas"])


def test_operations_have_names_of_their_own(call):
    calls = [one for path in call("GET", "/openapi.json").json["paths"].values() for one in path.values()]
    names = [one["operationId"] for one in calls]
    assert len(names) == len(set(names))


def test_every_call_says_what_it_answers_and_what_it_takes(app):
    endpoints = {rule.endpoint for rule in app.url_map.iter_rules() if rule.rule.startswith("/api/v1")}
    assert endpoints - set(ANSWERS) == set(), "say in campaigns/api/contract.py what the call answers"
    takes = {"POST", "PUT", "PATCH"}
    silent = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/v1") and rule.methods & takes and rule.endpoint not in BODIES
    }
    assert silent == {
        "api_imports.cancel", "api_imports.undo", "api_executions.cancel", "api_executions.retry",
        "api_moves.undo", "api_stories.run", "api_switches.cancel_admission", "api_vocabulary.add_member",
    }  # fmt: skip


def test_the_document_is_described_with_every_section_type(call):
    schemas = call("GET", "/openapi.json").json["components"]["schemas"]
    assert {"triggers", "sections", "settings"} <= set(schemas["Document"]["properties"])
    assert "Document.SectionItem" in schemas
