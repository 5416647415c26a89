"""What is made inside a section's dialog: it is chosen at once, and nothing that was typed is lost."""

from __future__ import annotations

import pytest

from campaigns.services import drafts, templates, vocabulary, workflows
from campaigns.storage.transaction import reading, writing
from campaigns.tenancy import Tenancy
from tests.support.lead_pages import empty_tenant

MAIL = {
    "name": "Hello",
    "subject": "Hi {{ lead.first_name | default: 'you' }}",
    "text": "One & two\n\nThree {{ lead.city }}",
}


@pytest.fixture
def acme(store):
    found = empty_tenant(store)
    with writing(store, Tenancy(found.tenant_id)) as session:
        workflows.create_workflow(session, name="Welcome")
    return found


@pytest.fixture
def client(acme, signed_in):
    return signed_in(acme, "editor")


@pytest.fixture
def here(acme):
    return f"/t/{acme.key}/workflows/welcome/sections"


def new(setting, /, **values):
    return {f"new.{setting}.{field}": value for field, value in values.items()}


def sections(store, acme):
    with reading(store, Tenancy(acme.tenant_id)) as session:
        return drafts.get_draft(session, "welcome").document.get("sections", [])


def test_a_list_is_made_and_chosen_and_what_was_typed_stays(client, here, acme, store):
    form = client.get(f"{here}/-/new?type=list.add&at=start")
    assert "There is no list yet: create one" in form.get_text()
    typed = {"name": "Put on it", "note": "Why", "create": "config.list", **new("config.list", name="Hot leads")}
    shown = client.submit(form, "main form", status=200, **typed)
    assert shown.select_one("[name='config.list'] option[selected]").get_text() == "Hot leads"
    assert shown.select_one("[name='name']")["value"] == "Put on it"
    assert shown.select_one("[name='note']").get_text() == "Why"
    assert shown.select_one("[name='new.config.list.name']").get("value", "") == ""
    assert sections(store, acme) == []
    client.submit(shown, "main form")
    assert [one["config"] for one in sections(store, acme)] == [{"list": "hot-leads"}]


def test_saving_makes_what_was_typed_as_new_and_takes_it(client, here, acme, store):
    form = client.get(f"{here}/-/new?type=lead.set_status&at=start")
    client.submit(form, "main form", **new("config.status", name="Paused"))
    (section,) = sections(store, acme)
    with reading(store, Tenancy(acme.tenant_id)) as session:
        assert vocabulary.get_status(session, section["config"]["status"]).name == "Paused"


def test_a_mail_is_made_of_a_name_a_subject_and_a_text(client, here, acme, store):
    form = client.get(f"{here}/-/new?type=email.send&at=start")
    mail = MAIL | {"text": "One & two\n\nThree {% if lead.score > 5 %}<b>{% endif %}"}
    shown = client.submit(form, "main form", status=200, create="config.template", **new("config.template", **mail))
    assert shown.select_one("[name='config.template'] option[selected]")["value"] == "hello"
    with reading(store, Tenancy(acme.tenant_id)) as session:
        row = templates.get_template(session, "hello")
    assert "<p>One &amp; two</p>" in row.source
    assert "<p>Three {% if lead.score > 5 %}&lt;b&gt;{% endif %}</p>" in row.source
    assert (row.subject, row.text) == (mail["subject"], mail["text"])


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"name": ""}, "Name is required"),
        ({"subject": ""}, "Subject is required"),
        ({"text": " "}, "Text is required"),
        ({"text": "{{ lead.first_name"}, "Text"),
    ],
)
def test_what_can_not_be_made_stays_as_it_was_typed_with_the_reason(client, here, acme, store, wrong, reason):
    form = client.get(f"{here}/-/new?type=email.send&at=start")
    mail = {**MAIL, "text": "Hello", **wrong}
    for pressed in ({"create": "config.template"}, {}):
        shown = client.submit(form, "main form", status=200, **pressed, **new("config.template", **mail))
        making = shown.select_one(".making")
        assert reason in making.select_one("[role=alert]").get_text()
        assert making.has_attr("open")
        assert making.select_one("[name$='.subject']").get("value", "") == mail["subject"]
    with reading(store, Tenancy(acme.tenant_id)) as session:
        assert templates.list_templates(session) == []
    assert sections(store, acme) == []


def test_looking_at_another_tab_makes_nothing(client, here, acme, store):
    form = client.get(f"{here}/-/new?type=list.add&at=start")
    client.submit(form, "main form", status=200, go="json", **new("config.list", name="Hot leads"))
    with reading(store, Tenancy(acme.tenant_id)) as session:
        assert vocabulary.list_lists(session) == []


def test_only_what_may_be_made_in_place_is(client, here, acme, store):
    form = client.get(f"{here}/-/new?type=list.add&at=start")
    odd = {"new.config.list.noun": "workflow", "new.config.list.name": "Mine"}
    client.submit(form, "main form", status=200, create="config.list", **odd)
    with reading(store, Tenancy(acme.tenant_id)) as session:
        assert [one.name for one in workflows.list_workflows(session)] == ["Welcome"]
