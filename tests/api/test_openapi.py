"""The published description names what there is."""

from __future__ import annotations

import re


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
