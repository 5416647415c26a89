"""The branches of a fork keep the order in which they were written, through draft, version and API."""

from __future__ import annotations

from tests.support.programs import item

NAMES = ["zulu", "alpha", "mike", "a"]
FORK = item("flow.fork", "f", join="all", branches={name: [item("log.note", f"n-{name}", text="x")] for name in NAMES})
DOCUMENT = {"format": 1, "triggers": [{"id": "t1", "type": "lead.created", "config": {}}], "sections": [FORK]}


def order(document) -> list[str]:
    return list(document["sections"][0]["branches"])


def test_branches_stand_in_the_order_in_which_they_were_written(call, campaign):
    key = call("POST", "/workflows", {"name": "Fork", "document": DOCUMENT}).json["key"]
    assert order(call("GET", f"/workflows/{key}").json["document"]) == NAMES
    turned = {**DOCUMENT, "sections": [{**FORK, "branches": dict(reversed(FORK["branches"].items()))}]}
    assert call("PUT", f"/workflows/{key}/draft", turned).status_code == 200
    assert order(call("GET", f"/workflows/{key}").json["document"]) == NAMES[::-1]
    assert call("POST", f"/workflows/{key}/activation").status_code == 200
    assert order(call("GET", f"/workflows/{key}/versions/1").json["document"]) == NAMES[::-1]
    campaign.imports("email\nann@example.com\n")
    assert campaign.statuses() == {"finished": 1}
    sections = [section for section, _ in campaign.steps() if section.startswith("n-")]
    assert sections == [f"n-{name}" for name in NAMES[::-1]]
