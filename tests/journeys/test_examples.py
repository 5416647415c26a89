"""The example plugins as a stranger meets them: installed by pip beside Campaigns, used, taken away, put back."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from campaigns.runtime import open_runtime
from campaigns.services import fields, secrets, tenants
from campaigns.settings import load_settings
from campaigns.storage.transaction import system, writing
from campaigns.tenancy import Tenancy
from tests.support.sources import ROOT

EXAMPLES = ("chat_message", "company_lookup")
COMPANIES = {"acme.example": {"city": "Berlin", "size": "120", "country": "DE"}}
Call = Callable[..., str]
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        importlib.util.find_spec("hatchling") is None, reason="hatchling is not installed here; `make test` installs it"
    ),
]


class World(BaseHTTPRequestHandler):
    """A company register and a chat, on this machine."""

    heard: list[tuple[str, str, Any]]

    def do_GET(self) -> None:
        company = COMPANIES.get(self.path.rpartition("domain=")[2])
        self._answer(200 if company else 404, company)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.heard.append((self.path, self.headers["webhook-id"], json.loads(body)))
        self._answer(200, {"ok": True})

    def _answer(self, status: int, body: Any) -> None:
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_given: Any) -> None:
        """Say nothing."""


@pytest.fixture
def world() -> Iterator[tuple[str, list[tuple[str, str, Any]]]]:
    """Return the address of a register and a chat, and what was posted to the chat."""
    heard: list[tuple[str, str, Any]] = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Here", (World,), {"heard": heard}))
    serving = threading.Thread(target=server.serve_forever)
    serving.start()
    yield f"http://127.0.0.1:{server.server_port}", heard
    server.shutdown()
    serving.join()
    server.server_close()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the examples by pip into a folder, from copies that stand alone."""
    copies, target = tmp_path_factory.mktemp("copies"), tmp_path_factory.mktemp("site")
    for name in EXAMPLES:
        shutil.copytree(ROOT / "examples" / name, copies / name)
    options = ["--quiet", "--no-index", "--no-deps", "--no-build-isolation", "--disable-pip-version-check"]
    command = [sys.executable, "-m", "pip", "install", *options, "--target", target, *(copies / n for n in EXAMPLES)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return target


@pytest.fixture
def call(tmp_path: Path) -> Call:
    """Run a command in a process of its own that finds modules in a folder besides; return what it printed."""

    def do(*words: str, site: Path | None, status: int = 0) -> str:
        settings = {"HOME": str(tmp_path / "instance"), "SMTP_URL": "memory:", "OUTGOING_ALLOW": "127.0.0.0/8"}
        variables = {f"CAMPAIGNS_{name}": value for name, value in settings.items()}
        paths = os.pathsep.join(str(path) for path in (site, ROOT) if path is not None)
        command = [sys.executable, "-m", "campaigns", *words]
        environment = {**os.environ, **variables, "PYTHONPATH": paths, "CAMPAIGNS_LOG_LEVEL": "error"}
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == status, done.stdout + done.stderr
        return done.stdout

    return do


def furnish(home: Path, hook: str) -> None:
    """Give the tenant a secret and two fields, as its people do on pages."""
    parts = open_runtime(load_settings(env_file=None, home=home, smtp_url="memory:"))
    with system(parts.store) as session:
        tenancy = Tenancy(tenants.find_tenant(session, "acme").id)
    with writing(parts.store, tenancy) as session:
        secrets.create_secret(session, parts.vault, name="Sales chat", value=hook)
        fields.create_field(session, key="city", name="City", type="text")
        fields.create_field(session, key="employees", name="Employees", type="number")
    parts.close()


def workflows(url: str) -> dict[str, dict[str, Any]]:
    text = {"template": "{{ lead.email }} is of {{ state.company.city }}"}
    chat = {"id": "chat", "type": "chat.message", "config": {"webhook": "sales-chat", "text": text}}
    lookup = {
        "id": "look", "type": "company.lookup",
        "config": {"url": f"{url}/find", "fields": {"city": "city", "employees": "size"}},
        "branches": {"found": [chat]},
    }  # fmt: skip
    tag = {"id": "tag", "type": "lead.add_tag", "config": {"tag": "german"}}
    created = {"id": "t1", "type": "lead.created", "config": {}}
    found = {"id": "t1", "type": "company.found", "config": {"country": "DE"}}
    return {
        "enrich": {"format": 1, "settings": {}, "triggers": [created], "sections": [lookup]},
        "greet": {"format": 1, "settings": {}, "triggers": [found], "sections": [tag]},
    }


def test_the_examples_pass_their_own_tests(site, tmp_path):
    for name in EXAMPLES:
        tests = tmp_path / name
        shutil.copytree(ROOT / "examples" / name / "tests", tests)
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            "--import-mode=importlib",
            str(tests),
        ]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(site), str(ROOT)])}
        done = subprocess.run(command, cwd=tests, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout


def test_a_stranger_installs_uses_loses_and_regains_them(site, call, world, tmp_path):
    url, heard = world
    call("tenant", "create", "acme", "--owner", "anna@example.com", site=site)
    furnish(tmp_path / "instance", f"{url}/hook")
    rows = {row["type"]: row["plugin"] for row in json.loads(call("sections", "list", "--json", site=site))}
    own = {"chat.message": "chat_message", "company.lookup": "company_lookup", "company.found": "company_lookup"}
    assert {name: rows[name] for name in own} == own
    for key, document in workflows(url).items():
        (tmp_path / f"{key}.json").write_text(json.dumps(document))
        call("workflow", "import", f"{key}.json", "--tenant", "acme", "--key", key, "--activate", site=site)

    import_leads(call, tmp_path, "ann@acme.example", "bob@nowhere.example", site=site)
    leads = leads_of(call, site)
    assert (leads["ann@acme.example"]["fields"], leads["ann@acme.example"]["tags"]) == (
        {"city": "Berlin", "employees": 120}, ["german"],
    )  # fmt: skip
    assert (leads["bob@nowhere.example"]["fields"], leads["bob@nowhere.example"]["tags"]) == ({}, [])
    ((path, key, posted),) = heard
    assert (path, posted) == ("/hook", {"text": "ann@acme.example is of Berlin"})
    assert len(key) == 32

    import_leads(call, tmp_path, "cem@acme.example", site=None)
    (failed,) = executions_of(call, "failed", None)
    assert failed["reason"] == "the section type company.lookup is not installed any more"
    told = call("doctor", "--json", site=None, status=1)
    assert {one["check"]: one["state"] for one in json.loads(told)}["sections"] == "failed"

    call("executions", "retry", failed["id"], "--tenant", "acme", site=site)
    call("worker", "--once", site=site)
    assert executions_of(call, "failed", site) == []
    assert [posted["text"] for _, _, posted in heard][1:] == ["cem@acme.example is of Berlin"]
    assert leads_of(call, site)["cem@acme.example"]["tags"] == ["german"]


def import_leads(call: Call, folder: Path, *emails: str, site: Path | None) -> None:
    (folder / "leads.csv").write_text("\n".join(["email", *emails, ""]))
    call("leads", "import", "leads.csv", "--tenant", "acme", "--wait", "--again", site=site)


def leads_of(call: Call, site: Path | None) -> dict[str, Any]:
    return {row["email"]: row for row in json.loads(call("leads", "list", "--tenant", "acme", "--json", site=site))}


def executions_of(call: Call, status: str, site: Path | None) -> list[dict[str, Any]]:
    printed = call("executions", "list", "--tenant", "acme", "--status", status, "--json", site=site)
    found: list[dict[str, Any]] = json.loads(printed)
    return found
