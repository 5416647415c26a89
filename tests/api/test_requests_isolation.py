"""Every call of the API, tried without a key, with too small a key, and with every id of another tenant.

Calls that are added later are tried by themselves. A parameter that is new here fails, and the line says what to do.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from werkzeug.routing import Rule

from campaigns.api.queries import QUERIES
from campaigns.ids import new_id
from campaigns.services import api_keys
from campaigns.services.rights import SCOPES, right_of
from campaigns.storage import models
from campaigns.storage.transaction import writing
from campaigns.tenancy import Tenancy
from tests.support.factories import Planted, digest, plant

PARAMETERS: dict[str, tuple[type[Any], str]] = {
    "lead_id": (models.Lead, "id"),
    "import_id": (models.Import, "id"),
    "execution_id": (models.Execution, "id"),
    "task_id": (models.Task, "id"),
    "move_id": (models.Move, "id"),
    "story_id": (models.StoryTest, "id"),
    "admission_id": (models.Admission, "id"),
    "turn": (models.PlannedSwitch, "turn"),
    "number": (models.Version, "number"),
}
KEYED: dict[str, type[Any]] = {
    "lists": models.List,
    "statuses": models.LeadStatus,
    "fields": models.LeadField,
    "templates": models.EmailTemplate,
    "workflows": models.Workflow,
}
FILTERS = {"lead": models.Lead, "workflow": models.Workflow, "list": models.List, "status": models.LeadStatus}
OWN_WORDS = {("api_executions.index", "status"), ("api_tasks.index", "status")}  # statuses that are no lead's
TEMPLATE = {"name": "A", "subject": "A", "html": "<p>A {{ unsubscribe_url }}</p>"}
# What a call is sent, so that it comes to look for what its address names.
BODIES: dict[str, Any] = {
    "api_leads.change": {"first_name": "X"},
    "api_leads.merge": {"lead": {"email": "nobody@example.com"}},
    "api_vocabulary.change_list": {"name": "X"},
    "api_vocabulary.change_status": {"name": "X"},
    "api_vocabulary.change_field": {"name": "X"},
    "api_vocabulary.change_template": TEMPLATE,
    "api_workflows.change": {"name": "X", "document": {"format": 1}},
    "api_workflows.save_draft": {"format": 1},
    "api_executions.start": {"list": "hot"},
    "api_tasks.change": {"done": True},
    "api_stories.create": {"name": "X", "trial": {}},
    "api_moves.create": {"choices": [{"version": 1, "section": "s1", "choice": "move"}]},
}


@pytest.fixture
def tenants(campaign) -> tuple[Planted, Planted]:
    return plant(campaign.store, "acme"), plant(campaign.store, "rival")


@pytest.fixture
def caller(app, campaign):
    """Return a function that calls with a new key of a planted tenant."""

    def made(planted: Planted, *scopes: str):
        with writing(campaign.store, Tenancy(planted.tenant_id)) as session:
            _, key = api_keys.create_key(session, name=f"test {new_id()}", scopes=scopes)
        return lambda method, url, **sent: open_url(app, method, url, {"Authorization": f"Bearer {key}"}, **sent)

    return made


def open_url(app, method: str, url: str, headers: dict[str, str], **sent: Any):
    if not sent and method in {"POST", "PUT", "PATCH"}:
        sent = {"json": {}}
    return app.test_client().open(url, method=method, headers=headers, **sent)


def calls(app) -> Iterator[tuple[Rule, str, str]]:
    """Return each call that needs a key: its rule, its method, and the scope it asks for."""
    for rule in app.url_map.iter_rules():
        right = right_of(app.view_functions[rule.endpoint])
        if rule.rule.startswith("/api/") and not (right and right.kind == "public"):
            assert right is not None, f"{rule.rule} says no scope"
            for method in sorted(rule.methods - {"HEAD", "OPTIONS"}):
                yield rule, method, right.permission


def address(app, rule: Rule, planted: Planted, *, unknown: bool = False) -> str:
    values = {name: stranger(value_of(rule, name, planted), unknown=unknown) for name in rule.arguments}
    with app.test_request_context():
        return str(rule.build(values)[1])


def value_of(rule: Rule, name: str, planted: Planted) -> Any:
    if name in PARAMETERS:
        return planted.value(*PARAMETERS[name])
    noun = rule.rule.split("/")[3]
    if name == "key" and noun in KEYED:
        return planted.value(KEYED[noun], "key")
    pytest.fail(f"{rule.rule} has the parameter {name}: say in this file which model's it is")


def stranger(value: Any, *, unknown: bool) -> Any:
    if not unknown or isinstance(value, int):
        return value
    return new_id() if isinstance(value, UUID) else "nobodys"


def sent_to(rule: Rule, method: str) -> dict[str, Any]:
    return {"json": BODIES[rule.endpoint]} if method != "GET" and rule.endpoint in BODIES else {}


def test_without_a_key_nothing_is_told(app, tenants, campaign):
    ours, _ = tenants
    before = digest(campaign.store, ours.tenant_id)
    for rule, method, _ in calls(app):
        for headers in ({}, {"Authorization": "Basic YTpi"}, {"Authorization": "Bearer cmp_x"}):
            answer = open_url(app, method, address(app, rule, ours), headers, **sent_to(rule, method))
            assert answer.status_code == 401, f"{method} {rule.rule}"
            assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert digest(campaign.store, ours.tenant_id) == before


def test_a_key_without_the_scope_is_refused(app, tenants, caller, campaign):
    ours, _ = tenants
    with_all_but = {scope: caller(ours, *(other for other in SCOPES if other != scope)) for scope in SCOPES}
    for call in with_all_but.values():
        call("GET", "/api/v1/leads")  # notes when the key was used first
    before = digest(campaign.store, ours.tenant_id)
    for rule, method, scope in calls(app):
        answer = with_all_but[scope](method, address(app, rule, ours), **sent_to(rule, method))
        assert answer.status_code == 403, f"{method} {rule.rule}"
        assert answer.json["error"]["code"] == "forbidden"
    assert digest(campaign.store, ours.tenant_id) == before


def test_what_another_tenant_has_does_not_exist(app, tenants, caller, campaign):
    ours, theirs = tenants
    call, before = caller(ours), digest(campaign.store, theirs.tenant_id)
    wrong = []
    for rule, method, _ in calls(app):
        if rule.arguments:
            foreign = call(method, address(app, rule, theirs), **sent_to(rule, method))
            unknown = call(method, address(app, rule, theirs, unknown=True), **sent_to(rule, method))
            if (foreign.status_code, unknown.status_code) != (404, 404) or theirs.canary in foreign.text:
                wrong.append(f"{method} {rule.rule}: {foreign.status}, for an unknown id {unknown.status}")
    assert wrong == []
    assert digest(campaign.store, theirs.tenant_id) == before


def test_filters_by_what_another_tenant_has_find_nothing(app, tenants, caller):
    ours, theirs = tenants
    call = caller(ours)
    for rule, _, _ in calls(app):
        for name in set(QUERIES.get(rule.endpoint, {})) & set(FILTERS):
            if (rule.endpoint, name) not in OWN_WORDS:
                column = "id" if name == "lead" else "key"
                answer = call("GET", f"{address(app, rule, ours)}?{name}={theirs.value(FILTERS[name], column)}")
                assert (answer.status_code, theirs.canary in answer.text) == (404, False), f"{rule.rule}?{name}"


def test_lists_show_nothing_of_another_tenant(app, tenants, caller):
    ours, theirs = tenants
    call = caller(ours)
    for rule, method, _ in calls(app):
        if method == "GET":
            answer = call("GET", address(app, rule, ours))
            assert answer.status_code < 500, rule.rule
            assert theirs.canary not in answer.text, rule.rule


def test_bodies_that_name_what_another_tenant_has(tenants, caller, campaign):
    ours, theirs = tenants
    call, before = caller(ours), digest(campaign.store, theirs.tenant_id)
    theirs_lead, theirs_status = theirs.value(models.Lead, "id"), theirs.value(models.LeadStatus, "key")
    lead = call("POST", "/api/v1/leads", json={"email": "a@example.com"}).json["id"]
    executions = f"workflows/{ours.value(models.Workflow, 'key')}/executions"
    for method, path, body, status in (
        ("POST", "events", {"name": "x", "lead": {"id": str(theirs_lead)}}, 404),
        ("POST", executions, {"lead": str(theirs_lead)}, 404),
        ("POST", "tasks", {"lead": str(theirs_lead), "title": "Call"}, 404),
        ("POST", "tasks", {"lead": lead, "title": "Call", "assignee": "owner@rival.example"}, 422),
        ("POST", executions, {"list": theirs_key(theirs)}, 404),
        ("POST", "leads", {"email": "n@example.com", "status": theirs_status}, 422),
        ("POST", "leads", {"email": "n@example.com", "owner": "owner@rival.example"}, 422),
        ("PATCH", f"leads/{lead}", {"lists": [theirs_key(theirs)]}, 422),
        ("PUT", f"lists/{theirs_key(theirs)}/leads/{lead}", None, 404),
    ):
        answer = call(method, f"/api/v1/{path}", json=body)
        assert (answer.status_code, theirs.canary in answer.text) == (status, False), f"{path} {body}"
    assert digest(campaign.store, theirs.tenant_id) == before


def theirs_key(planted: Planted) -> str:
    return str(planted.value(models.List, "key"))


def test_documents_and_imports_that_name_what_another_tenant_has(tenants, caller, campaign):
    ours, theirs = tenants
    call, before = caller(ours), digest(campaign.store, theirs.tenant_id)
    section = {"id": "s1", "type": "list.add", "config": {"list": theirs_key(theirs)}}
    trigger = {"id": "t1", "type": "manual", "config": {}}
    document = {"format": 1, "triggers": [trigger], "sections": [section]}
    key = call("POST", "/api/v1/workflows", json={"name": "Cross", "document": document}).json["key"]
    refused = call("POST", f"/api/v1/workflows/{key}/activation")
    assert [one["path"] for one in refused.json["error"]["problems"]] == ["/sections/0/config/list"]
    file = (io.BytesIO(b"email\na@example.com\n"), "leads.csv")
    refused = call("POST", "/api/v1/imports", data={"file": file, "options": json.dumps({"list": theirs_key(theirs)})})
    assert refused.status_code == 422
    assert digest(campaign.store, theirs.tenant_id) == before


def test_reading_changes_nothing(app, tenants, caller, campaign):
    ours, _ = tenants
    call = caller(ours)
    call("GET", "/api/v1/leads")  # notes when the key was used first
    before = digest(campaign.store, ours.tenant_id)
    for rule, method, _ in calls(app):
        if method == "GET":
            call("GET", address(app, rule, ours))
    assert digest(campaign.store, ours.tenant_id) == before
