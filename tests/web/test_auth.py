"""Signing up, in and out in the browser; cookies, headers, CSRF, and where one is sent afterwards."""

from __future__ import annotations

from datetime import timedelta

import pytest

from campaigns.app import create_app
from campaigns.runtime import open_runtime
from campaigns.services import accounts, team
from campaigns.services.rights import public
from campaigns.settings import load_settings
from campaigns.storage.transaction import writing
from campaigns.tenancy import Tenancy
from campaigns.web.requests import safe_next
from tests.support.checking_client import CheckingClient

GOOD = "violet lantern orbit 27"


@pytest.fixture
def ada(client):
    """A browser that has just signed up."""
    page = client.get("/sign-up")
    client.submit(page, "form", tenant_name="Acme", name="Ada", email="ada@acme.example", password=GOOD)
    return client


def sign_in(client, *, password=GOOD, status=303, path="/sign-in"):
    return client.submit(client.get(path), "form", status=status, email="ada@acme.example", password=password)


def test_signing_up_leads_to_an_empty_home(ada):
    home = ada.follow()
    assert ada.response.request.path == "/t/acme/"
    assert home.select_one("h1").get_text(strip=True) == "Home"
    assert "Ada" in home.select_one("#account").get_text() or "ada@acme.example" in home.get_text()


def test_signing_up_says_at_each_field_what_is_wrong(client):
    page = client.get("/sign-up")
    again = client.submit(page, "form", status=422, tenant_name="", email="nobody", password="short")
    assert again.select_one("#field-tenant_name-error")
    page = client.get("/sign-up")
    again = client.submit(page, "form", status=422, tenant_name="Acme", email="nobody", password="short")
    assert again.select_one("#field-email-error")
    assert again.select_one("#field-password-error")
    assert again.select_one("#field-tenant_name")["value"] == "Acme"


def test_signing_out_ends_the_session_on_the_server(app, ada):
    stolen = ada.raw.get_cookie("campaigns")
    ada.submit(ada.get("/t/acme/"), "form[action='/sign-out']")
    assert ada.response.location == "/sign-in"
    thief = CheckingClient(app)
    thief.raw.set_cookie("campaigns", stolen.value)
    assert thief.raw.get("/t/acme/").status_code == 303


def test_signing_in_leads_back_to_where_one_wanted_to_go(app, ada):
    client = CheckingClient(app)
    client.get("/t/acme/team", status=303)
    sign_in(client, path=client.response.location)
    assert client.response.location == "/t/acme/team"
    assert client.follow().select_one("h1").get_text(strip=True) == "Team"


def test_signing_in_gives_a_new_token_and_ends_the_one_before(app, ada):
    before = ada.raw.get_cookie("campaigns").value
    sign_in(ada)
    after = ada.raw.get_cookie("campaigns").value
    assert before != after
    old = CheckingClient(app)
    old.raw.set_cookie("campaigns", before)
    assert old.raw.get("/t/acme/").status_code == 303


def test_a_wrong_password_is_told_without_saying_which_part(app, ada):
    page = sign_in(CheckingClient(app), password="not this one 99", status=422)
    assert "The email address or the password is not right." in page.get_text()


def test_guessing_is_told_to_wait(app, ada):
    client = CheckingClient(app)
    for _ in range(3):
        sign_in(client, password="not this one 99", status=422)
    page = sign_in(client, status=429)
    assert "wait" in page.get_text()
    assert int(client.response.headers["Retry-After"]) >= 1


def test_the_owners_browser_is_not_kept_out_by_strangers(app, ada):
    ada.submit(ada.get("/t/acme/"), "form[action='/sign-out']")
    stranger = CheckingClient(app)
    for _ in range(3):
        sign_in(stranger, password="not this one 99", status=422)
    sign_in(stranger, status=429)
    sign_in(ada)


def test_a_password_change_keeps_this_browser_and_ends_the_others(app, ada):
    other = CheckingClient(app)
    sign_in(other)
    ada.submit(ada.get("/account"), "form[action='/account/password']", old=GOOD, new="amber thicket sonar 9")
    assert "Password changed" in ada.follow().get_text()
    other.get("/account", status=303)


def test_a_wrong_present_password_stands_at_its_field(ada):
    page = ada.get("/account")
    again = ada.submit(page, "form[action='/account/password']", status=422, old="no", new="amber thicket sonar 9")
    assert again.select_one("#field-old-error")


def test_a_session_can_be_ended_from_another_browser(app, ada):
    other = CheckingClient(app)
    sign_in(other)
    ada.submit(ada.get("/account"), "form[action$='/end']")
    other.get("/account", status=303)


def test_the_profile_can_be_changed(ada):
    form = "form[action='/account/profile']"
    ada.submit(ada.get("/account"), form, name="Ada King", time_zone="Asia/Kathmandu")
    assert ada.follow().select_one("#field-name")["value"] == "Ada King"
    assert ada.submit(ada.get("/account"), form, status=422, name=" ").select_one("#field-name-error")


def test_idle_sessions_end(ada, clock):
    clock.advance(timedelta(hours=12))
    ada.get("/t/acme/", status=303)


def test_an_invitation_lets_a_new_person_in(app, ada):
    page = ada.get("/t/acme/team")
    made = ada.submit(page, "form[action$='/invitations']", status=200, email="bob@acme.example", role="viewer")
    address = made.select_one(".notice .mono").get_text(strip=True)
    bob = CheckingClient(app)
    bob.submit(bob.get(address), "form", name="Bob", password="amber thicket sonar 9")
    assert bob.follow().select_one("h1").get_text(strip=True) == "Home"
    assert bob.get("/t/acme/settings").select_one("[name=name]").has_attr("disabled")
    bob.get(address, status=404)


def test_an_invitation_lets_who_has_an_account_in_by_password(app, ada, store):
    accounts.sign_up(store, accounts.Person("bob@acme.example", "Bob", GOOD), organisation="Bob's")
    with writing(store, Tenancy(tenant_of(store))) as session:
        row = team.invite(session, email="bob@acme.example", role="editor")
    address = f"/invitations/{team.invitation_token(app.config['SECRET_KEY'], row)}"
    bob = CheckingClient(app)
    bob.submit(bob.get(address), "form", status=422, password="not this one 99")
    bob.submit(bob.get(address), "form", password=GOOD)
    assert {entry.get_text(strip=True) for entry in bob.get("/").select(".choice .strong")} == {"Acme", "Bob's"}


def tenant_of(store):
    from campaigns.services.tenants import find_tenant
    from campaigns.storage.transaction import system

    with system(store) as session:
        return find_tenant(session, "acme").id


def test_every_cookie_is_kept_from_scripts_and_other_sites(ada):
    ada.get("/sign-in")
    sign_in(ada)
    cookies = ada.response.headers.getlist("Set-Cookie")
    assert len(cookies) == 2
    assert all("HttpOnly" in cookie and "SameSite=Lax" in cookie and "Path=/" in cookie for cookie in cookies)
    assert not any("Domain" in cookie for cookie in cookies)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_behind_tls_cookies_are_bound_to_the_host_and_plain_requests_are_sent_on(app_settings, clock):
    given = app_settings.model_dump() | {"public_url": "https://c.example", "secure_cookies": True, "proxy_hops": 1}
    runtime = open_runtime(load_settings(env_file=None, **given))
    raw = create_app(runtime=runtime, clock=clock).test_client()
    secure = raw.get("/sign-in", headers={"X-Forwarded-Proto": "https", "X-Forwarded-Host": "c.example"})
    cookie = secure.headers["Set-Cookie"]
    assert cookie.startswith("__Host-campaigns=")
    assert "Secure" in cookie
    assert secure.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"
    plain = raw.get("/sign-in?next=%2F", headers={"X-Forwarded-Proto": "http", "X-Forwarded-Host": "c.example"})
    assert (plain.status_code, plain.location) == (308, "https://c.example/sign-in?next=/")
    runtime.close()


@pytest.mark.parametrize("path", ["/sign-in", "/t/acme/", "/t/none/", "/nowhere", "/healthz", "/static/js/app.js"])
def test_every_answer_carries_the_strict_headers(ada, path):
    with ada.raw.get(path) as response:
        headers = response.headers
    policy = headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "script-src 'self';" in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    if not path.startswith("/static"):
        assert headers["Cache-Control"] == "no-store"


def test_a_change_without_its_token_or_from_another_site_is_refused(ada):
    data = {"email": "ada@acme.example", "password": GOOD}
    assert ada.raw.post("/sign-in", data=data).status_code == 403
    assert ada.raw.post("/sign-in", data=data | {"csrf_token": "forged"}).status_code == 403
    page = ada.get("/sign-in")
    token = {"csrf_token": page.select_one("[name=csrf_token]")["value"]}
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}, {"Origin": "null"}):
        assert ada.raw.post("/sign-in", data=data | token, headers=headers).status_code == 403
    same = {"Sec-Fetch-Site": "same-origin", "Origin": "http://localhost"}
    assert ada.raw.post("/sign-in", data=data | token, headers=same).status_code == 303


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example", "//evil.example", "///evil.example", "/\\evil.example", "\\\\evil.example",
        "evil.example", "/%0d%0aSet-Cookie:x=1", "/\r\nX: 1", "/\tevil", "javascript:alert(1)", "/ok//evil.example",
        "http:/evil", "/@evil\x00", "/%2f%2fevil.example", "/%5cevil.example", " /x", "", None,
    ],
)  # fmt: skip
def test_one_is_never_sent_to_another_site(target):
    assert safe_next(target, otherwise="/home") == "/home"


@pytest.mark.parametrize("target", ["/", "/t/acme/leads?q=a%20b&page=2", "/t/acme/team#x"])
def test_a_path_of_this_site_is_followed(target):
    assert safe_next(target, otherwise="/home") == target


def test_bodies_that_are_too_large_are_refused(ada):
    response = ada.raw.post("/sign-in", data={"email": "x" * (11 * 1024 * 1024)})
    assert response.status_code == 413


def test_errors_are_pages_for_people_and_toasts_for_htmx(ada):
    assert "There is nothing here" in ada.get("/t/acme/nothing", status=404).get_text()
    part = ada.raw.get("/t/none/", headers={"HX-Request": "true"})
    assert part.status_code == 404
    assert "showToast" in part.headers["HX-Trigger"]
    assert part.headers["HX-Reswap"] == "none"


def test_the_api_is_answered_in_json(ada):
    response = ada.raw.get("/api/v1/nothing-here")
    assert response.status_code == 404
    assert response.json["error"]["code"] == "not_found"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_failure_of_ours_says_nothing_of_its_cause(app, ada):
    app.testing = False
    app.view_functions["dashboard.show"] = broken
    page = ada.get("/t/acme/", status=500)
    assert "planted secret" not in page.get_text()
    assert "Something broke on our side" in page.get_text()


def broken():
    raise RuntimeError("planted secret")


public(broken)


def test_the_process_says_that_it_is_well(client):
    assert client.raw.get("/healthz").json == {"status": "ok"}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_demo_sign_in_is_shown_only_where_there_is_one(app_settings, client):
    assert "Demo sign-in" not in client.get("/sign-in").get_text()
    runtime = open_runtime(app_settings)
    shown = CheckingClient(create_app(runtime=runtime, demo="demo@campaigns.example, password: open sesame"))
    assert "demo@campaigns.example" in shown.get("/sign-in").get_text()
    runtime.close()
