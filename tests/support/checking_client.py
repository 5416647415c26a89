"""A client that reads answers as a person would, and refuses pages that would fail somebody.

    page = client.get("/leads")                                  parsed HTML; every house rule of pages is checked
    client.submit(page, "#new-lead", email="a@b.example")        fills in a form of that page and sends it
    part = client.part("/leads?page=2")                          the answer to htmx

The raw Flask client stays at `client.raw`, for answers that are no HTML.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urljoin

from bs4 import BeautifulSoup, Tag
from flask import Flask
from werkzeug.test import TestResponse

from tests.support.pages import page_problems, parse, part_problems

_HTMX = {"HX-Request": "true"}
_REDIRECTS = {301, 302, 303, 307, 308}
_SENT_WHEN_CHECKED = {"checkbox", "radio"}
_NEVER_SENT = {"submit", "button", "image", "reset", "file"}


class Page(BeautifulSoup):
    """A parsed answer that remembers its address."""

    address: str = "/"


class CheckingClient:
    """Sends requests to the app and returns parsed pages. `status` is what the answer must have."""

    def __init__(self, app: Flask) -> None:
        self.raw = app.test_client()
        self.response: TestResponse | None = None

    def get(self, path: str, *, status: int = 200, **options: Any) -> BeautifulSoup:
        """Return the page at a path."""
        return self._page(self.raw.get(path, **options), status)

    def part(self, path: str, *, method: str = "GET", status: int = 200, **options: Any) -> BeautifulSoup:
        """Return what htmx would get: a part of a page."""
        headers = {**_HTMX, **options.pop("headers", {})}
        response = self._answered(self.raw.open(path, method=method, headers=headers, **options), status)
        soup = parse(response.text)
        self._check(part_problems(response.text, soup))
        return soup

    def post(self, path: str, *, data: dict[str, Any], status: int = 303, **options: Any) -> BeautifulSoup:
        """Send a form as it is given; prefer `submit`, which takes the page's own fields and token."""
        return self._page(self.raw.post(path, data=data, **options), status)

    def submit(
        self, page: BeautifulSoup, form: str, *, status: int = 303, files: dict[str, Any] | None = None, **fields: Any
    ) -> BeautifulSoup:
        """Fill in the form found by a CSS selector as a browser would, and send it to its own action.

        Fields that the form does not have are an error. `None` leaves a field (a checkbox) away.
        """
        element = page.select_one(form)
        assert element is not None, f"the page has no form {form}"
        values = filled(element, fields)
        action = urljoin(getattr(page, "address", "/"), str(element["action"]))
        if str(element.get("method", "get")).lower() == "get":
            return self.get(action, status=status, query_string=values)
        return self.post(action, data={**values, **(files or {})}, status=status)

    def follow(self) -> BeautifulSoup:
        """Return the page that the last answer redirects to."""
        assert self.response is not None
        assert self.response.location, f"the last answer was {self.response.status}, no redirect"
        return self.get(self.response.location)

    def _page(self, response: TestResponse, status: int) -> BeautifulSoup:
        text = self._answered(response, status).text
        page = Page(text, "html5lib")
        page.address = response.request.path
        if response.status_code not in _REDIRECTS and response.mimetype == "text/html":
            self._check(page_problems(text, page))
        return page

    def _answered(self, response: TestResponse, status: int) -> TestResponse:
        self.response = response
        assert response.status_code == status, (
            f"{response.request.method} {response.request.path} answered {response.status}, expected {status}:\n"
            f"{response.location or parse(response.text).get_text(' ', strip=True)[:2000]}"
        )
        return response

    def _check(self, problems: list[str]) -> None:
        assert self.response is not None
        assert problems == [], f"{self.response.request.path}: {problems}"


def filled(form: Tag, fields: dict[str, Any]) -> dict[str, Any]:
    """Return what a browser would send: the form's own values, and `fields` over them."""
    values = _own_values(form)
    known = {str(element.get("name")) for element in form.find_all(["input", "select", "textarea", "button"])}
    unknown = set(fields) - known
    assert not unknown, f"the form has no fields {sorted(unknown)}; it has {sorted(known)}"
    merged = {**values, **fields}
    return {name: value for name, value in merged.items() if value is not None}


def _own_values(form: Tag) -> dict[str, Any]:
    values: dict[str, list[str]] = {}
    for element in form.find_all(["input", "select", "textarea"]):
        if element.get("name") and not element.has_attr("disabled"):
            values.setdefault(str(element["name"]), []).extend(_sent(element))
    return {name: sent if len(sent) > 1 else sent[0] for name, sent in values.items() if sent}


def _sent(element: Tag) -> list[str]:
    """Return the values one control contributes."""
    if element.name == "textarea":
        return [element.get_text().removeprefix("\n")]
    if element.name == "select":
        options = element.find_all("option")
        chosen = [option for option in options if option.has_attr("selected")]
        if not chosen and not element.has_attr("multiple"):
            chosen = options[:1]
        return [str(option.get("value", option.get_text(strip=True))) for option in chosen]
    kind = element.get("type", "text")
    if kind in _NEVER_SENT or (kind in _SENT_WHEN_CHECKED and not element.has_attr("checked")):
        return []
    return [str(element.get("value", "on" if kind in _SENT_WHEN_CHECKED else ""))]
