"""Email templates in the browser: what is wrong stands at its field, and a preview is a mail without rights."""

from __future__ import annotations

import pytest

from campaigns.services import leads, templates
from campaigns.storage.transaction import reading, writing
from campaigns.tenancy import Tenancy
from tests.support.lead_pages import empty_tenant

MJML = (
    "<mjml><mj-body><mj-section><mj-column><mj-text>Hello {{ lead.first_name }}</mj-text></mj-column></mj-section>"
    "</mj-body></mjml>"
)


@pytest.fixture
def acme(store):
    return empty_tenant(store)


@pytest.fixture
def tenancy(acme):
    return Tenancy(acme.tenant_id)


@pytest.fixture
def client(acme, signed_in):
    return signed_in(acme, "editor")


@pytest.fixture
def base(acme):
    return f"/t/{acme.key}/templates"


@pytest.fixture
def ann(store, tenancy):
    with writing(store, tenancy) as session:
        return leads.create_lead(session, {"email": "ann@a.example", "first_name": "<b>Ann</b>"}).id


def make(client, base, status=303, **values):
    given = {"name": "Welcome", "subject": "Hi {{ lead.first_name }}", "source": MJML, **values}
    return client.submit(client.get(f"{base}/-/new"), "#template", status=status, **given)


def test_a_template_is_made_listed_and_changed(client, base, store, tenancy):
    assert "No templates yet" in client.get(base).get_text()
    make(client, base)
    page = client.follow()
    client.submit(page, "#template", subject="Hello")
    with reading(store, tenancy) as session:
        row = templates.get_template(session, "welcome")
        assert (row.subject, row.source, row.revision, row.message_class) == ("Hello", MJML, 2, "marketing")
    assert "Hello" in client.get(base).get_text()


@pytest.mark.parametrize(
    ("values", "field", "words"),
    [
        ({"name": " "}, "name", "required"),
        ({"subject": "{{ lead.nobody }}"}, "subject", "lead.nobody"),
        ({"source": "<mjml><mj-body>\n{{ lead.first_name</mj-body></mjml>"}, "source", "Line 2, column"),
        ({"kind": "html", "source": "<a href='javascript:x()'>x</a>"}, "source", "javascript"),
        ({"key": "No Key"}, "key", "letters"),
    ],
)
def test_what_is_wrong_stands_at_its_field_and_nothing_is_lost(client, base, values, field, words):
    page = make(client, base, status=422, **values)
    assert words in page.select_one(f"#field-{field}-error").get_text()
    sent = {"source": MJML, **values}["source"]
    assert page.select_one("textarea[name=source]").get_text().strip("\n") == sent


def test_what_is_unwise_is_remarked(client, base):
    make(client, base)
    assert "no unsubscribe link" in client.follow().select_one(".remarks").get_text()


def test_a_preview_shows_the_mail_as_a_lead_gets_it(client, base, ann):
    make(client, base)
    page = client.get(f"{base}/welcome/preview?who=ANN@a.example&width=phone")
    frame = page.select_one("iframe")
    assert frame.has_attr("sandbox")
    assert not frame["sandbox"], "it has no right at all"
    assert page.select_one(".mail-phone") is not None
    assert "Hi <b>Ann</b>" in page.select_one(".mail-head").get_text()
    answer = client.raw.get(frame["src"])
    assert "Hello &lt;b&gt;Ann" in answer.text
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "sandbox" in policy.split("; ")
    assert "script-src" not in policy
    assert answer.headers["X-Frame-Options"] == "SAMEORIGIN"


def test_a_preview_says_which_values_are_missing(client, base, store, tenancy):
    with writing(store, tenancy) as session:
        leads.create_lead(session, {"email": "bob@a.example"})
    make(client, base)
    assert "No value for lead.first_name" in client.get(f"{base}/welcome/preview").get_text()


def test_a_preview_for_nobody_says_so(client, base):
    make(client, base)
    assert "There is no lead who@x.test" in client.get(f"{base}/welcome/preview?who=who@x.test").get_text()
    client.get(f"{base}/welcome/preview?lead=nonsense", status=404)


def test_t18_a_preview_as_another_tenants_lead_is_not_found(client, base, store):
    rival = empty_tenant(store, "rival")
    with writing(store, Tenancy(rival.tenant_id)) as session:
        foreign = leads.create_lead(session, {"email": "eve@r.example"}).id
    make(client, base)
    for page in ("preview", "mail"):
        assert client.raw.get(f"{base}/welcome/{page}?lead={foreign}").status_code == 404


def test_two_people_do_not_overwrite_each_other_unseen(client, base):
    make(client, base)
    page = client.follow()
    client.submit(page, "#template", subject="First")
    again = client.submit(page, "#template", subject="Second", status=409)
    assert "Somebody else changed this" in again.get_text()
    assert again.select_one("input[name=subject]")["value"] == "Second"


def test_a_template_is_deleted_after_a_question(client, base):
    make(client, base)
    client.submit(client.get(f"{base}/welcome/delete"), "main form")
    client.get(f"{base}/welcome", status=404)


def test_one_in_use_says_by_whom(client, base, store, tenancy):
    from campaigns.services import versions, workflows

    make(client, base)
    section = {"id": "s1", "type": "email.send", "config": {"template": "welcome"}}
    trigger = {"id": "t1", "type": "manual", "config": {}}
    with writing(store, tenancy) as session:
        document = {"format": 1, "settings": {}, "triggers": [trigger], "sections": [section]}
        workflows.create_workflow(session, name="Onboarding", document=document)
        versions.activate(session, "onboarding")
    client.submit(client.get(f"{base}/welcome/delete"), "main form")
    assert "Onboarding" in client.follow().select_one("#toasts").get_text()


def test_viewers_read_templates_and_change_none(acme, signed_in, client, base):
    make(client, base)
    viewer = signed_in(acme, "viewer")
    page = viewer.get(f"{base}/welcome")
    assert page.select_one("#template button[type=submit]") is None
    viewer.get(f"{base}/-/new", status=403)
