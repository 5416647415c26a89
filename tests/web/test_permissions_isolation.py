"""Nobody sees or changes what is another tenant's: every route that there is, tried by every role, with every id.

Routes that are added later are tried by themselves. A parameter that is new here fails, and the line says what to do.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import pytest
from sqlalchemy import select
from werkzeug.routing import Rule

from campaigns.ids import new_id
from campaigns.services.rights import ROLES, allows, right_of
from campaigns.storage import models
from campaigns.storage.models import SignInSession
from campaigns.storage.transaction import system
from campaigns.web.permissions import is_api
from tests.support.factories import digest, plant

# A route's parameter, by its name: what to put there. `key` depends on the page's noun, see KEYED.
PARAMETERS: dict[str, tuple[type[Any], str]] = {
    "lead_id": (models.Lead, "id"),
    "list_id": (models.List, "id"),
    "import_id": (models.Import, "id"),
    "execution_id": (models.Execution, "id"),
    "message_id": (models.Message, "id"),
    "template_id": (models.EmailTemplate, "id"),
    "workflow_id": (models.Workflow, "id"),
    "version_id": (models.Version, "id"),
    "note_id": (models.Note, "id"),
    "task_id": (models.Task, "id"),
    "move_id": (models.Move, "id"),
    "story_id": (models.StoryTest, "id"),
    "admission_id": (models.Admission, "id"),
    "invitation_id": (models.Invitation, "id"),
    "key_id": (models.ApiKey, "id"),
    "user_id": (models.Membership, "user_id"),
    "tag": (models.Tag, "key"),
}
KEYED: dict[str, type[Any]] = {
    "lists": models.List,
    "statuses": models.LeadStatus,
    "fields": models.LeadField,
    "tags": models.Tag,
    "secrets": models.Secret,
    "templates": models.EmailTemplate,
    "email_templates": models.EmailTemplate,
    "workflows": models.Workflow,
    "builder": models.Workflow,
    "sections": models.Workflow,
    "variables": models.Workflow,
    "section_times": models.Workflow,
    "clipboard": models.Workflow,
    "outlines": models.Workflow,
    "pictures": models.Workflow,
    "extraction": models.Workflow,
    "finding": models.Workflow,
    "activation": models.Workflow,
    "admissions": models.Workflow,
    "switches": models.Workflow,
    "workflow_settings": models.Workflow,
    "executions": models.Workflow,
    "waking": models.Workflow,
    "at_sections": models.Workflow,
    "execution_bulk": models.Workflow,
    "versions": models.Workflow,
    "moving": models.Workflow,
    "trials": models.Workflow,
    "stories": models.Workflow,
}
# Parameters that name a part of something, or a choice: any value of the right form will do.
PARTS: dict[str, Any] = {
    "section": "s1", "section_id": "s1", "number": 1, "n": 1, "version": 1, "revision": 1, "trigger_id": "t1",
    "line": 1, "token": "forged", "ready_made": "welcome-series",
}  # fmt: skip
# POSTs that only ask, with more than an address holds: a viewer may, and nothing changes by them.
ASKING = {"trials.run", "trials.sample", "stories.show"}
QUERY = "list status tag owner workflow lead template execution import before cursor q".split()


@pytest.fixture
def tenants(store):
    return plant(store, "acme"), plant(store, "rival")


@pytest.fixture
def quiet(app):
    """The token of a form says nothing about tenants; it has tests of its own."""
    app.config["WTF_CSRF_ENABLED"] = False
    return app


def routes(app):
    """Return each rule of a tenant's pages with each of its methods."""
    for rule in app.url_map.iter_rules():
        if "tenant" in rule.arguments:
            for method in sorted(rule.methods - {"HEAD", "OPTIONS"}):
                yield rule, method


def values_of(rule: Rule, planted) -> list[dict[str, Any]]:
    """Return ways to fill a rule's parameters with what is the tenant's; several where a word can be chosen."""
    choices = [word for name in rule.arguments for word in words_of(rule, name)] or [""]
    return [{name: value_of(rule, name, planted, word) for name in rule.arguments - {"tenant"}} for word in choices]


def words_of(rule: Rule, name: str) -> tuple[str, ...]:
    return tuple(getattr(rule._converters[name], "items", ()) or ())


def value_of(rule: Rule, name: str, planted, word: str) -> Any:
    if words_of(rule, name):
        return word
    if name in PARAMETERS:
        return planted.value(*PARAMETERS[name])
    if name in PARTS:
        return PARTS[name]
    noun = word if word in KEYED else rule.endpoint.partition(".")[0]
    if name == "key" and noun in KEYED:
        return planted.value(KEYED[noun], "key")
    pytest.fail(
        f"{rule.rule} has the parameter {name}: say in tests/web/test_permissions_isolation.py which model's it is"
    )


def url_of(app, rule: Rule, tenant_key: str, values: dict[str, Any]) -> str:
    with app.test_request_context():
        return str(rule.build({"tenant": tenant_key, **values}, append_unknown=False)[1])


def open_url(client, method: str, url: str) -> Any:
    return client.raw.open(url, method=method, data={} if method != "GET" else None)


@pytest.mark.parametrize("role", ROLES)
def test_another_tenants_address_does_not_exist(quiet, tenants, store, signed_in, role):
    ours, theirs = tenants
    client, before = signed_in(ours, role), digest(store, theirs.tenant_id)
    wrong = []
    for rule, method in routes(quiet):
        for values in values_of(rule, theirs):
            response = open_url(client, method, url_of(quiet, rule, theirs.key, values))
            if response.status_code != 404 or theirs.canary in response.text:
                wrong.append(f"{method} {rule.rule}: {response.status}")
    assert wrong == []
    assert digest(store, theirs.tenant_id) == before


@pytest.mark.parametrize("role", ROLES)
def test_another_tenants_ids_do_not_exist_in_ones_own(quiet, tenants, store, signed_in, role):
    ours, theirs = tenants
    client, before = signed_in(ours, role), digest(store, theirs.tenant_id)
    wrong = []
    for rule, method in routes(quiet):
        for values in values_of(rule, theirs) if names_something(rule) else ():
            response = open_url(client, method, url_of(quiet, rule, ours.key, values))
            unknown = open_url(client, method, url_of(quiet, rule, ours.key, strangers(rule, values)))
            expected = {404, 422} if may(quiet, rule, role) else {403}  # 422: what was sent is looked at first
            alike = response.status_code == unknown.status_code
            if response.status_code not in expected or not alike or theirs.canary in response.text:
                wrong.append(f"{method} {rule.rule}: {response.status}, for an unknown id {unknown.status}")
    assert wrong == []
    assert digest(store, theirs.tenant_id) == before


def strangers(rule: Rule, values: dict[str, Any]) -> dict[str, Any]:
    """Return the values with ids and keys that nobody has."""
    named = {name: value for name, value in values.items() if name in PARAMETERS or name == "key"}
    return values | {name: new_id() if isinstance(value, UUID) else "nobodys" for name, value in named.items()}


def names_something(rule: Rule) -> bool:
    """Tell whether a rule has a parameter that names a row, besides words to choose from."""
    return any(name in PARAMETERS or (name == "key" and not words_of(rule, name)) for name in rule.arguments)


@pytest.mark.parametrize("role", ROLES)
def test_pages_show_nothing_of_another_tenant_whatever_is_asked_for(quiet, tenants, store, signed_in, role):
    ours, theirs = tenants
    client = signed_in(ours, role)
    query = urlencode({name: value for name in QUERY for value in [query_value(name, theirs)]})
    shown = []
    for rule, method in routes(quiet):
        if method == "GET":
            for values in values_of(rule, ours):
                for suffix in ("", f"?{query}"):
                    response = open_url(client, method, url_of(quiet, rule, ours.key, values) + suffix)
                    if theirs.canary in response.text or response.status_code >= 500:
                        shown.append(f"{rule.rule}{suffix}: {response.status}")
    assert shown == []


def query_value(name: str, planted) -> Any:
    model = {"lead": models.Lead, "execution": models.Execution, "import": models.Import}.get(name)
    if model is not None:
        return planted.value(model, "id")
    keyed = {"list": models.List, "status": models.LeadStatus, "workflow": models.Workflow, "tag": models.Tag}.get(name)
    return planted.value(keyed, "key") if keyed else planted.users["owner"]


def may(app, rule: Rule, role: str) -> bool:
    right = right_of(app.view_functions[rule.endpoint])
    return right is not None and right.kind == "needs" and allows(role, right.permission)


def test_an_unknown_tenant_and_another_ones_get_the_same_answer(app, tenants, signed_in):
    ours, theirs = tenants
    client = signed_in(ours)
    foreign, unknown = client.raw.get(f"/t/{theirs.key}/"), client.raw.get("/t/nobody-at-all/")
    assert (foreign.status_code, unknown.status_code) == (404, 404)
    assert without_token(foreign.text) == without_token(unknown.text)


def without_token(html: str) -> str:
    return "\n".join(line for line in html.splitlines() if "X-CSRFToken" not in line and "csrf_token" not in line)


def test_a_session_of_somebody_else_can_not_be_ended(quiet, tenants, store, signed_in):
    ours, theirs = tenants
    victim, attacker = signed_in(theirs), signed_in(ours)
    with system(store) as session:
        found = session.scalars(select(SignInSession).where(SignInSession.user_id == theirs.users["owner"])).one()
    for session_id in (found.id, new_id()):
        assert attacker.raw.post(f"/account/sessions/{session_id}/end").status_code == 404
    assert victim.raw.get(f"/t/{theirs.key}/").status_code == 200


def test_a_viewer_changes_nothing(quiet, tenants, store, signed_in):
    ours, _ = tenants
    client, before = signed_in(ours, "viewer"), digest(store, ours.tenant_id)
    for rule, method in routes(quiet):
        if method != "GET":
            for values in values_of(rule, ours):
                response = open_url(client, method, url_of(quiet, rule, ours.key, values))
                assert response.status_code == 403 or rule.endpoint in ASKING, f"{method} {rule.rule}"
    assert digest(store, ours.tenant_id) == before


def test_looking_writes_nothing(quiet, tenants, store, signed_in):
    ours, _ = tenants
    client, before = signed_in(ours), digest(store, ours.tenant_id)
    for rule, method in routes(quiet):
        if method == "GET":
            for values in values_of(rule, ours):
                open_url(client, method, url_of(quiet, rule, ours.key, values))
    assert digest(store, ours.tenant_id) == before


def test_pages_of_a_tenant_all_stand_below_its_address(app):
    asking = [
        rule.rule
        for rule in app.url_map.iter_rules()
        if (right := right_of(app.view_functions[rule.endpoint])) and right.kind == "needs"
        if not is_api(app, rule.endpoint) and not rule.rule.startswith("/t/<tenant>")
    ]
    assert asking == []
