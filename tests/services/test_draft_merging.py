"""Whole documents saved by two people: each one's changes are kept, and what both changed is asked about."""

from __future__ import annotations

import copy

import pytest

from campaigns.errors import Invalid, NotFound
from campaigns.sections.registry import kinds
from campaigns.services import drafts
from campaigns.services.draft_merging import Clashing, save_merged
from campaigns.storage.transaction import reading, writing
from tests.support.workflows import delay, document, make, make_tenant, set_status

BASE = document(delay(2), set_status("lost"))


@pytest.fixture
def tenancy(store):
    tenancy = make_tenant(store)
    make(store, tenancy, BASE, activate=False)
    return tenancy


def changed(*, days=2, status="lost"):
    made = copy.deepcopy(BASE)
    made["sections"][0]["config"]["duration"]["days"] = days
    made["sections"][1]["config"]["status"] = status
    return made


def save(store, tenancy, content, *, base=1, **prefer):
    with writing(store, tenancy) as session:
        return save_merged(session, "welcome", content, base_revision=base, prefer=prefer, kinds=kinds())[1]


def draft(store, tenancy):
    with reading(store, tenancy) as session:
        found = drafts.get_draft(session, "welcome")
        return found.revision, found.document


def test_without_others_it_is_simply_saved(store, tenancy):
    assert not save(store, tenancy, changed(days=5))
    assert draft(store, tenancy) == (2, changed(days=5))


def test_changes_of_different_sections_are_both_kept(store, tenancy):
    save(store, tenancy, changed(days=5))
    assert save(store, tenancy, changed(status="customer"))
    assert draft(store, tenancy) == (3, changed(days=5, status="customer"))


def test_a_section_that_both_changed_is_asked_about_and_nothing_is_saved(store, tenancy):
    save(store, tenancy, changed(days=5))
    with pytest.raises(Clashing) as told:
        save(store, tenancy, changed(days=7, status="customer"))
    assert [(clash.key, clash.mine["config"], clash.theirs["config"]) for clash in told.value.clashes] == [
        ("d1", {"duration": {"days": 7}}, {"duration": {"days": 5}})
    ]
    assert draft(store, tenancy) == (2, changed(days=5))


@pytest.mark.parametrize(("side", "days"), [("mine", 7), ("theirs", 5)])
def test_what_was_chosen_is_saved_with_all_else(store, tenancy, side, days):
    save(store, tenancy, changed(days=5))
    assert save(store, tenancy, changed(days=7, status="customer"), d1=side)
    assert draft(store, tenancy) == (3, changed(days=days, status="customer"))


def test_a_document_that_can_not_be_read_is_refused_before_it_is_merged(store, tenancy):
    save(store, tenancy, changed(days=5))
    with pytest.raises(Invalid):
        save(store, tenancy, changed() | {"colour": 1})


def test_a_revision_that_never_was_is_not_found(store, tenancy):
    with pytest.raises(NotFound):
        save(store, tenancy, changed(), base=99)
