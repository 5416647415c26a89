"""Sections taken into a workflow of their own: both workflows are written, or neither."""

from __future__ import annotations

import pytest

from campaigns.errors import Conflict, Invalid, NotFound
from campaigns.sections.registry import kinds
from campaigns.services import drafts, workflows
from campaigns.services.extractions import check_extraction, extract_sections
from campaigns.storage.transaction import reading, writing
from tests.support.workflows import make_tenant

NOTES = [{"id": key, "type": "log.note", "config": {"text": key}} for key in "abc"]
DOCUMENT = {"format": 1, "triggers": [{"id": "t1", "type": "lead.created", "config": {}}], "sections": NOTES}


@pytest.fixture
def tenancy(store):
    tenancy = make_tenant(store)
    with writing(store, tenancy) as session:
        workflows.create_workflow(session, name="Main", document=DOCUMENT)
    return tenancy


def extract(session, keys, name="Part", *, wait=True):
    return extract_sections(session, "main", keys, name=name, wait=wait, kinds=kinds())


@pytest.mark.parametrize("wait", [True, False])
def test_sections_move_into_a_workflow_that_is_started_in_their_place(store, tenancy, wait):
    with writing(store, tenancy) as session:
        made = extract(session, ["b", "c"], wait=wait)
        key, section, count = made.workflow.key, made.section, made.count
    with reading(store, tenancy) as session:
        main, part = (drafts.get_draft(session, name).document for name in ("main", key))
        assert workflows.get_workflow(session, key).is_active is False
    assert count == 2
    assert [item["id"] for item in part["sections"]] == ["b", "c"]
    assert [item["type"] for item in part["triggers"]] == ["manual"]
    assert [item["id"] for item in main["sections"]] == ["a", section]
    assert main["sections"][1]["config"] == {"workflow": key, "pass_state": True, "pass_event": True, "wait": wait}


def test_undo_gives_the_sections_back(store, tenancy):
    with writing(store, tenancy) as session:
        revision = extract(session, ["a"]).revision
    with writing(store, tenancy) as session:
        drafts.undo(session, "main", revision=revision)
    with reading(store, tenancy) as session:
        assert drafts.get_draft(session, "main").document == DOCUMENT


@pytest.mark.parametrize(
    ("keys", "name", "error"),
    [(["a"], " ", Invalid), (["a", "c"], "Part", Conflict), (["gone"], "Part", NotFound), (["t1"], "Part", Conflict)],
)
def test_what_is_refused_leaves_nothing_behind(store, tenancy, keys, name, error):
    with pytest.raises(error), writing(store, tenancy) as session:
        extract(session, keys, name)
    with reading(store, tenancy) as session:
        assert [row.key for row in workflows.list_workflows(session)] == ["main"]
        assert drafts.get_draft(session, "main").revision == 1


def test_what_would_be_refused_is_said_before_a_name_is_asked(store, tenancy):
    with reading(store, tenancy) as session:
        assert check_extraction(session, "main", ["a", "b"], kinds()) == 2
        with pytest.raises(Conflict):
            check_extraction(session, "main", ["a", "c"], kinds())
