from __future__ import annotations

import json

import pytest
from flask import Flask, Response
from jinja2 import DictLoader

from campaigns.web.htmx import close_modal, page_or_part, toast, trigger


@pytest.fixture
def app() -> Flask:
    app = Flask("app")
    app.jinja_loader = DictLoader({"page.html": "<main>{% include '_part.html' %}</main>", "_part.html": "{{ name }}"})
    return app


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({}, "<main>&lt;Ada&gt;</main>"),
        ({"HX-Request": "true"}, "&lt;Ada&gt;"),
        ({"HX-Request": "true", "HX-History-Restore-Request": "true"}, "<main>&lt;Ada&gt;</main>"),
        ({"HX-Request": "true", "HX-Boosted": "true"}, "<main>&lt;Ada&gt;</main>"),
    ],
)
def test_htmx_gets_the_part_and_everybody_else_the_page(app: Flask, headers: dict[str, str], body: str) -> None:
    with app.test_request_context("/", headers=headers):
        assert page_or_part("page.html", "_part.html", name="<Ada>").get_data(as_text=True) == body


def test_the_answer_varies_on_what_decided(app: Flask) -> None:
    with app.test_request_context("/"):
        vary = page_or_part("page.html", "_part.html", name="").vary
    assert {"hx-request", "hx-boosted", "hx-history-restore-request"} <= {name.lower() for name in vary}


def test_events_add_up_in_one_header_of_plain_ascii() -> None:
    response = toast(close_modal(trigger(Response(), listChanged={"id": 7})), "Größe saved", undo="/undo/1")
    header = response.headers["HX-Trigger"]
    assert header.isascii()
    assert json.loads(header) == {
        "listChanged": {"id": 7},
        "closeModal": True,
        "showToast": {"message": "Größe saved", "tone": "success", "undo": "/undo/1"},
    }
