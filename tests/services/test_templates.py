"""Email templates: what is checked, what is frozen, what may be deleted."""

from __future__ import annotations

import pytest

from campaigns.errors import Conflict, InUse, Invalid, Stale
from campaigns.services import templates, versions, workflows
from campaigns.storage.models import TemplateVersion
from campaigns.storage.transaction import writing
from tests.support.workflows import document, make_tenant

HTML = "<p>Hello {{ lead.first_name | default: 'friend' }}</p>"
SEND = {"id": "s1", "type": "email.send", "config": {"template": "welcome"}}


@pytest.fixture
def tenancy(store):
    return make_tenant(store)


def create(session, **content):
    return templates.create_template(session, **{"name": "Welcome", "subject": "Hi", "source": HTML, **content})


def test_a_template_is_made_with_a_key_from_its_name(store, tenancy):
    with writing(store, tenancy) as session:
        row = create(session)
        assert (row.key, row.kind, row.message_class, row.revision) == ("welcome", "html", "marketing", 1)
        with pytest.raises(Conflict):
            create(session, key="welcome")
        assert create(session).key == "welcome-2"


@pytest.mark.parametrize(
    ("content", "path"),
    [
        ({"name": " "}, "/name"),
        ({"subject": ""}, "/subject"),
        ({"subject": "a\r\nBcc: b@c.de"}, "/subject"),
        ({"subject": "{{ lead.first_name"}, "/subject"),
        ({"source": ""}, "/html"),
        ({"source": "{% if %}"}, "/html"),
        ({"source": "<p>{{ lead.no_such_field }}</p>"}, "/html"),
        ({"source": "x" * (1024 * 1024 + 1)}, "/html"),
        ({"kind": "word"}, "/kind"),
        ({"message_class": "secret"}, "/class"),
    ],
)
def test_what_is_wrong_is_said_by_field(store, tenancy, content, path):
    with writing(store, tenancy) as session, pytest.raises(Invalid) as caught:
        create(session, **content)
    assert path in [problem.path for problem in caught.value.problems]


def test_a_change_raises_the_revision_and_no_change_does_not(store, tenancy):
    with writing(store, tenancy) as session:
        create(session)
        assert templates.update_template(session, "welcome", subject="Hi").revision == 1
        assert templates.update_template(session, "welcome", subject="Hello").revision == 2
        with pytest.raises(Stale):
            templates.update_template(session, "welcome", expected_revision=1, subject="Late")
        with pytest.raises(Invalid):
            templates.update_template(session, "welcome", subject="")


def test_a_revision_is_frozen_once(store, tenancy):
    with writing(store, tenancy) as session:
        row = create(session)
        first = templates.freeze_template(session, row)
        assert templates.freeze_template(session, row).id == first.id
        templates.update_template(session, "welcome", subject="Hello")
        second = templates.freeze_template(session, row)
        assert (first.subject, second.subject) == ("Hi", "Hello")
        assert session.query(TemplateVersion).count() == 2


def test_an_edited_template_is_sent_once_the_workflow_is_published_again(store, tenancy):
    with writing(store, tenancy) as session:
        create(session)
        workflow = workflows.create_workflow(session, name="Greeting", document=document(SEND))
        versions.activate(session, "greeting")
        assert not versions.differs(session, workflow)
        templates.update_template(session, "welcome", subject="Hello")
        assert versions.differs(session, workflow)
        assert versions.activate(session, "greeting").live_version == 2
        assert not versions.differs(session, workflow)


def test_a_template_of_a_live_workflow_is_kept(store, tenancy):
    with writing(store, tenancy) as session:
        create(session)
        workflows.create_workflow(session, name="Greeting", document=document(SEND))
        versions.activate(session, "greeting")
        templates.update_template(session, "welcome", subject="Hello")
        with pytest.raises(InUse, match="Greeting"):
            templates.delete_template(session, "welcome")
        versions.deactivate(session, "greeting")
        templates.delete_template(session, "welcome")
        assert templates.list_templates(session) == []
