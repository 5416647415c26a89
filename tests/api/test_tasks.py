"""Tasks through the API."""

from __future__ import annotations

import pytest

from campaigns.ids import new_id
from campaigns.storage.models import Membership, Task, User
from campaigns.storage.transaction import system

ANNA = "anna@acme.example"


@pytest.fixture(autouse=True)
def anna(campaign):
    user_id = new_id()
    with system(campaign.store, writes=True) as session:
        session.add(User(id=user_id, email=ANNA, email_key=ANNA, name="Anna", created_at=session.now))
    with campaign.write() as session:
        session.add(Membership(user_id=user_id, role="editor", created_at=session.now))


@pytest.fixture
def lead(call):
    return call("POST", "/leads", {"email": "ann@example.com", "external_id": "a-1"}).json["id"]


@pytest.fixture
def add(call, lead):
    return lambda title="Call", **values: call("POST", "/tasks", {"lead": lead, "title": title, **values})


def titles(answer):
    assert answer.status_code == 200, answer.text
    return [item["title"] for item in answer.json["items"]]


def paths(answer):
    assert answer.status_code == 422, answer.text
    return [problem["path"] for problem in answer.json["error"]["problems"]]


def test_a_task_is_made_read_and_changed(call, lead, add):
    made = add(text="About it", assignee=ANNA, due_at="2026-03-31T14:00:00+02:00")
    assert made.status_code == 201
    task = made.json
    assert task == {
        "id": task["id"], "lead": lead, "title": "Call", "text": "About it", "assignee": ANNA, "status": "open",
        "due_at": "2026-03-31T12:00:00Z", "done_at": None, "done_by": None, "execution": None, "section": "",
        "created_at": task["created_at"],
    }  # fmt: skip
    assert call("GET", f"/tasks/{task['id']}").json == task
    changed = call("PATCH", f"/tasks/{task['id']}", {"done": True, "due_at": None, "assignee": None})
    assert (changed.status_code, changed.json["status"], changed.json["assignee"]) == (200, "done", None)
    assert changed.json["done_at"] is not None
    opened = call("PATCH", f"/tasks/{task['id']}", {"done": False, "due_at": "2026-05-01"}).json
    assert (opened["status"], opened["done_at"], opened["due_at"]) == ("open", None, "2026-05-01T00:00:00Z")
    assert opened["text"] == "About it"


@pytest.mark.parametrize("named", [{"email": "ANN@example.com"}, {"external_id": "a-1"}])
def test_a_lead_is_named_as_everywhere(call, lead, named):
    assert call("POST", "/tasks", {"lead": named, "title": "Call"}).json["lead"] == lead


def test_lists_are_filtered_by_assignee_status_and_lead(call, lead, add):
    other = call("POST", "/leads", {"email": "bob@example.com"}).json["id"]
    add("mine", assignee=ANNA)
    call("PATCH", f"/tasks/{add('done', assignee=ANNA).json['id']}", {"done": True})
    add("nobodys", lead=other)
    for query, found in (
        ("", ["mine", "done", "nobodys"]),
        (f"?assignee={ANNA}", ["mine", "done"]),
        (f"?assignee={ANNA}&status=open", ["mine"]),
        ("?assignee=none", ["nobodys"]),
        ("?status=done", ["done"]),
        (f"?lead={other}", ["nobodys"]),
    ):
        assert titles(call("GET", f"/tasks{query}")) == found
    assert paths(call("GET", "/tasks?status=late")) == ["/status"]
    assert call("GET", "/tasks?assignee=stranger@acme.example").status_code == 404
    assert call("GET", f"/tasks?lead={new_id()}").status_code == 404


def test_a_cursor_walks_through_all(call, add):
    for number in range(5):
        add(f"t{number}")
    first = call("GET", "/tasks?limit=3")
    second = call("GET", f"/tasks?limit=3&cursor={first.json['next']}")
    assert titles(first) + titles(second) == ["t0", "t1", "t2", "t3", "t4"]
    assert second.json["next"] is None
    assert paths(call("GET", f"/tasks?status=open&cursor={first.json['next']}")) == ["/cursor"]


@pytest.mark.parametrize(
    ("values", "path"),
    [
        ({"title": ""}, "/title"),
        ({"title": None}, "/title"),
        ({"title": "x" * 201}, "/title"),
        ({"text": "x" * 4001}, "/text"),
        ({"assignee": "stranger@acme.example"}, "/assignee"),
        ({"assignee": 7}, "/assignee"),
        ({"due_at": "soon"}, "/due_at"),
        ({"due_at": 7}, "/due_at"),
        ({"done": "yes"}, "/done"),
        ({"done": None}, "/done"),
        ({"colour": "red"}, "/colour"),
    ],
)
def test_what_does_not_fit_is_told_by_its_path(call, add, campaign, values, path):
    task = add().json
    assert paths(call("PATCH", f"/tasks/{task['id']}", values)) == [path]
    if "done" not in values:
        assert paths(add(**values)) == [path]
    assert call("GET", f"/tasks/{task['id']}").json == task
    assert len(campaign.all(Task)) == 1


def test_a_lead_that_is_not_there_or_named_wrongly(call):
    assert call("POST", "/tasks", {"lead": str(new_id()), "title": "Call"}).status_code == 404
    assert call("POST", "/tasks", {"lead": {"email": "nobody@example.com"}, "title": "Call"}).status_code == 404
    assert call("POST", "/tasks", {"lead": {}, "title": "Call"}).status_code == 422
    assert paths(call("POST", "/tasks", {"title": "Call"})) == ["/lead"]
    assert call("GET", f"/tasks/{new_id()}").status_code == 404
    assert call("PATCH", "/tasks/nonsense", {"done": True}).status_code == 404


def test_a_key_that_was_used_makes_one_task(call, lead, campaign):
    answers = [
        call("POST", "/tasks", {"lead": lead, "title": "Call"}, Idempotency_Key="k1").json["id"] for _ in range(2)
    ]
    assert answers[0] == answers[1]
    assert len(campaign.all(Task)) == 1


def test_scopes(call_with, lead):
    looking, doing = call_with("tasks.view"), call_with("tasks.edit", "leads.view")
    assert looking("GET", "/tasks").status_code == 200
    assert looking("POST", "/tasks", {"lead": lead, "title": "Call"}).status_code == 403
    assert doing("GET", "/tasks").status_code == 403
    assert doing("POST", "/tasks", {"lead": lead, "title": "Call"}).status_code == 201


def test_it_stands_on_the_leads_timeline(call, lead, add):
    add(assignee=ANNA)
    notes = [item for item in call("GET", f"/leads/{lead}/timeline").json["items"] if item["kind"] == "note"]
    assert [item["text"] for item in notes] == ["Task “Call” for Anna: open"]
