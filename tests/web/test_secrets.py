"""The page of secrets: for admins, and never with a value on it."""

from __future__ import annotations

VALUE = "s3cr3t-value"


def test_a_secret_is_kept_replaced_and_deleted_and_its_value_is_never_shown(acme, signed_in):
    client = signed_in(acme, "admin")
    page = f"/t/{acme.key}/secrets"
    client.submit(client.get(page), "form[action$='/secrets']", name="CRM", value=VALUE)
    shown = client.get(page)
    assert "{{ secrets.crm }}" in shown.get_text()
    assert VALUE not in str(shown)
    client.submit(shown, "form[action$='/crm/value']", value="another")
    client.submit(client.get(page), "form[action$='/crm/delete']")
    assert "secrets.crm" not in client.get(page).get_text()


def test_what_is_missing_is_said_at_its_field(acme, signed_in):
    client = signed_in(acme, "admin")
    form, page = "form[action$='/secrets']", client.get(f"/t/{acme.key}/secrets")
    assert client.submit(page, form, status=422, name="", value="x").select_one("#field-name-error")
    again = client.submit(page, form, status=422, name="CRM", value=" ")
    assert again.select_one("#field-value-error")
    assert again.select_one("#field-name")["value"] == "CRM"


def test_an_editor_may_not_even_look(acme, signed_in):
    assert signed_in(acme, "editor").raw.get(f"/t/{acme.key}/secrets").status_code == 403
