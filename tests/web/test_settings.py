"""The settings of an organisation: its name, zone and type, each checked at its field."""

from __future__ import annotations


def test_the_type_of_organisation_is_kept_shown_and_taken_away_again(acme, signed_in):
    client = signed_in(acme)
    page = f"/t/{acme.key}/settings"
    client.submit(client.get(page), "form[action$='/settings']", organisation_type=" dealer ")
    assert client.get(page).select_one("#field-organisation_type")["value"] == "dealer"
    client.submit(client.get(page), "form[action$='/settings']", organisation_type="")
    assert client.get(page).select_one("#field-organisation_type")["value"] == ""


def test_what_is_too_long_is_said_at_its_field_and_stays(acme, signed_in):
    client = signed_in(acme)
    page = client.get(f"/t/{acme.key}/settings")
    again = client.submit(page, "form[action$='/settings']", status=422, organisation_type="x" * 81)
    assert again.select_one("#field-organisation_type-error")


def test_a_viewer_may_look_and_not_change(acme, signed_in):
    viewer = signed_in(acme, "viewer")
    assert viewer.get(f"/t/{acme.key}/settings").select_one("#field-organisation_type").has_attr("disabled")
    assert viewer.raw.post(f"/t/{acme.key}/settings", data={"name": "X"}).status_code in {400, 403}


def test_business_hours_are_kept_and_errors_stand_at_their_day(acme, signed_in):
    client = signed_in(acme)
    page = f"/t/{acme.key}/settings"
    form = "form[action$='/settings/hours']"
    client.submit(client.get(page), form, mon="09:00-12:00,13:00-17:00", sun="", holidays="2026-12-25")
    shown = client.get(page)
    assert shown.select_one("#field-mon")["value"] == "09:00-12:00, 13:00-17:00"
    assert shown.select_one("#field-holidays").get_text(strip=True) == "2026-12-25"
    again = client.submit(shown, form, status=422, mon="17:00-09:00", holidays="soon")
    assert again.select_one("#field-mon-error")
    assert again.select_one("#field-holidays-error")
    assert again.select_one("#field-mon")["value"] == "17:00-09:00"
