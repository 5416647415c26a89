"""Tags of one lead: given in one text, and taken away whatever they hold."""

from __future__ import annotations

import pytest

from campaigns.errors import Invalid
from campaigns.services import leads, vocabulary
from campaigns.services.lead_bulk import Action, Selection, act
from campaigns.storage.models import LeadTag, Tag
from campaigns.storage.transaction import writing
from tests.support.workflows import make_tenant

OLD = "a,b"  # from before tags were kept free of what stands between them


@pytest.fixture
def tenancy(store):
    return make_tenant(store)


@pytest.fixture
def ann(store, tenancy):
    """Return the id of a lead with a tag that nobody could give today."""
    with writing(store, tenancy) as session:
        lead_id = leads.create_lead(session, {"email": "ann@example.org", "tags": ["vip"]}).id
        session.add(Tag(key=OLD, created_at=session.now))
        session.flush()
        session.add(LeadTag(lead_id=lead_id, tag=OLD))
    return lead_id


def tags(session, lead_id):
    return leads.lead_json(session, [leads.get_lead(session, lead_id)])[0]["tags"]


def test_tags_in_one_text_are_added_one_by_one(store, tenancy, ann):
    with writing(store, tenancy) as session:
        leads.add_tag(session, ann, "press, early")
        assert tags(session, ann) == [OLD, "early", "press", "vip"]


def test_an_old_tag_with_a_comma_can_be_taken_away(store, tenancy, ann):
    with writing(store, tenancy) as session:
        leads.remove_tag(session, ann, OLD)
        assert tags(session, ann) == ["vip"]


def test_an_old_tag_with_a_comma_can_be_taken_from_many(store, tenancy, ann):
    with writing(store, tenancy) as session:
        act(session, Selection(ids=(ann,)), Action("remove_tag", OLD))
        assert tags(session, ann) == ["vip"]


def test_no_such_tag_is_made_or_given(store, tenancy, ann):
    with writing(store, tenancy) as session:
        with pytest.raises(Invalid):
            vocabulary.create_tag(session, OLD)
        with pytest.raises(Invalid):
            act(session, Selection(ids=(ann,)), Action("add_tag", OLD))
