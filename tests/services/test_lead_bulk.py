"""One action on many leads: in chunks, each lead with its one event; and what can't be done is refused."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from campaigns.errors import Invalid
from campaigns.services import leads, vocabulary
from campaigns.services.lead_bulk import Action, Selection, act
from campaigns.services.lead_search import Wanted
from campaigns.storage.models import Event, Lead
from campaigns.storage.transaction import Store, reading, writing
from campaigns.tenancy import Tenancy
from tests.support.workflows import add_leads, make_tenant


@pytest.fixture
def tenancy(store):
    found = make_tenant(store)
    with writing(store, found) as session:
        vocabulary.create_list(session, name="Hot")
        vocabulary.create_list(session, name="Cold")
    return found


def events(store, tenancy):
    with reading(store, tenancy) as session:
        return [(event.name, event.changes) for event in session.scalars(select(Event).order_by(Event.id))]


def problems(caught):
    return {problem.path for problem in caught.value.problems}


@pytest.mark.parametrize(
    ("action", "name", "key", "value"),
    [
        (Action("add_to_list", "cold"), "list.added", "lists", ["cold", "hot"]),
        (Action("remove_from_list", "hot"), "list.removed", "lists", []),
        (Action("add_tag", "x"), "lead.tag_added", "tags", ["x"]),
        (Action("set_status", "lost"), "lead.status_changed", "status", "lost"),
        (Action("assign_owner", "anna@acme.example"), "lead.owner_changed", "owner", "anna@acme.example"),
    ],
)
def test_many_are_changed_in_chunks_each_with_one_event(store, tenancy, action, name, key, value):
    add_leads(store, tenancy, 1500, on_list="hot")
    assert do_all(store, tenancy, Selection(wanted=Wanted(list="hot")), action) == 1500
    assert [event for event, _ in events(store, tenancy)] == [name] * 1500
    with reading(store, tenancy) as session:
        assert all(lead[key] == value for lead in leads.lead_json(session, session.scalars(select(Lead)).all()))
    assert do_all(store, tenancy, Selection(), action) == 0


def test_an_action_that_names_what_does_not_exist_is_refused(store, tenancy):
    for kind, value in (("add_to_list", "x"), ("set_status", "x"), ("add_tag", " "), ("assign_owner", "x")):
        with pytest.raises(Invalid) as caught, writing(store, tenancy) as session:
            act(session, Selection(), Action(kind, value))
        assert problems(caught) == {"/value"}
    with pytest.raises(Invalid), writing(store, tenancy) as session:
        act(session, Selection(), Action("explode"))


def do_all(store: Store, tenancy: Tenancy, selection: Selection, action: Action) -> int:
    """Do an action chunk by chunk; return how many leads it changed."""
    changed, after = 0, None
    while True:
        with writing(store, tenancy) as session:
            done = act(session, selection, action, after=after)
        changed, after = changed + done.changed, done.after
        if after is None:
            return changed
