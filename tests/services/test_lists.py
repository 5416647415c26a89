"""Who is on a list, and the events of coming and going."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from campaigns.errors import NotFound
from campaigns.services import leads, lists, vocabulary
from campaigns.storage.models import Event
from campaigns.storage.transaction import reading, writing
from tests.support.workflows import add_leads, make_tenant


@pytest.fixture
def tenancy(store):
    found = make_tenant(store)
    with writing(store, found) as session:
        vocabulary.create_list(session, name="Hot")
    return found


def test_a_lead_comes_and_goes_once_each_with_an_event(store, tenancy):
    (lead,) = add_leads(store, tenancy, 1)
    with writing(store, tenancy) as session:
        assert lists.add_member(session, "hot", lead) is True
        assert lists.add_member(session, "hot", lead) is False
        assert lists.list_size(session, "hot") == 1
        assert lists.remove_member(session, "hot", lead) is True
        assert lists.remove_member(session, "hot", lead) is False
    with reading(store, tenancy) as session:
        found = session.execute(select(Event.name, Event.changes).order_by(Event.id)).all()
        assert [tuple(row) for row in found] == [
            ("list.added", {"lists_added": ["hot"]}),
            ("list.removed", {"lists_removed": ["hot"]}),
        ]
        assert leads.get_lead(session, lead).revision == 2


def test_members_are_searched_in_pages(store, tenancy):
    add_leads(store, tenancy, 5, on_list="hot")
    add_leads(store, tenancy, 5)
    with reading(store, tenancy) as session:
        first = lists.search_members(session, "hot", limit=3)
        rest = lists.search_members(session, "hot", limit=3, offset=3)
        assert (first.total, len(first.leads), len(rest.leads)) == (5, 3, 2)
        assert lists.search_members(session, "hot", text="nobody").total == 0


def test_what_is_unknown_or_foreign_is_not_found(store, tenancy):
    (lead,) = add_leads(store, tenancy, 1)
    other = make_tenant(store, "other")
    (foreign,) = add_leads(store, other, 1)
    for key, lead_id in (("hot", foreign), ("cold", lead)):
        for change in (lists.add_member, lists.remove_member):
            with pytest.raises(NotFound), writing(store, tenancy) as session:
                change(session, key, lead_id)
    with pytest.raises(NotFound), reading(store, other) as session:
        lists.search_members(session, "hot")
