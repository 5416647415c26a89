"""Every route says who may use it, and is refused to everybody else."""

from __future__ import annotations

import pytest
from flask import Blueprint

from campaigns.services.rights import PERMISSIONS, ROLES, allows, allows_scope, needs, right_of
from tests.web.test_permissions_isolation import open_url, routes, url_of, values_of


def test_every_route_declares_who_may_use_it(app):
    bare = [rule.endpoint for rule in app.url_map.iter_rules() if right_of(app.view_functions[rule.endpoint]) is None]
    assert bare == [], "mark the view with @needs(...), @signed_in or @public"


def test_only_few_routes_are_open_to_strangers(app):
    """A route that becomes public is a decision: it is named here with the commit that makes it."""
    open_ones = {e for e, view in app.view_functions.items() if (r := right_of(view)) and r.kind == "public"}
    pages = {name for name in open_ones if not name.startswith("api")}
    assert pages <= {
        "static", "health.healthz", "health.readyz", "auth.home", "auth.sign_in", "auth.do_sign_in", "auth.sign_up",
        "auth.do_sign_up", "auth.sign_out", "invitations.show", "invitations.accept", "openapi.spec",
    }  # fmt: skip


def test_an_unknown_permission_is_refused_when_the_page_is_written():
    with pytest.raises(ValueError, match="add it to PERMISSIONS"):
        needs("leads.vieww")


def test_a_view_that_nobody_marked_is_refused_even_to_owners(app, acme, signed_in):
    bp = Blueprint("forgotten", __name__)
    bp.add_url_rule("/forgotten", "show", lambda: "secret")
    app._got_first_request = False
    app.register_blueprint(bp, url_prefix="/t/<tenant>")
    response = signed_in(acme).raw.get(f"/t/{acme.key}/forgotten")
    assert response.status_code == 403
    assert "secret" not in response.text


def test_roles_stand_in_one_order():
    assert [role for role in ROLES if allows(role, "leads.view")] == ["viewer", "editor", "admin", "owner"]
    assert [role for role in ROLES if allows(role, "leads.edit")] == ["editor", "admin", "owner"]
    assert [role for role in ROLES if allows(role, "team.manage")] == ["admin", "owner"]
    assert not any(allows(role, "no.such") for role in ROLES)


def test_a_key_without_scopes_may_do_everything_and_another_only_what_it_names():
    assert allows_scope([], "leads.edit")
    assert allows_scope(["leads.view"], "leads.view")
    assert not allows_scope(["leads.view"], "leads.edit")
    assert not allows_scope([], "no.such")


@pytest.mark.parametrize("role", ROLES)
def test_each_route_lets_in_the_roles_it_names(app, acme, signed_in, role):
    app.config["WTF_CSRF_ENABLED"] = False
    client, wrong = signed_in(acme, role), []
    for rule, method in routes(app):
        permission = right_of(app.view_functions[rule.endpoint]).permission
        refused = not allows(role, permission)
        if method != "GET" and not refused:
            continue  # what a change does is its own test's; here only who is kept out
        for values in values_of(rule, acme):
            status = open_url(client, method, url_of(app, rule, acme.key, values)).status_code
            if (status == 403) != refused or status >= 500:
                wrong.append(f"{method} {rule.rule} ({permission}): {status}")
    assert wrong == []


def test_strangers_are_sent_to_sign_in_and_back(app, acme, client):
    response = client.raw.get(f"/t/{acme.key}/team?x=1")
    assert response.status_code == 303
    assert response.location == f"/sign-in?next=%2Ft%2F{acme.key}%2Fteam%3Fx%3D1"
    part = client.raw.get(f"/t/{acme.key}/team", headers={"HX-Request": "true"})
    assert (part.status_code, part.headers["HX-Redirect"]) == (401, "/sign-in")


def test_every_role_is_known_of_every_permission():
    assert set(PERMISSIONS.values()) <= set(ROLES)
