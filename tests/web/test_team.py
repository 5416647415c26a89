"""The pages of the team and its API keys."""

from __future__ import annotations

import pytest

from campaigns.services import api_keys
from campaigns.services.api_keys import authenticate_key
from campaigns.storage.transaction import reading
from campaigns.tenancy import Tenancy


def names(page):
    return [cell.get_text(" ", strip=True) for cell in page.select("tbody td.main")]


def test_admins_see_the_members_with_their_roles(acme, signed_in):
    page = signed_in(acme, "admin").get(f"/t/{acme.key}/team")
    assert len([name for name in names(page) if name.startswith(acme.canary)]) >= 4
    assert [option["value"] for option in page.select("#field-role option")] == ["admin", "editor", "viewer"]


def test_an_invitation_is_listed_until_it_is_taken_back(acme, signed_in):
    client = signed_in(acme)
    team = f"/t/{acme.key}/team"
    made = client.submit(
        client.get(team), "form[action$='/invitations']", status=200, email="kim@x.example", role="viewer"
    )
    assert "/invitations/" in made.select_one(".notice .mono").get_text()
    listed = next(row for row in made.select("tr") if "kim@x.example" in row.get_text())
    assert [part.time.get_text() for part in (made.select_one(".notice"), listed)] == ["in 7 days", "in 7 days"]
    assert "kim@x.example" in names(client.get(team))
    row = next(row for row in client.get(team).select("tr") if "kim@x.example" in row.get_text())
    client.submit(client.get(team), f"form[action='{row.select_one('form')['action']}']")
    assert "kim@x.example" not in names(client.get(team))


@pytest.mark.parametrize("email", ["nobody", "viewer@acme.example"])
def test_a_bad_invitation_says_so_at_its_field(acme, signed_in, email):
    client = signed_in(acme)
    page = client.get(f"/t/{acme.key}/team")
    again = client.submit(page, "form[action$='/invitations']", status=422, email=email)
    assert again.select_one("#field-email-error")
    assert again.select_one("#field-email")["value"] == email


def test_a_role_change_bites_at_once(acme, signed_in):
    owner, editor = signed_in(acme), signed_in(acme, "editor")
    assert editor.raw.get(f"/t/{acme.key}/team/api-keys").status_code == 403
    form = f"form[action$='/members/{acme.users['editor']}']"
    owner.submit(owner.get(f"/t/{acme.key}/team"), form, role="admin")
    editor.get(f"/t/{acme.key}/team/api-keys")
    owner.submit(owner.get(f"/t/{acme.key}/team"), f"form[action$='/members/{acme.users['editor']}/remove']")
    editor.get(f"/t/{acme.key}/team", status=404)


def test_an_admin_can_not_remove_the_owner(acme, signed_in):
    admin = signed_in(acme, "admin")
    form = f"form[action$='/members/{acme.users['owner']}/remove']"
    admin.submit(admin.get(f"/t/{acme.key}/team"), form, status=403)


def test_a_key_is_shown_once_and_works_until_it_is_revoked(acme, signed_in, store):
    client = signed_in(acme)
    keys = f"/t/{acme.key}/team/api-keys"
    made = client.submit(
        client.get(keys), "form[action$='/api-keys']", status=200, name="Website", scopes=["leads.view"]
    )
    token = made.select_one(".notice .mono").get_text(strip=True)
    found, scopes = authenticate_key(store, token)
    assert (found.tenant_id, scopes) == (acme.tenant_id, {"leads.view"})
    assert token not in client.get(keys).get_text()
    with reading(store, Tenancy(acme.tenant_id)) as session:
        row = next(row for row in api_keys.list_keys(session) if row.name == "Website")
    client.submit(client.get(keys), f"form[action$='/{row.id}/revoke']")
    with pytest.raises(api_keys.BadKey):
        authenticate_key(store, token)


def test_a_key_of_a_name_that_is_taken_is_refused_at_its_field(acme, signed_in):
    client = signed_in(acme)
    keys = f"/t/{acme.key}/team/api-keys"
    for status in (200, 422):
        page = client.submit(client.get(keys), "form[action$='/api-keys']", status=status, name="Website")
    assert page.select_one("#field-name-error")


def test_a_child_is_opened_by_the_admins_above_it(acme, signed_in):
    owner = signed_in(acme)
    owner.submit(owner.get(f"/t/{acme.key}/settings"), "form[action$='/children']", child_name="West")
    assert owner.response.location == "/t/west/"
    signed_in(acme, "admin").get("/t/west/team")
    signed_in(acme, "editor").get("/t/west/", status=404)


def test_the_settings_are_saved_and_recorded(acme, signed_in):
    client = signed_in(acme)
    settings = f"/t/{acme.key}/settings"
    client.submit(client.get(settings), f"form[action='{settings}']", name="Acme Ltd", time_zone="Europe/Madrid")
    assert client.follow().select_one("#field-name")["value"] == "Acme Ltd"
    assert "tenant.changed" in client.get(f"{settings}/audit").get_text()
