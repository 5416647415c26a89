"""A workflow as a picture: everything is on it, and what people typed stays text."""

from xml.etree import ElementTree as ET

from campaigns.services import workflows
from campaigns.storage.transaction import writing
from campaigns.tenancy import Tenancy

DOCUMENT = {
    "format": 1,
    "triggers": [{"id": "t1", "type": "lead.created", "config": {}}],
    "sections": [
        {
            "id": "s1",
            "type": "flow.fork",
            "name": "<script>alert(1)</script>",
            "config": {"join": "all"},
            "branches": {"one & two": [{"id": "s2", "type": "lead.add_tag", "config": {"tag": "hot"}}], "b": []},
        }
    ],
}


def test_a_picture_shows_names_and_branches_as_text(store, acme, signed_in):
    with writing(store, Tenancy(acme.tenant_id)) as session:
        workflows.create_workflow(session, name="Drawn", key="drawn", document=DOCUMENT)
    answer = signed_in(acme, "viewer").raw.get(f"/t/{acme.key}/workflows/drawn/picture.svg")
    assert answer.mimetype == "image/svg+xml"
    drawn = ET.fromstring(answer.text)
    words = [element.text for element in drawn.iter("{http://www.w3.org/2000/svg}text")]
    assert {"Start", "Lead created", "<script>alert(1)</script>", "one & two", "Add tag", "Finish"} <= set(words)
    assert not list(drawn.iter("{http://www.w3.org/2000/svg}script"))
