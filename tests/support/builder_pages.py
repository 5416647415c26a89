"""The builder as tests read it and change it."""

from __future__ import annotations

import json
from typing import Any

from bs4 import BeautifulSoup

from tests.support.checking_client import CheckingClient

DOCUMENT: dict[str, Any] = {
    "format": 1,
    "triggers": [{"id": "t1", "type": "lead.created", "config": {}}],
    "sections": [
        {
            "id": "s1",
            "type": "flow.if",
            "config": {"condition": {"field": "lead.score", "op": "gte", "value": 50}},
            "branches": {
                "yes": [{"id": "s2", "type": "lead.set_status", "config": {"status": "qualified"}}],
                "no": [{"id": "s3", "type": "flow.finish", "config": {}}],
            },
        }
    ],
}


def cards(page: BeautifulSoup) -> list[str]:
    """Return the names of all cards, in the order in which they stand."""
    return [card.get_text(strip=True) for card in page.select(".card-name")]


def save(client: CheckingClient, page: BeautifulSoup, document: Any, status: int = 303) -> BeautifulSoup:
    """Save a workflow's document on its JSON tab; return the builder, or the tab where it is refused."""
    address = str(getattr(page, "address", "/")).removesuffix("/document")
    text = document if isinstance(document, str) else json.dumps(document)
    shown = client.get(address + "/document")
    answer = client.submit(shown, "form[action$='/draft']", document=text, status=status)
    return client.get(address) if status == 303 else answer


def change(
    client: CheckingClient, page: BeautifulSoup, word: str, section: str, place: str = "", *, answer: str = "page"
) -> BeautifulSoup:
    """Send the form that the card's menu sends; return the answer: a "page" to go on to, a "part", or "refused"."""
    form = page.select_one("#change")
    token = form.select_one("[name=csrf_token]") if form else None
    assert form is not None
    assert token is not None
    values = {"csrf_token": token["value"], "do": word, "section": section, "at": place}
    if answer == "part":
        return client.part(str(form["action"]), method="POST", data=values)
    client.response = client.raw.post(str(form["action"]), data=values)
    refused = client.response.status_code >= 400
    assert refused == (answer == "refused")
    return BeautifulSoup(client.response.text, "html5lib")
