"""The pages of tasks, as a person uses them: without a script, and as htmx does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy import event

from campaigns.ids import new_id
from campaigns.services import accounts, leads, tasks
from campaigns.storage.models import Task
from campaigns.storage.transaction import reading, system, writing
from campaigns.tenancy import Actor, Tenancy
from tests.support.lead_pages import empty_tenant

OWNER, EDITOR = "owner@acme.example", "editor@acme.example"


@pytest.fixture
def acme(store):
    return empty_tenant(store)


@pytest.fixture
def tenancy(acme):
    return Tenancy(acme.tenant_id, Actor("user", acme.users["owner"], "Owner"))


@pytest.fixture
def client(acme, signed_in):
    return signed_in(acme)


@pytest.fixture
def base(acme):
    return f"/t/{acme.key}"


@pytest.fixture
def ann(store, tenancy):
    with writing(store, tenancy) as session:
        return leads.create_lead(session, {"email": "ann@example.org", "first_name": "Ann", "owner": EDITOR}).id


@pytest.fixture
def todo(store, tenancy, ann, clock):
    """Return the ids of three tasks: the owner's, which is overdue, the editor's, and one that is done."""
    yesterday, found = (clock.now() - timedelta(days=1)).isoformat(), {}
    with writing(store, tenancy) as session:
        for title, values in (
            ("Call <b>Ann</b>", {"assignee": OWNER, "due_at": yesterday, "text": "About\nthe offer"}),
            ("Write", {"assignee": EDITOR}),
            ("Thank", {"assignee": OWNER}),
        ):
            found[title.split()[0]] = tasks.create_task(session, ann, {"title": title, **values}).task.id
        tasks.update_task(session, found["Thank"], {"done": True})
    return SimpleNamespace(**{name.lower(): task_id for name, task_id in found.items()})


def titles(page):
    return [one.get_text() for one in page.select("td .task-title")]


def task(store, tenancy, task_id):
    with reading(store, tenancy) as session:
        return tasks.task_json(tasks.get_task(session, task_id))


def turn(page, task_id, to="done"):
    return f"form[action^='{page}/tasks/{task_id}/{to}']"


def counts(page):
    return [one.get_text() for one in page.select("#task-tabs .count-pill")]


def test_without_any_the_page_says_what_makes_one(client, base):
    assert "Nothing to do for you" in client.get(f"{base}/tasks").get_text()
    assert "made on a lead's page" in client.get(f"{base}/tasks?whose=all").get_text()
    assert "No task fits" in client.get(f"{base}/tasks?q=x").get_text()


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["Call <b>Ann</b>"]),
        ("?whose=all", ["Call <b>Ann</b>", "Write"]),
        ("?status=done", ["Thank"]),
        ("?status=overdue&whose=all", ["Call <b>Ann</b>"]),
        ("?whose=all&q=WRITE", ["Write"]),
        ("?whose=all&q=ann+wri", ["Write"]),
        ("?whose=all&q=%25", []),
        ("?status=nonsense&page=x&whose=9", ["Call <b>Ann</b>"]),
        ("?page=2", []),
    ],
)
def test_filters_live_in_the_address(client, base, todo, query, found):
    assert titles(client.get(f"{base}/tasks{query}")) == found
    assert titles(client.part(f"{base}/tasks{query}")) == found


def test_what_is_overdue_says_so_and_the_tabs_count(client, base, todo):
    page = client.get(f"{base}/tasks?whose=all")
    assert [row.select_one(".state-bad") is not None for row in page.select("tbody tr")] == [True, False]
    assert counts(page) == ["1", "2"]
    assert page.select_one(".overdue-note a").get_text() == "1 overdue"
    assert page.select_one(".tab[aria-current]").get_text(" ", strip=True).startswith("Everybody")
    assert page.select_one("nav a[aria-current='page'][href$='/tasks']") is not None


def test_pages(client, base, store, tenancy, ann):
    with writing(store, tenancy) as session:
        for number in range(53):
            tasks.create_task(session, ann, {"title": f"t{number}", "assignee": OWNER})
    page = client.get(f"{base}/tasks?page=2")
    assert titles(page) == ["t50", "t51", "t52"]
    assert "51–53 of 53 tasks" in page.select_one(".pager-text").get_text()


def test_without_a_script_a_task_is_done_and_opened_again(client, base, store, tenancy, todo):
    page = client.get(f"{base}/tasks?whose=all&q=ann")
    client.submit(page, turn(base, todo.write))
    assert client.response.location == f"{base}/tasks?whose=all&q=ann"
    assert task(store, tenancy, todo.write)["done_by"] == OWNER
    assert titles(client.follow()) == ["Call <b>Ann</b>"]
    page = client.get(f"{base}/tasks?whose=all&status=done")
    assert titles(page) == ["Thank", "Write"]
    client.submit(page, turn(base, todo.write, "reopen"))
    assert task(store, tenancy, todo.write)["status"] == "open"


def test_htmx_gets_the_line_and_the_counts(client, base, store, tenancy, todo):
    form = client.get(f"{base}/tasks").select_one(turn(base, todo.call))
    token = form.select_one("[name=csrf_token]")["value"]
    client.part(form["hx-post"], method="POST", data={"csrf_token": token})
    text = client.response.text
    assert text.lstrip().startswith('<tr class="task-done">')
    assert client.response.headers["HX-Trigger"] == '{"taskTurned": true}'
    assert f"/tasks/{todo.call}/reopen" in text
    assert "&lt;b&gt;Ann&lt;/b&gt;" in text
    assert task(store, tenancy, todo.call)["status"] == "done"
    tabs = client.get(f"{base}/tasks").select_one("#task-tabs")
    assert counts(client.part(tabs["hx-get"])) == ["0", "1"]


def test_a_task_is_made_on_the_leads_page(client, base, ann):
    page = client.get(f"{base}/leads/{ann}")
    assert "Nothing is to be done" in page.get_text()
    new = page.select_one("a[href$='/tasks/for/" + str(ann) + "']")["href"]
    form = client.get(new)
    assert form.select_one("option[selected]")["value"] == EDITOR  # who owns the lead
    client.submit(form, f"form[action='{new}']", title="Call back", text="Soon", due_at="2026-03-31T14:30")
    assert client.response.location == f"{base}/leads/{ann}"
    page = client.follow()
    assert [one.get_text() for one in page.select(".task-item .task-title")] == ["Call back"]
    assert "Task “Call back” for Editor, due 2026-03-31: open" in page.select_one(".timeline").get_text()
    client.submit(page, ".task-turn")
    assert client.response.location == f"{base}/leads/{ann}"
    page = client.follow()
    assert "Nothing is to be done" in page.get_text()
    assert "Task “Call back” for Editor, due 2026-03-31: done" in page.select_one(".timeline").get_text()


def test_due_times_are_those_of_the_viewers_clock(client, acme, base, store, tenancy, todo):
    with system(store, writes=True, user_id=acme.users["owner"]) as session:
        accounts.update_profile(session, acme.users["owner"], name="Owner", time_zone="Europe/Berlin")
    form = f"form[action^='{base}/tasks/{todo.write}']"
    client.submit(client.get(f"{base}/tasks/{todo.write}"), form, due_at="2026-07-01T14:30")
    assert task(store, tenancy, todo.write)["due_at"] == datetime(2026, 7, 1, 12, 30, tzinfo=UTC)
    assert client.get(f"{base}/tasks/{todo.write}").select_one("#field-due_at")["value"] == "2026-07-01T14:30"


def test_what_is_not_changed_in_the_form_stays_to_the_second(client, base, store, tenancy, todo):
    with writing(store, tenancy) as session:
        tasks.update_task(session, todo.call, {"due_at": "2026-07-01T14:30:59Z"})
    page = client.get(f"{base}/tasks/{todo.call}?whose=all&status=overdue")
    client.submit(page, f"form[action^='{base}/tasks/{todo.call}']", title="Call again")
    assert client.response.location == f"{base}/tasks?whose=all&status=overdue"
    found = task(store, tenancy, todo.call)
    assert (found["title"], found["text"]) == ("Call again", "About\nthe offer")
    assert found["due_at"] == datetime(2026, 7, 1, 14, 30, 59, tzinfo=UTC)


def test_emptied_fields_are_empty(client, base, store, tenancy, todo):
    form = f"form[action^='{base}/tasks/{todo.call}']"
    client.submit(client.get(f"{base}/tasks/{todo.call}"), form, text="", due_at="", assignee="")
    found = task(store, tenancy, todo.call)
    assert (found["text"], found["due_at"], found["assignee"]) == ("", None, None)


def test_what_is_wrong_is_said_at_its_field_and_kept(client, base, ann, todo):
    wrong = {"title": " ", "text": "Kept", "due_at": "soon"}
    for path in (f"/tasks/for/{ann}", f"/tasks/{todo.write}"):
        page = client.get(base + path)
        shown = client.submit(page, f"form[action^='{base}{path}']", status=422, **wrong)
        assert shown.select_one("#field-title-error") is not None
        assert shown.select_one("#field-due_at-error") is not None
        assert shown.select_one("#field-text").get_text().strip() == "Kept"


def test_a_viewer_only_looks(signed_in, acme, base, ann, todo):
    client = signed_in(acme, "viewer")
    page = client.get(f"{base}/tasks?whose=all")
    assert len(titles(page)) == 2
    assert page.select("main form[method=post]") == []
    assert page.select(f"main a[href*='/tasks/{todo.call}']") == []
    assert client.get(f"{base}/leads/{ann}").select(".task-turn, a[href*='/tasks/for/']") == []
    client.get(f"{base}/tasks/{todo.call}", status=403)
    client.get(f"{base}/tasks/for/{ann}", status=403)


def test_what_is_not_there(client, base):
    for path in (f"/tasks/{new_id()}", f"/tasks/for/{new_id()}", "/tasks/nonsense"):
        client.get(base + path, status=404)


def test_the_list_takes_few_queries(client, base, store, todo):
    asked: list[str] = []
    engine = store.database.reader

    def note(*given: object) -> None:
        asked.append(str(given[2]))

    event.listen(engine, "before_cursor_execute", note)
    client.get(f"{base}/tasks")
    event.remove(engine, "before_cursor_execute", note)
    assert sum(Task.__tablename__ in statement for statement in asked) == 3  # ids, their rows, the counts
