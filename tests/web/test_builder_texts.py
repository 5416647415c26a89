"""B23: what people write into names, notes, branches and values of a workflow is shown as text everywhere."""

from __future__ import annotations

import pytest

from tests.support.builder_pages import DOCUMENT, save
from tests.support.lead_pages import empty_tenant

SCRIPT = "<script>alert(1)</script><img src=x onerror=alert(2)>'\"{{ 7 | times: 7 }}"


@pytest.fixture
def acme(store):
    return empty_tenant(store)


@pytest.fixture
def client(acme, signed_in):
    return signed_in(acme, "editor")


@pytest.fixture
def page(client, acme):
    client.submit(client.get(f"/t/{acme.key}/workflows/-/new"), "main form", name=SCRIPT)
    test = {"field": "lead.first_name", "op": "eq", "value": SCRIPT}
    fork = {"id": "s5", "type": "flow.fork", "config": {"join": "all"}, "name": SCRIPT, "branches": {SCRIPT[:80]: []}}
    choice = {"id": "s6", "type": "flow.if", "config": {"condition": test}, "note": SCRIPT}
    note = {"id": "s7", "type": "log.note", "config": {"text": SCRIPT}}
    trigger = {"id": "t1", "type": "event.received", "config": {"name": SCRIPT}, "name": SCRIPT}
    raw = DOCUMENT | {"triggers": [trigger], "sections": [fork, choice, note]}
    return save(client, client.follow(), raw)


def test_the_canvas_the_document_and_every_dialog_show_it_as_text(client, page):
    dialogs = [f"{page.address}/sections/{section}" for section in ("t1", "s5", "s6", "s7")]
    for address in (page.address, f"{page.address}/document", *dialogs):
        shown = client.get(address)
        assert "alert(1)" in str(shown), address
        assert not [one for one in shown.find_all("script") if "alert" in one.get_text()], address
        assert not shown.select("[onerror], img[src=x]"), address
        assert "49" not in [text.strip() for text in shown.stripped_strings], address


def test_names_have_a_limit_that_is_said(client, page):
    raw = DOCUMENT | {"sections": [{"id": "s1", "type": "log.note", "config": {"text": "x"}, "name": "x" * 10_000}]}
    refused = save(client, page, raw, status=422)
    assert "/sections/0/name" in refused.get_text()
