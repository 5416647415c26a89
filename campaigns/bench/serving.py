"""The app as benchmarks use it: served on loopback with its embedded worker, or called in the process, signed in."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

from waitress.server import create_server

from campaigns.bench.scene import Scene
from campaigns.dispatch.embedded import Embedded
from campaigns.messages.memory import MemoryTransport
from campaigns.runtime import Runtime
from campaigns.sections.registry import kinds
from campaigns.services import api_keys
from campaigns.services.runner import Runner
from campaigns.settings import load_settings
from campaigns.storage.transaction import writing
from campaigns.worker import Worker

if TYPE_CHECKING:
    from flask import Flask

_PASSWORD = "bench only: leaves with its database"  # noqa: S105 - of a database that is deleted after the run


class _Observed(Worker):
    """A worker that says when its runner has committed something."""

    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        self.committed = threading.Event()

    def _runner(self) -> Runner:
        runner = super()._runner()
        return cast("Runner", _Saying(runner, self))


class _Saying:
    """A runner that says so when it has done something, before the worker looks for work of other kinds."""

    def __init__(self, runner: Runner, told: _Observed) -> None:
        self._runner, self._told, self.owner = runner, told, runner.owner

    def run_once(self, deadline: Callable[[], bool]) -> bool:
        did = self._runner.run_once(deadline)
        if did:
            self._told.committed.set()
        return did


@contextmanager
def served(scene: Scene, make_app: Callable[[Runtime], Flask]) -> Iterator[Callable[[str, threading.Event], None]]:
    """Serve the app with its worker in this process; yields a function that posts an event for an address."""
    runtime = _runtime(scene, Embedded())
    worker = _Observed(scene.store, kinds(), MemoryTransport(), scene.uploads)
    with writing(scene.store, scene.tenancy) as session:
        _, key = api_keys.create_key(session, name="bench")
    server: Any = create_server(make_app(runtime), host="127.0.0.1", port=0, threads=4)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    runtime.dispatch.start(worker)
    connection = http.client.HTTPConnection("127.0.0.1", server.effective_port)
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}

    def post(email: str, committed: threading.Event) -> None:
        worker.committed = committed
        connection.request("POST", "/api/v1/events", json.dumps({"name": "ping", "lead": {"email": email}}), headers)
        answer = connection.getresponse()
        body = answer.read()
        if answer.status != http.client.ACCEPTED:
            raise RuntimeError(f"the event was answered {answer.status}: {body[:200]!r}")

    try:
        yield post
    finally:
        runtime.dispatch.stop()
        server.close()
        thread.join(5)


@contextmanager
def signed_in(scene: Scene, make_app: Callable[[Runtime], Flask]) -> Iterator[Callable[[str], None]]:
    """Sign a person in; yields a function that gets a workflow's builder page."""
    from campaigns.services import accounts  # noqa: PLC0415 - hashing loads slowly, and only this needs it

    app = make_app(_runtime(scene, Embedded()))
    person = accounts.Person("bench@example.com", password=_PASSWORD)
    checked, hashed = accounts.prepare(person)
    with writing(scene.store, scene.tenancy) as session:
        user = accounts.add_user(session, checked, password_hash=hashed)
        scene.join(session, user.id)
    app.config["WTF_CSRF_ENABLED"] = False
    client = app.test_client()
    client.post("/sign-in", data={"email": person.email, "password": _PASSWORD})

    def get(workflow: str) -> None:
        answer = client.get(f"/t/{scene.key}/workflows/{workflow}")
        if answer.status_code != http.client.OK:
            raise RuntimeError(f"the page was answered {answer.status_code}")

    yield get


def _runtime(scene: Scene, dispatch: Embedded) -> Runtime:
    settings = load_settings(
        env_file=None,
        home=scene.uploads.folder.parent,
        assets="local",
        smtp_url="memory:",
        secret_key="b" * 20 + "enchmarking only",
    )
    scene.store.announcer = dispatch  # type: ignore[assignment]  # the store names lanes by plain strings
    return Runtime(settings, scene.store, dispatch, kinds(), MemoryTransport(), scene.uploads)
