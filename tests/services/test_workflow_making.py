"""Workflows made of ready-made ones: complete, activated at once, and walked to their end; nothing half made."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from campaigns.engine.cautions import find_warnings
from campaigns.engine.document import Document
from campaigns.errors import Invalid
from campaigns.sections.registry import kinds
from campaigns.services import drafts, fields, simulations, templates, versions, vocabulary, workflows
from campaigns.services.simulations import Asked
from campaigns.services.vocabulary import load_vocabulary
from campaigns.services.workflow_making import Wish, find_needs, make_workflow
from campaigns.services.workflow_templates import get_workflow_template, list_workflow_templates
from campaigns.storage.models import EmailTemplate, Lead, LeadField, LeadStatus, List, Workflow
from campaigns.storage.transaction import reading, writing
from tests.support.workflows import add_leads, make_tenant

ANNA = "anna@acme.example"
KEYS = [one.key for one in list_workflow_templates()]


@pytest.fixture
def acme(store):
    return make_tenant(store)


def make(store, acme, key, **wished):
    """Make a workflow `made` of a ready-made one."""
    template = get_workflow_template(key)
    wish = Wish("Made", members=[ANNA] if template.members else [], **wished)
    with writing(store, acme) as session:
        return make_workflow(session, template, wish, kinds=kinds()).key


def counted(session):
    return [session.scalar(select(func.count()).select_from(m)) for m in (Workflow, List, LeadStatus, EmailTemplate)]


def problems(session):
    draft = drafts.get_draft(session, "made")
    return [problem.message for problem in drafts.find_draft_problems(session, draft, kinds=kinds())]


def test_there_are_at_least_eight():
    assert len(KEYS) >= 8


@pytest.mark.parametrize("key", KEYS)
def test_it_is_complete_is_activated_at_once_and_a_lead_walks_it_to_the_end(store, acme, key):
    add_leads(store, acme, 1, scores=[70])
    make(store, acme, key)
    with writing(store, acme) as session:
        if key == "win-back":
            session.scalars(select(Lead)).one().status_id = vocabulary.get_status(session, "lost").id
        assert problems(session) == []
        assert find_warnings(Document.model_validate(drafts.get_draft(session, "made").document), kinds()) == []
        assert not workflows.get_workflow(session, "made").is_active
        assert versions.activate(session, "made", kinds=kinds()).live_version == 1
        found = simulations.run_simulation(session, "made", Asked(sample=1), kinds=kinds())
    assert dict(found.statuses) == {"finished": 1}, found.paths
    assert found.paths[0].steps


@pytest.mark.parametrize("key", KEYS)
def test_its_mails_have_no_remarks_and_it_names_nothing_beside_what_it_says(store, acme, key):
    make(store, acme, key)
    template = get_workflow_template(key)
    with reading(store, acme) as session:
        for mail in template.emails:
            assert templates.find_remarks(session, templates.get_template(session, mail)) == []
        document = drafts.get_draft(session, "made").document
    assert "<<" not in str(document)


@pytest.mark.parametrize("key", KEYS)
def test_making_it_twice_uses_what_is_there(store, acme, key):
    make(store, acme, key)
    with reading(store, acme) as session:
        before = counted(session)
        needs = find_needs(get_workflow_template(key), load_vocabulary(session))
    assert [need for need in needs if need.there is None] == []
    assert make(store, acme, key) == "made-2"
    with reading(store, acme) as session:
        assert counted(session) == [before[0] + 1, *before[1:]]


def test_a_status_is_replaced_by_one_of_the_tenant(store, acme):
    with writing(store, acme) as session:
        vocabulary.delete_status(session, "contacted")
        vocabulary.create_status(session, name="In touch", key="in-touch")
    make(store, acme, "hot-lead-alert", statuses={"contacted": "in-touch"})
    with reading(store, acme) as session:
        assert problems(session) == []
        assert "in-touch" in str(drafts.get_draft(session, "made").document)
        assert "contacted" not in [row.key for row in vocabulary.list_statuses(session)]


def test_a_status_that_the_tenant_lacks_is_made(store, acme):
    with writing(store, acme) as session:
        vocabulary.delete_status(session, "contacted")
    make(store, acme, "hot-lead-alert")
    with reading(store, acme) as session:
        assert vocabulary.get_status(session, "contacted").name == "Contacted"


def test_a_field_of_another_type_stays_and_one_of_another_key_is_made(store, acme):
    with writing(store, acme) as session:
        fields.create_field(session, name="Birthday", key="birthday", type="text")
    make(store, acme, "birthday-greetings")
    with reading(store, acme) as session:
        assert problems(session) == []
        found = dict(session.execute(select(LeadField.key, LeadField.type)).all())
        assert found == {"birthday": "text", "birthday_2": "date"}
        trigger = drafts.get_draft(session, "made").document["triggers"][0]
    assert trigger["config"]["field"] == "lead.birthday_2"


def test_without_what_is_missing_the_draft_says_so(store, acme):
    make(store, acme, "welcome-series", complete=False)
    with reading(store, acme) as session:
        assert counted(session)[1] == 0
        assert any("newsletter" in message for message in problems(session))


@pytest.mark.parametrize(
    ("key", "wish", "path"),
    [
        ("hot-lead-alert", Wish("Made", statuses={"contacted": "gone"}), "/status-contacted"),
        ("hot-lead-alert", Wish("Made", statuses={"other": "new"}), "/status-other"),
        ("round-robin-assignment", Wish("Made"), "/members"),
        ("round-robin-assignment", Wish("Made", members=["bob@other.example"]), "/members"),
        ("welcome-series", Wish(" "), "/name"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_kept(store, acme, key, wish, path):
    """Nor what was made before the mistake was found: a name is looked at last."""
    with reading(store, acme) as session:
        before = counted(session)
    with pytest.raises(Invalid) as caught, writing(store, acme) as session:
        make_workflow(session, get_workflow_template(key), wish, kinds=kinds())
    assert [problem.path for problem in caught.value.problems] == [path]
    with reading(store, acme) as session:
        assert counted(session) == before
