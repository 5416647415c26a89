"""The page of plugins, and the builder beside a plugin that is broken or gone."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from campaigns.sections.guarding import faults
from campaigns.services import api_keys, versions, workflows
from campaigns.settings import Settings, load_settings
from campaigns.storage.transaction import Store, writing
from campaigns.tenancy import Tenancy
from tests.support.acting import acting_kinds
from tests.support.programs import document, item

GOOD = '''
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Literal

from pydantic import BaseModel

from campaigns.engine.outcome import Done
from campaigns.sections.base import Section, section

__version__ = "1.2"


@section("shopping.greet", role="action", label="Greet")
class Greet(Section):
    """Greets the lead by name, and does no more than that."""

    def summary(self, vocabulary):
        return vocabulary.greetings

    def decide(self, context):
        return Done()


class Size(StrEnum):
    S = "small"
    L = "large"


class Line(BaseModel):
    text: str = ""
    count: int = 1


@section("shopping.odd", role="action", label="Odd")
class Odd(Section):
    """Has a field of each kind that a plugin may think of, with no title at all."""

    amount: int
    ratio: Decimal = Decimal("0.5")
    size: Size = Size.S
    color: Literal["red", "blue"] | None = None
    day: date | None = None
    moment: datetime | None = None
    tags: list[str] = []
    pairs: dict[str, int] = {}
    lines: list[Line] = []
    line: Line = Line()
    anything: Any = None
    either: int | str = 0
    both: tuple[int, str] = (1, "a")
    several: set[str] = set()

    def decide(self, context):
        return Done()
'''


@pytest.fixture
def app_settings(settings: Settings, database_url: str, tmp_path: Path, monkeypatch) -> Settings:
    """Return settings that name a plugin that works, one that does not, and one that is not there."""
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "shopping.py").write_text(GOOD)
    (tmp_path / "shopping_broken.py").write_text("1 / 0")
    yield load_settings(
        env_file=None, home=settings.home, database_url=database_url, dispatch="inline", smtp_url="memory:",
        assets="local", secret_key=settings.secret_key, plugins="shopping,shopping_broken,shopping_absent",
    )  # fmt: skip
    sys.modules.pop("shopping", None)
    faults.pop("shopping.greet", None)


def activate(store: Store, tenant_id, app, *sections) -> None:
    known = {**acting_kinds(), **app.extensions["runtime"].kinds}
    with writing(store, Tenancy(tenant_id)) as session:
        workflows.create_workflow(session, name="Plug", key="plug", document=document(*sections), kinds=known)
        versions.activate(session, "plug", kinds=known)


def test_an_admin_sees_what_is_loaded_and_what_is_not_and_why(acme, signed_in):
    page = signed_in(acme, "admin").get(f"/t/{acme.key}/plugins")
    good, broken, absent = (card.get_text(" ", strip=True) for card in page.select("[id^=plugin-]"))
    for part in ("shopping", "1.2", "Loaded", "shopping.greet", "Greets the lead by name"):
        assert part in good
    assert "Not loaded ZeroDivisionError: division by zero" in broken
    assert "Not loaded ModuleNotFoundError" in absent


def test_nobody_else_does(acme, signed_in):
    assert signed_in(acme, "editor").raw.get(f"/t/{acme.key}/plugins").status_code == 403


def test_a_version_that_needs_what_is_not_installed_is_told_and_drawn_as_a_placeholder(app, store, acme, signed_in):
    activate(store, acme.tenant_id, app, item("test.act", "s9"))
    client = signed_in(acme, "admin")
    page = client.get(f"/t/{acme.key}/plugins")
    assert "“Plug” (version 1) needs the section type test.act" in page.get_text()
    canvas = client.get(f"/t/{acme.key}/workflows/plug")
    assert "not installed any more" in canvas.select_one("#section-s9").get_text()


def test_a_summary_that_raises_leaves_its_card_empty_and_is_told(app, store, acme, signed_in):
    activate(store, acme.tenant_id, app, item("shopping.greet", "s9"))
    client = signed_in(acme, "admin")
    assert "Greet" in client.get(f"/t/{acme.key}/workflows/plug").select_one("#section-s9").get_text()
    page = client.get(f"/t/{acme.key}/plugins").get_text()
    assert "Has raised" in page
    assert "summary raised AttributeError" in page


def test_the_form_of_a_plugin_s_section_opens_saves_and_names_what_is_wrong(app, store, acme, signed_in):
    activate(store, acme.tenant_id, app, item("shopping.odd", "s9", amount=1))
    client = signed_in(acme, "editor")
    address = f"/t/{acme.key}/workflows/plug/sections"
    for place in (f"{address}/s9", f"{address}/-/new?type=shopping.odd"):
        shown = client.get(place)
        names = {field["name"] for field in shown.select("[name]")}
        assert {"config.amount"} <= names, names
    saved = client.submit(client.get(f"{address}/s9"), f"form[action='{address}/s9']", **{"config.amount": "7"})
    assert saved is not None
    refused = client.submit(
        client.get(f"{address}/s9"), f"form[action='{address}/s9']", status=422, **{"config.amount": "many"}
    )
    assert "amount" in str(refused)
    for tab in ("json", "docs"):
        assert client.get(f"{address}/s9?go={tab}&tab={tab}")


def test_a_document_with_a_plugin_s_section_is_saved_as_json_and_simulated(app, store, acme, signed_in):
    activate(store, acme.tenant_id, app, item("shopping.greet", "s9"))
    client = signed_in(acme, "editor")
    address = f"/t/{acme.key}/workflows/plug"
    text = json.dumps(document(item("shopping.greet", "s9"), item("shopping.greet", "s10")))
    client.submit(client.get(f"{address}/document"), f"form[action='{address}/draft']", document=text)
    assert client.get(address).select_one("#section-s10")
    with writing(store, Tenancy(acme.tenant_id)) as session:
        _, key = api_keys.create_key(session, name="shop")
    headers = {"Authorization": f"Bearer {key}"}
    found = app.test_client().post("/api/v1/workflows/plug/simulations", json={"sample": 1}, headers=headers)
    assert (found.status_code, found.json["sections"]) == (200, {"s9": 1, "s10": 1})
