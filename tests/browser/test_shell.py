"""The shell in a real browser under the strict policy: htmx arrives once, dialogs, menus, themes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask, Response, make_response, render_template, request
from jinja2 import ChoiceLoader, DictLoader, FileSystemLoader, StrictUndefined
from playwright.sync_api import BrowserContext, Page, Route, expect
from werkzeug.serving import make_server

from campaigns.web import assets, filters
from campaigns.web.htmx import close_modal, toast

pytestmark = pytest.mark.browser
ROOT = Path(__file__).resolve().parent.parent.parent
CDN = "https://cdn.jsdelivr.net/**"
HTMX = ROOT / "static" / "vendor" / "htmx.org" / "2.0.11" / "htmx.min.js"
FROM_ANYWHERE = {"Access-Control-Allow-Origin": "*", "Content-Type": "text/javascript"}
PAGES = {
    "page.html": """{% extends "layouts/app.html" %}{% from "components/button.html" import button %}
      {% from "components/menu.html" import dropdown, menu_item %}{% from "components/table.html" import table %}
      {% block actions %}{% call dropdown("more", "More") %}{{ menu_item("One", "/1") }}{{ menu_item("Two", "/2") }}
      {% endcall %}{{ button("New", href="/new", variant="primary", attrs={"hx-get": "/new", "id": "new",
      "hx-target": "#modal-body", "hx-swap": "innerHTML"}) }}{{ button("Break", attrs={"hx-get": "/broken"}) }}
      {% endblock %}{% block content %}{% call table("Leads", [{"label": "Name", "key": "name"}]) %}
      <tr><td class="main">Ada</td></tr>{% endcall %}{% endblock %}""",
    "_new.html": """{% from "components/dialog.html" import dialog_head, dialog_body, dialog_foot %}
      {% from "components/field.html" import field %}<form method="post" action="/new" hx-post="/new"
      hx-target="#modal-body" hx-swap="innerHTML" novalidate>{{ dialog_head("New list") }}{% call dialog_body() %}
      {{ field("name", "Name", error=error) }}{% endcall %}{{ dialog_foot("Create") }}</form>""",
}
SHELL = {
    "title": "Leads",
    "navigation": [{"label": "Leads", "href": "/", "icon": "users", "current": True}],
    "tenants": [{"name": "Acme", "href": "/", "current": True}],
    "current_user": {"name": "Ada Lovelace", "email": "ada@acme.example"},
    "sign_out_href": "/out",
}


@pytest.fixture(params=["local"])
def address(request: pytest.FixtureRequest) -> Iterator[str]:
    """Return the address of a served page in the shell; the parameter says where htmx comes from."""
    server = make_server("127.0.0.1", 0, make_app(request.param), threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def make_app(mode: assets.Mode) -> Flask:
    app = Flask("shell", static_folder=str(ROOT / "static"), static_url_path="/static")
    app.secret_key = "for tests alone"
    app.jinja_loader = ChoiceLoader([DictLoader(PAGES), FileSystemLoader(ROOT / "templates")])
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.globals["csrf_token"] = lambda: "token"
    assets.register(app, mode=mode)
    filters.register(app)
    scripts = " ".join(assets.script_sources(mode, root=ROOT / "static"))
    policy = f"default-src 'self'; img-src 'self' data:; script-src 'self' {scripts}; style-src 'self'"

    @app.after_request
    def strict(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = policy
        return response

    @app.get("/")
    def home() -> str:
        return render_template("page.html", **SHELL)

    @app.get("/new")
    def new() -> str:
        return render_template("_new.html", error=None)

    @app.post("/new")
    def create() -> Response:
        if request.headers.get("X-CSRFToken") != "token" or not request.form["name"]:
            return make_response(render_template("_new.html", error="Give it a name."), 422)
        return toast(close_modal(make_response("")), f"Created {request.form['name']}", undo="/undo")

    @app.post("/undo")
    def undo() -> Response:
        return toast(make_response("", 204), "Taken back")

    return app


def test_a_dialog_opens_shows_errors_closes_and_gives_the_focus_back(page: Page, address: str) -> None:
    page.goto(address)
    page.click("#new")
    expect(page.locator("#field-name")).to_be_focused()
    page.click("text=Create")
    expect(page.locator("#modal .field-error")).to_have_text("Give it a name.")
    page.fill("#field-name", "Readers <b>")
    page.click("text=Create")
    expect(page.locator("#modal")).not_to_be_visible()
    expect(page.locator("#new")).to_be_focused()
    expect(page.locator(".toast-text")).to_have_text("Created Readers <b>")
    page.click("text=Undo")
    expect(page.locator(".toast-text")).to_have_text("Taken back")


def test_escape_closes_the_dialog(page: Page, address: str) -> None:
    page.goto(address)
    page.click("#new")
    expect(page.locator("#modal")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#modal")).not_to_be_visible()
    expect(page.locator("#new")).to_be_focused()


def test_a_menu_is_walked_by_arrow_keys(page: Page, address: str) -> None:
    page.goto(address)
    page.get_by_role("button", name="More").press("Enter")
    expect(page.get_by_role("link", name="One")).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(page.get_by_role("link", name="Two")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#more")).not_to_be_visible()


def test_a_request_that_fails_says_so(page: Page, address: str, console) -> None:
    console.expect("404")
    page.goto(address)
    page.click("text=Break")
    expect(page.locator(".toast-text")).to_have_text("This is no longer there. Reload the page.")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_shell_bars_nobody_out(
    new_context: Callable[..., BrowserContext], address: str, axe: Callable[[Page], None], theme: str
) -> None:
    page = new_context(color_scheme=theme).new_page()
    page.goto(address)
    expect(page.locator("html")).to_have_attribute("data-bs-theme", theme)
    axe(page)


def test_a_chosen_theme_is_kept(page: Page, address: str) -> None:
    page.goto(address)
    page.click("[aria-label^=Account]")
    page.click("text=Dark")
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")


def test_on_a_phone_the_navigation_opens_over_a_page_that_fits(phone: Page, address: str) -> None:
    phone.goto(address)
    expect(phone.locator("#side")).not_to_be_visible()
    phone.click("[aria-label=Menu]")
    expect(phone.locator(".side-link")).to_be_visible()
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.parametrize("address", ["cdn"], indirect=True)
@pytest.mark.parametrize("answer", ["right", "blocked", "forged"])
def test_htmx_comes_from_the_cdn_or_else_from_us(page: Page, address: str, console, answer: str) -> None:
    console.expect(r"ERR_FAILED|integrity")
    page.route(CDN, lambda route: route.abort() if answer == "blocked" else route.fulfill(**served(answer)))
    page.goto(address)
    expect(page.locator("html")).to_have_attribute("data-htmx-from", "cdn" if answer == "right" else "copy")
    assert requests_of_one_click(page) == 1


@pytest.mark.parametrize("address", ["cdn"], indirect=True)
def test_a_cdn_that_answers_too_late_does_not_start_htmx_twice(page: Page, address: str) -> None:
    held: list[Route] = []
    page.clock.install()
    page.route(CDN, lambda route: held.append(route))  # noqa: PLW0108 - Playwright marks its handlers; builtins refuse
    page.goto(address, wait_until="commit")
    expect(page.locator(".page-heading")).to_be_visible()
    page.clock.run_for(2000)
    expect(page.locator("html")).to_have_attribute("data-htmx-from", "copy")
    with page.expect_event("requestfinished", lambda request: "jsdelivr" in request.url):
        held[0].fulfill(**served("right"))
    assert requests_of_one_click(page) == 1


def served(answer: str) -> dict[str, object]:
    """Return what the CDN gives: the very file, or one with a byte more."""
    text = HTMX.read_text(encoding="utf-8") + ("\n" if answer == "forged" else "")
    return {"body": text, "headers": FROM_ANYWHERE}


def requests_of_one_click(page: Page) -> int:
    """Open the dialog, and return how often its part was asked for."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.click("#new")
    expect(page.locator("#modal")).to_be_visible()
    expect(page.locator("#field-name")).to_be_focused()
    return sum(url.endswith("/new") for url in asked)
