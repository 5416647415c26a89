"""Tasks: made, found, done and opened again; nothing of another tenant's is seen or touched."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from campaigns.errors import Invalid, NotFound
from campaigns.ids import new_id
from campaigns.services import leads, tasks, team, timeline
from campaigns.services.tasks import NOBODY, Counts, Wanted
from campaigns.storage.models import Membership, Task, User
from campaigns.storage.queries.bulk import Native
from campaigns.storage.queries.tasks import COLUMNS, add_tasks
from campaigns.storage.transaction import reading, system, tenant_connection, writing
from campaigns.tenancy import Actor
from tests.support.workflows import counted, make_tenant

ANNA, BEN = "anna@acme.example", "ben@acme.example"


@pytest.fixture
def tenancy(store, clock):
    found = make_tenant(store)
    add_member(store, found, BEN)
    return found


@pytest.fixture
def ann(store, tenancy):
    with writing(store, tenancy) as session:
        return leads.create_lead(session, {"email": "lee@example.org", "first_name": "Ann", "last_name": "Lee"}).id


@pytest.fixture
def make(store, tenancy, ann):
    def task(title="Call", *, lead=ann, **values):
        with writing(store, tenancy) as session:
            return tasks.create_task(session, lead, {"title": title, **values})

    return task


@pytest.fixture
def change(store, tenancy):
    def changed(task_id, *, by=None, **values):
        with writing(store, replace(tenancy, actor=by) if by else tenancy) as session:
            return tasks.task_json(tasks.update_task(session, task_id, values))

    return changed


def add_member(store, tenancy, address):
    user_id = new_id()
    with system(store, writes=True) as session:
        session.add(User(id=user_id, email=address, email_key=address, name="Ben", created_at=session.now))
    with writing(store, tenancy) as session:
        session.add(Membership(user_id=user_id, role="editor", created_at=session.now))
    return user_id


def titles(store, tenancy, wanted=None, **options):
    with reading(store, tenancy) as session:
        found = tasks.search_tasks(session, wanted or Wanted(), **options)
        return [row.task.title for row in found.rows]


def test_a_task_says_what_for_whom_and_when(store, tenancy, ann, make, clock):
    row = make(" Call\n back ", text="About the offer", assignee="BEN@acme.example", due_at="2026-03-31T14:00+02:00")
    assert tasks.task_json(row) == {
        "id": row.task.id, "lead": ann, "title": "Call back", "text": "About the offer", "assignee": BEN,
        "status": "open", "due_at": datetime(2026, 3, 31, 12, tzinfo=UTC), "done_at": None, "done_by": None,
        "execution": None, "section": "", "created_at": clock.now(),
    }  # fmt: skip
    assert (row.lead_label, row.assignee_name) == ("Ann Lee", "Ben")


@pytest.mark.parametrize(
    ("values", "path", "message"),
    [
        ({"title": ""}, "/title", "must not be empty"),
        ({"title": " \n "}, "/title", "must not be empty"),
        ({"title": "x" * 201}, "/title", "must have at most 200 characters"),
        ({"title": 7}, "/title", "must be text"),
        ({"text": "x" * 4001}, "/text", "must have at most 4000 characters"),
        ({"title": "a\0b"}, "/title", None),
        ({"assignee": "stranger@acme.example"}, "/assignee", "there is no member stranger@acme.example"),
        ({"assignee": 7}, "/assignee", "there is no member 7"),
        ({"due_at": "soon"}, "/due_at", None),
        ({"due_at": 7}, "/due_at", "must be text"),
        ({"done": "yes"}, "/done", "must be true or false"),
        ({"colour": "red"}, "/colour", "is nothing that a task has"),
    ],
)
def test_what_does_not_fit_is_told_and_nothing_is_written(make, change, values, path, message):
    made = make()
    for attempt in (lambda: make(**values), lambda: change(made.task.id, **values)):
        with pytest.raises(Invalid) as caught:
            attempt()
        (problem,) = caught.value.problems
        assert problem.path == path
        assert message in {None, problem.message}
    assert change(made.task.id)["title"] == "Call"


def test_a_task_is_done_once_and_opened_again(tenancy, make, change, clock):
    task_id = make().task.id
    done = change(task_id, done=True)
    first = clock.now()
    assert (done["status"], done["done_at"], done["done_by"]) == ("done", first, ANNA)
    clock.advance(timedelta(hours=1))
    assert change(task_id, done=True, by=Actor("api_key", new_id()))["done_at"] == first
    opened = change(task_id, done=False)
    assert (opened["status"], opened["done_at"], opened["done_by"]) == ("open", None, None)
    assert change(task_id, done=True, by=Actor("api_key", new_id()))["done_by"] is None


def test_only_what_is_given_changes_and_null_empties(make, change):
    task_id = make(text="More", assignee=BEN, due_at="2026-03-31").task.id
    found = change(task_id, due_at=None)
    assert (found["title"], found["text"], found["assignee"], found["due_at"]) == ("Call", "More", BEN, None)
    assert change(task_id, assignee=None, text=None)["assignee"] is None
    with pytest.raises(Invalid):
        change(task_id, title=None)


def test_open_ones_come_by_when_they_are_due_and_done_ones_the_latest_first(store, tenancy, make, change, clock):
    for title, due in (("never", None), ("later", "2026-05-01"), ("soon", "2026-03-01")):
        make(title, due_at=due)
    assert titles(store, tenancy, Wanted(is_done=False)) == ["soon", "later", "never"]
    assert titles(store, tenancy, Wanted(is_done=False), limit=1, offset=1) == ["later"]
    with reading(store, tenancy) as session:
        assert tasks.search_tasks(session, Wanted(is_done=False), limit=1).total == 3
        ids = {row.task.title: row.task.id for row in tasks.search_tasks(session, Wanted()).rows}
    for title in ("later", "never"):
        clock.advance(timedelta(minutes=1))
        change(ids[title], done=True)
    assert titles(store, tenancy, Wanted(is_done=True)) == ["never", "later"]


@pytest.mark.parametrize(
    ("text", "found"),
    [("", ["Call 50%", "Écrire"]), ("call", ["Call 50%"]), ("LEE", ["Call 50%"]), ("call lee", ["Call 50%"]),
     ("%", ["Call 50%"]), ("_", []), ("Écr bob", ["Écrire"]), ("nothing", [])],
)  # fmt: skip
def test_words_are_looked_for_in_title_and_lead(store, tenancy, make, text, found):
    with writing(store, tenancy) as session:
        bob = leads.create_lead(session, {"email": "bob@example.org"}).id
    make("Call 50%")
    make("Écrire", lead=bob)
    assert titles(store, tenancy, Wanted(text=text)) == found


def test_filters_by_assignee_lead_and_being_overdue(store, tenancy, make, change, clock):
    past, future = (clock.now() + timedelta(hours=hours) for hours in (-1, 1))
    make("mine", assignee=ANNA, due_at=past.isoformat())
    make("his", assignee=BEN, due_at=future.isoformat())
    change(make("nobodys, done late", due_at=past.isoformat()).task.id, done=True)
    with reading(store, tenancy) as session:
        for address, expected in ((ANNA, ["mine"]), (BEN, ["his"]), (NOBODY, ["nobodys, done late"])):
            wanted = Wanted(**tasks.assigned_to(session, address))
            assert [row.task.title for row in tasks.search_tasks(session, wanted).rows] == expected
        with pytest.raises(NotFound):
            tasks.assigned_to(session, "stranger@acme.example")
    assert titles(store, tenancy, Wanted(overdue_at=clock.now())) == ["mine"]


def test_filters_by_lead(store, tenancy, ann, make):
    make()
    assert titles(store, tenancy, Wanted(lead_id=ann, is_done=False)) == ["Call"]
    assert titles(store, tenancy, Wanted(lead_id=new_id())) == []


def test_a_page_and_its_counts_are_few_queries(store, tenancy, make, clock):
    for number in range(5):
        make(f"t{number}", assignee=ANNA if number % 2 else None, due_at=clock.now().isoformat())
    clock.advance(timedelta(minutes=1))
    with counted(store, tenancy) as (session, asked):
        assert tasks.count_open(session) == Counts(mine=2, mine_overdue=2, all=5, all_overdue=5)
        assert len(asked) == 1
        assert len(tasks.search_tasks(session, Wanted(is_done=False)).rows) == 5
        assert len(asked) == 3


def test_cursors_walk_through_all_by_id(store, tenancy, make):
    ids = [make(f"t{number}").task.id for number in range(5)]
    with reading(store, tenancy) as session:
        first = [row.task.id for row in tasks.list_tasks(session, Wanted(), limit=3)]
        rest = [row.task.id for row in tasks.list_tasks(session, Wanted(), after=first[-1], limit=3)]
    assert first + rest == ids


def test_making_one_stands_on_the_leads_timeline(store, tenancy, ann, make, change):
    task_id = make(assignee=BEN, due_at="2026-03-31").task.id
    for expected in ("open", "done"):
        with reading(store, tenancy) as session:
            (item,) = [one for one in timeline.timeline(session, ann).items if one["kind"] == "note"]
        assert item["text"] == f"Task “Call” for Ben, due 2026-03-31: {expected}"
        assert item["data"]["task"] == task_id
        change(task_id, done=True)


def test_who_leaves_the_team_leaves_no_open_task_behind(store, tenancy, make, change):
    open_id, done_id = make("open", assignee=BEN).task.id, make("done", assignee=BEN).task.id
    change(done_id, done=True)
    with writing(store, tenancy) as session:
        user_id = session.scalars(select(User.id).where(User.email == BEN)).one()
        team.remove_member(session, user_id)
    with reading(store, tenancy) as session:
        assert tasks.get_task(session, open_id).assignee is None
        assert tasks.get_task(session, done_id).assignee == BEN


def test_another_tenant_sees_and_changes_nothing(store, tenancy, ann, make):
    task_id, other = make().task.id, make_tenant(store, "other")
    for attempt in (
        lambda session: tasks.get_task(session, task_id),
        lambda session: tasks.update_task(session, task_id, {"done": True}),
        lambda session: tasks.create_task(session, ann, {"title": "Call"}),
    ):
        with pytest.raises(NotFound), writing(store, other) as session:
            attempt(session)
    with writing(store, other) as session:
        lead = leads.create_lead(session, {"email": "x@example.org"}).id
        with pytest.raises(Invalid):
            tasks.create_task(session, lead, {"title": "Call", "assignee": ANNA})
    assert titles(store, other) == []
    with reading(store, other) as session:
        assert tasks.count_open(session) == Counts(0, 0, 0, 0)


def test_many_are_written_at_once_in_the_drivers_own_form(store, tenancy, ann, clock):
    execution, due = new_id(), clock.now() + timedelta(days=2)
    with tenant_connection(store, tenancy.tenant_id, writes=True) as connection:
        native = Native(connection)
        first, second = native.ids(2)
        lead, anna, made_by = native.id(ann), native.id(tenancy.actor.id), native.id(execution)
        rows = [
            (first, lead, anna, "Call", "", native.moment(due), made_by, "s1"),
            (second, lead, None, "Write", "Now", None, None, ""),
        ]
        columns = dict(zip(COLUMNS, zip(*rows, strict=True), strict=True))
        add_tasks(connection, native.id(tenancy.tenant_id), columns, at=native.moment(clock.now()))
    with reading(store, tenancy) as session:
        call, write = tasks.search_tasks(session, Wanted()).rows
    assert (call.assignee, call.task.due_at, call.task.execution_id, call.task.section) == (ANNA, due, execution, "s1")
    assert (write.assignee, write.task.text, write.task.due_at, write.task.created_at) == (
        None,
        "Now",
        None,
        clock.now(),
    )
    assert isinstance(call.task, Task)
