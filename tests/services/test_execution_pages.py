"""Pages of executions: what fits in order and without gaps, few statements, fast at a hundred thousand; one's path."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import insert, select, update

from campaigns.errors import NotFound
from campaigns.ids import new_ids
from campaigns.sections.registry import kinds
from campaigns.services import drafts, execution_pages, execution_path, executions, leads, versions
from campaigns.services.execution_pages import Cursor, Filters
from campaigns.storage.models import Execution, Lead, Step, Token
from campaigns.storage.transaction import reading, tenant_connection, writing
from tests.support.workflows import add_leads, counted, delay, document, make, make_tenant, set_status, start, work

KINDS = kinds()
NEWEST = Cursor()
FILTERS = (
    Filters(),
    Filters("welcome"),
    *(Filters(key, status=status) for key in (None, "welcome") for status in execution_pages.STATUSES),
    *(Filters("welcome", section=section, status=status) for section in ("d1", "s1") for status in (None, "waiting")),
    *(Filters("welcome", version=number, status=status) for number in (1, 2) for status in (None, "failed")),
    *(Filters(text=text) for text in ("many", "lead 77", "nobody")),
    Filters("welcome", status="failed", text="many"),
    Filters("welcome", section="d1", text="lead 4242"),
)


@pytest.fixture
def tenancy(store):
    return make_tenant(store)


def pages(session, filters, limit):
    """Return every page from the newest down."""
    found = [execution_pages.list_executions(session, filters, NEWEST, limit=limit)]
    while found[-1].older is not None:
        found.append(execution_pages.list_executions(session, filters, Cursor(before=found[-1].older), limit=limit))
    return found


def test_pages_hang_together_in_both_directions(store, tenancy):
    make(store, tenancy, document(delay()))
    start(store, tenancy, add_leads(store, tenancy, 7))
    with reading(store, tenancy) as session:
        for filters in (Filters(), Filters("welcome", section="d1"), Filters("welcome", status="waiting", version=1)):
            down = pages(session, filters, 3)
            ids = [row.id for page in down for row in page.rows]
            assert len(ids) == 7
            assert ids == sorted(ids, reverse=True)
            assert [len(page.rows) for page in down] == [3, 3, 1]
            assert down[0].newer is None
            up = execution_pages.list_executions(session, filters, Cursor(after=down[2].newer), limit=3)
            assert up == down[1]
            top = execution_pages.list_executions(session, filters, Cursor(after=up.newer), limit=3)
            assert (top.rows, top.newer, top.older) == (down[0].rows, None, down[0].rows[-1].id)


def test_a_page_takes_as_many_statements_for_one_row_as_for_fifty(store, tenancy):
    make(store, tenancy, document(delay()))
    counts = []
    for more in (1, 49):
        start(store, tenancy, add_leads(store, tenancy, more))
        with counted(store, tenancy) as (session, statements):
            page = execution_pages.list_executions(session, Filters("welcome", status="waiting"), NEWEST)
            execution_pages.places_of(session, page.rows, KINDS)
            execution_pages.totals(session, "welcome")
            counts.append(len(statements))
    assert len(page.rows) == 50
    assert counts[0] == counts[1]


def test_another_tenants_executions_do_not_exist(store, tenancy):
    make(store, tenancy, document(delay()))
    start(store, tenancy, add_leads(store, tenancy, 1))
    with reading(store, tenancy) as session:
        (row,) = execution_pages.list_executions(session, Filters(), NEWEST).rows
    rival = make_tenant(store, "rival")
    with reading(store, rival) as session:
        assert execution_pages.list_executions(session, Filters(), NEWEST).rows == []
        assert execution_pages.list_executions(session, Filters("welcome", section="d1"), NEWEST).rows == []
        assert execution_pages.totals(session)["started"] == 0
        with pytest.raises(NotFound):
            execution_path.show_execution(session, row.id, KINDS)


def test_the_state_is_told_before_and_after_each_step_that_sets_it(store, tenancy):
    first = {"id": "a", "type": "state.set", "config": {"values": {"n": 1, "_kept": True}}}
    second = {"id": "b", "type": "state.set", "config": {"values": {"m": {"template": "{{ state.n | plus: 1 }}"}}}}
    third = {"id": "c", "type": "state.update", "config": {"values": {"n": 5}}}
    make(store, tenancy, document(first, second, third, delay()))
    start(store, tenancy, add_leads(store, tenancy, 1))
    with reading(store, tenancy) as session:
        shown = execution_path.show_execution(session, session.scalars(select(Execution.id)).one(), KINDS)
    states = [(step.before, step.after) for step in shown.steps]
    assert states == [
        ({}, {"n": 1, "_kept": True}),
        ({"n": 1, "_kept": True}, {"_kept": True, "m": 2}),
        ({"_kept": True, "m": 2}, {"_kept": True, "m": 2, "n": 5}),
        (None, None),
    ]
    assert shown.state == {"_kept": True, "m": 2, "n": 5}


def test_states_that_do_not_fit_what_is_there_are_not_told(store, tenancy):
    make(store, tenancy, document({"id": "a", "type": "state.set", "config": {"values": {"n": 1}}}, delay()))
    start(store, tenancy, add_leads(store, tenancy, 1))
    with writing(store, tenancy) as session:
        own = Execution.tenant_id == tenancy.tenant_id
        session.execute(update(Execution).where(own).values(state={"n": 1, "from": "elsewhere"}))
    with reading(store, tenancy) as session:
        shown = execution_path.show_execution(session, session.scalars(select(Execution.id)).one(), KINDS)
    assert [step.after for step in shown.steps] == [None, None]
    assert shown.state == {"n": 1, "from": "elsewhere"}


def test_a_long_path_comes_in_parts_that_hang_together(store, tenancy, clock):
    make(store, tenancy, document(delay()))
    start(store, tenancy, add_leads(store, tenancy, 1))
    count = 2 * execution_path.STEPS + 10
    with writing(store, tenancy) as session:
        execution_id = session.scalars(select(Execution.id)).one()
        for number in range(1, count):
            at = session.now + timedelta(seconds=number)
            session.add(Step(execution_id=execution_id, number=number, section="d1", outcome="done", at=at))
    numbers, lasted, before = [], [], None
    with reading(store, tenancy) as session:
        while True:
            shown = execution_path.show_execution(session, execution_id, KINDS, before=before)
            numbers = [step.number for step in shown.steps] + numbers
            lasted = [step.lasted for step in shown.steps] + lasted
            if (before := shown.earlier) is None:
                break
    assert numbers == list(range(count))
    assert lasted == [timedelta(seconds=1)] * (count - 1) + [None]


def test_it_began_by_hand_or_by_what_happened(store, tenancy):
    trigger = {"id": "t1", "type": "lead.created", "name": "Newcomers", "config": {}}
    make(store, tenancy, document(set_status(), delay(), triggers=[trigger]))
    (old,) = add_leads(store, tenancy, 1)
    start(store, tenancy, [old])
    with writing(store, tenancy) as session:
        new = leads.create_lead(session, {"email": "new@a.example"}).id
    work(store)
    with reading(store, tenancy) as session:
        ids = dict(session.execute(select(Execution.lead_id, Execution.id)).all())
        by_hand = execution_path.show_execution(session, ids[old], KINDS)
        by_event = execution_path.show_execution(session, ids[new], KINDS)
    assert (by_hand.beginning.trigger, by_hand.beginning.event) == (None, None)
    assert by_hand.beginning.said == "Started by hand"
    assert by_event.beginning.trigger.name == "Newcomers"
    assert by_event.beginning.event.name == "lead.created"
    assert [said for _, said in by_event.changes] == ["Status changed from New to Contacted"]
    assert (by_event.moves, by_event.is_final) == (True, False)


def test_what_a_poll_has_seen_changes_when_it_goes_on(store, tenancy, clock):
    make(store, tenancy, document(delay(1), delay(1, id="d2")))
    start(store, tenancy, add_leads(store, tenancy, 1))

    def seen():
        with reading(store, tenancy) as session:
            shown = execution_path.show_execution(session, session.scalars(select(Execution.id)).one(), KINDS)
            return shown.seen, [stand.place.name for stand in shown.standing], shown.row.status

    first = seen()
    assert seen() == first
    clock.advance(timedelta(days=1, seconds=1))
    work(store)
    second = seen()
    assert second[0] != first[0]
    assert second[2] == "waiting"
    with writing(store, tenancy) as session:
        executions.cancel_execution(session, session.scalars(select(Execution.id)).one())
    assert seen()[0] not in (first[0], second[0])
    assert seen()[1:] == ([], "cancelled")


def plant(store, tenancy, count):
    """Plant leads, each in an execution of version 1: all wait but for the oldest few, which finished or failed."""
    make(store, tenancy, document(delay(), set_status(id="s1")))
    (lead_id,) = add_leads(store, tenancy, 1)
    start(store, tenancy, [lead_id])
    with writing(store, tenancy) as session:
        drafts.save_draft(session, "welcome", document(delay(3)))
        versions.activate(session, "welcome")
    lead_ids, ids = new_ids(count), new_ids(count)
    with tenant_connection(store, tenancy.tenant_id, writes=True) as connection:
        lead, execution, token = (copied(connection, model, tenancy) for model in (Lead, Execution, Token))
        insert_all(connection, Lead, [
            lead | {"id": one, "email": None, "email_key": f"{n}@many.example", "search_text": f"lead {n} many.example"}
            for n, one in enumerate(lead_ids)
        ])  # fmt: skip
        status = ["waiting" if n > 20 else "finished" for n in range(count)]
        status[10] = "failed"
        insert_all(connection, Execution, [
            execution | {"id": one, "lead_id": lead_ids[n], "status": status[n]} for n, one in enumerate(ids)
        ])  # fmt: skip
        waiting = [one for n, one in enumerate(ids) if status[n] == "waiting"]
        insert_all(connection, Token, [token | {"execution_id": one} for one in waiting])


def copied(connection, model, tenancy):
    table = model.__table__
    return dict(connection.execute(select(table).where(table.c.tenant_id == tenancy.tenant_id)).one()._mapping)


def insert_all(connection, model, rows):
    connection.execute(insert(model.__table__), rows)


@pytest.mark.parametrize("filters", FILTERS, ids=str)
def test_a_page_takes_as_many_statements_however_many_executions_there_are(store, tenancy, filters):
    plant(store, tenancy, 120)
    counts = []
    for size in (2, 100):
        with counted(store, tenancy) as (session, statements):
            page = execution_pages.list_executions(session, filters, NEWEST, limit=size)
            execution_pages.places_of(session, page.rows, KINDS)
            execution_pages.totals(session, "welcome")
            counts.append(len(statements))
    assert counts[0] == counts[1] < 12
