"""The app on an address, for a real browser: one tenant, and work that only the test moves on."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from playwright.sync_api import BrowserContext, Page
from werkzeug.serving import make_server

from campaigns.storage.transaction import Store
from campaigns.tenancy import Role, Tenancy
from tests.support.factories import Planted, sign_in
from tests.support.lead_pages import empty_tenant


@dataclass
class ServedApp:
    """The app, its address, and a tenant with a user for each role."""

    app: Flask
    acme: Planted
    address: str
    contexts: list[BrowserContext] = field(default_factory=list, kw_only=True)

    @property
    def store(self) -> Store:
        found: Store = self.app.extensions["runtime"].store
        return found

    @property
    def tenancy(self) -> Tenancy:
        return Tenancy(self.acme.tenant_id)

    @property
    def base(self) -> str:
        return f"{self.address}/t/{self.acme.key}"

    def open(self, context: BrowserContext, role: Role = "editor") -> Page:
        """Return a page that a user of the tenant is signed in on."""
        serializer = SecureCookieSessionInterface().get_signing_serializer(self.app)
        assert serializer is not None
        value = str(serializer.dumps({"_user_id": sign_in(self.store, self.acme.users[role]), "_fresh": True}))
        name = str(self.app.config["SESSION_COOKIE_NAME"])
        context.add_cookies([{"name": name, "value": value, "url": self.address}])
        self.contexts.append(context)
        return context.new_page()

    def leave(self) -> None:
        """Have the browsers leave the app before it goes: what they were still loading would be an error to them."""
        for page in (page for context in self.contexts for page in context.pages):
            page.goto("about:blank")


@contextmanager
def serving(app: Flask) -> Iterator[ServedApp]:
    """Serve an app on loopback, with a tenant of its own."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        acme = empty_tenant(app.extensions["runtime"].store)
        served = ServedApp(app, acme, f"http://127.0.0.1:{server.server_port}")
        yield served
        served.leave()
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
