"""The checks that every page of every test goes through: each sees its fault, and a good page passes."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup
from flask import Flask, redirect, request

from tests.support.checking_client import CheckingClient
from tests.support.pages import page_problems, part_problems

GOOD = """<!doctype html>
<html lang="en"><head><title>Leads</title><script src="/a.js"></script></head>
<body><main><h1>Leads</h1>
<form method="post" action="/leads"><input type="hidden" name="csrf_token" value="t">
<label for="e">Email</label><input id="e" name="email" value="old@a.example">
<label>Note <textarea name="note"></textarea></label>
<label><input type="checkbox" name="vip" checked> VIP</label>
<select name="status" aria-label="Status"><option value="new">New</option><option selected>Lost</option></select>
<button>Save</button></form></main></body></html>"""


def test_a_good_page_has_no_problems() -> None:
    assert page_problems(GOOD) == []


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("<title>Leads</title>", "", "no title"),
        ("<h1>Leads</h1>", "<h2>Leads</h2>", "0 first-level headings"),
        (' lang="en"', "", "language"),
        ("<h1>", '<h1 id="e">', "stands 2 times"),
        ('<label for="e">', "<label>", "the field email has no label"),
        (' action="/leads"', "", "has no action"),
        ('value="t"', 'value=""', "without a CSRF token"),
        ("<button>Save</button>", "<button></button>", "has no name"),
        ("</form>", '</form><img src="x">', "no alt"),
        ("</form>", "</form><a>more</a>", "leads nowhere"),
        ("</form>", "</form><table><tr><th> </th></tr></table>", "a header cell has no words"),
        ("</form>", "</form><script>alert(1)</script>", "script stands in the page"),
        ("</form>", "</form><style>a{}</style>", "style sheet"),
        ("<h1>", '<h1 style="color:red">', "attribute style"),
        ("<h1>", '<h1 onclick="x()">', "attribute onclick"),
        ("<h1>", '<h1 hx-on:click="x()">', "attribute hx-on:click"),
        ("</form>", '</form><a href="javascript:x()">x</a>', "runs a script"),
        ("</form>", "</form></section>", "broken HTML"),
        ("<h1>", "<div><h1>", "broken HTML"),
    ],
)
def test_each_fault_is_seen(old: str, new: str, complaint: str) -> None:
    problems = page_problems(GOOD.replace(old, new, 1))
    assert [problem for problem in problems if complaint in problem] != []


def test_a_row_alone_is_a_good_part() -> None:
    assert part_problems('<tr id="lead-1"><td>Ann</td></tr>') == []


@pytest.fixture
def client() -> CheckingClient:
    app = Flask("pages")
    app.add_url_rule("/leads", endpoint="list", view_func=lambda: GOOD, methods=["GET"])
    app.add_url_rule("/bad", endpoint="bad", view_func=lambda: "<p>no page")
    app.add_url_rule("/leads", endpoint="save", view_func=_save, methods=["POST"])
    return CheckingClient(app)


def _save() -> object:
    return redirect("/leads?" + "&".join(f"{name}={value}" for name, value in request.form.items()), 303)


def test_a_bad_page_fails_the_test(client: CheckingClient) -> None:
    with pytest.raises(AssertionError, match="no title"):
        client.get("/bad")


def test_another_status_fails_the_test(client: CheckingClient) -> None:
    with pytest.raises(AssertionError, match="answered 404"):
        client.get("/nowhere")


def test_a_form_is_sent_as_a_browser_would(client: CheckingClient) -> None:
    page = client.get("/leads")
    client.submit(page, "form", email="new@a.example")
    assert client.response is not None
    assert client.response.location == "/leads?csrf_token=t&email=new@a.example&note=&vip=on&status=Lost"
    assert isinstance(client.follow(), BeautifulSoup)


def test_a_field_that_the_form_lacks_fails_the_test(client: CheckingClient) -> None:
    with pytest.raises(AssertionError, match="no fields"):
        client.submit(client.get("/leads"), "form", phone="1")
