"""Documents move between organisations and databases as they are: what is kept is what was written."""

import json
import random

import pytest

from campaigns.engine.json_text import read_json
from campaigns.errors import Invalid
from campaigns.services import drafts, versions, workflows
from campaigns.storage.transaction import reading, writing
from campaigns.tenancy import Tenancy
from tests.engine.drawn_documents import Drawn
from tests.support.campaign import new_tenant
from tests.support.programs import document, item

ODD = [
    "",
    " ",
    "ä € 你好 🙂",
    "e\u0301 \u202e \u200b",
    '"\\/ \b\f\n\r\t',
    "{{ lead.email }}",
    "</script>",
    "\x7f\x1f",
    "1e400",
]


def copied(store, source, target, name):
    """Take a workflow's document out of one organisation and put it into another."""
    with reading(store, source) as session:
        text = json.dumps(drafts.get_draft(session, name).document, ensure_ascii=False, indent=2)
    with writing(store, target) as session:
        workflows.create_workflow(session, name=name, key=name, document=read_json(text))


def test_drawn_documents_move_to_another_organisation_and_back(store):
    here, there, back = (Tenancy(new_tenant(store, key)) for key in ("here", "there", "back"))
    for seed in range(12):
        raw, name = Drawn(random.Random(seed)).raw, f"flow-{seed}"
        for text, section in zip(ODD, raw["sections"], strict=False):
            section |= {"name": text, "note": text * 20}
        with writing(store, here) as session:
            workflows.create_workflow(session, name=name, key=name, document=raw)
        copied(store, here, there, name)
        copied(store, there, back, name)
        with reading(store, back) as session:
            assert drafts.get_draft(session, name).document == raw


def test_a_version_keeps_what_was_activated(store):
    tenancy = Tenancy(new_tenant(store, "acme"))
    values = {
        "numbers": [0, -1, 1.5, 1e-9, 10**15],
        "texts": ODD,
        "flags": [True, False, None],
        "deep": {"a": {"b": []}},
    }
    raw = document(item("state.set", "s1", values=values))
    with writing(store, tenancy) as session:
        workflows.create_workflow(session, name="Flow", document=raw)
        versions.activate(session, "flow")
    with reading(store, tenancy) as session:
        assert versions.get_version(session, "flow", 1).document == raw


@pytest.mark.parametrize(("name", "key", "value"), [("x\0", "a", "b"), ("x", "a\0", "b"), ("x", "a", "b\ud800")])
def test_a_character_that_no_database_keeps_does_not_come_in(name, key, value):
    raw = document(item("state.set", "s1", values={key: value}) | {"name": name})
    with pytest.raises(Invalid) as caught:
        read_json(json.dumps(raw))
    assert caught.value.problems[0].path.startswith("/sections/0")
