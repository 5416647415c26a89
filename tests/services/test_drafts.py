"""Drafts: numbered revisions that only grow, conflicts, undo and redo."""

from __future__ import annotations

import pytest

from campaigns.engine.kinds import Kind
from campaigns.errors import Conflict, Invalid, Stale
from campaigns.sections.registry import kinds
from campaigns.services import drafts, versions, workflows
from campaigns.storage.transaction import writing
from campaigns.tenancy import Actor, Tenancy
from tests.support.workflows import delay, document, make_tenant, set_status

ONE, TWO, THREE = document(set_status("new")), document(set_status("lost")), document(delay())


@pytest.fixture
def tenancy(store):
    tenancy = make_tenant(store)
    with writing(store, tenancy) as session:
        workflows.create_workflow(session, name="Welcome", document=ONE)
    return tenancy


def test_saving_appends_a_numbered_revision(store, tenancy):
    with writing(store, tenancy) as session:
        draft = drafts.save_draft(session, "welcome", TWO, change="Set the status to lost", expected_revision=1)
        assert (draft.revision, draft.document) == (2, TWO)
        newest, first = drafts.list_revisions(session, "welcome")
        assert (newest.number, newest.change, newest.author) == (2, "Set the status to lost", "Anna")
        assert (first.number, first.document) == (1, ONE)


def test_the_second_of_two_editors_is_told_and_nothing_is_lost(store, tenancy):
    with writing(store, tenancy) as session:
        drafts.save_draft(session, "welcome", TWO, change="first", expected_revision=1)
    with pytest.raises(Stale), writing(store, tenancy) as session:
        drafts.save_draft(session, "welcome", THREE, change="second", expected_revision=1)
    with writing(store, tenancy) as session:
        assert drafts.get_draft(session, "welcome").document == TWO
        assert drafts.get_revision(session, "welcome", 1).document == ONE
        assert drafts.save_draft(session, "welcome", THREE, change="without a condition").revision == 3


def test_a_document_that_cannot_be_read_changes_nothing(store, tenancy):
    broken = document(set_status(), set_status())
    with pytest.raises(Invalid) as caught, writing(store, tenancy) as session:
        drafts.save_draft(session, "welcome", broken, change="double")
    assert caught.value.problems[0].path == "/sections/1/id"
    with writing(store, tenancy) as session:
        assert drafts.get_draft(session, "welcome").revision == 1


def test_an_incomplete_draft_is_kept_and_its_problems_are_listed(store, tenancy):
    incomplete = document(set_status("no-such"), triggers=[])
    with writing(store, tenancy) as session:
        draft = drafts.save_draft(session, "welcome", incomplete, change="begun")
        problems = {problem.path for problem in drafts.find_draft_problems(session, draft)}
    assert problems == {"/triggers", "/sections/0/config/status"}


def test_undo_and_redo_append_revisions_and_say_whose_change_it_was(store, tenancy):
    ben = Tenancy(tenancy.tenant_id, Actor("api_key", None, "Ben"))
    with writing(store, ben) as session:
        drafts.save_draft(session, "welcome", TWO, change="Lost them")
    with writing(store, tenancy) as session:
        draft = drafts.undo(session, "welcome")
        assert (draft.revision, draft.document) == (3, ONE)
        assert drafts.list_revisions(session, "welcome")[0].change == "Undo: Lost them (Ben)"
        draft = drafts.redo(session, "welcome")
        assert (draft.revision, draft.document) == (4, TWO)
        assert drafts.list_revisions(session, "welcome")[0].change == "Redo: Lost them (Ben)"
        draft = drafts.undo(session, "welcome")
        assert (draft.revision, draft.document) == (5, ONE)
        assert drafts.list_revisions(session, "welcome")[0].change == "Undo: Lost them (Ben)"


def test_undo_walks_back_step_by_step_and_forth_again(store, tenancy):
    with writing(store, tenancy) as session:
        drafts.save_draft(session, "welcome", TWO, change="two")
        drafts.save_draft(session, "welcome", THREE, change="three")
        seen = [call(session, "welcome").document for call in (drafts.undo, drafts.undo, drafts.redo, drafts.redo)]
        assert seen == [TWO, ONE, TWO, THREE]
        with pytest.raises(Conflict):
            drafts.redo(session, "welcome")


def test_there_is_nothing_to_undo_at_the_first_revision(store, tenancy):
    with writing(store, tenancy) as session, pytest.raises(Conflict):
        drafts.undo(session, "welcome")


def test_a_new_change_after_an_undo_ends_what_could_be_redone(store, tenancy):
    with writing(store, tenancy) as session:
        drafts.save_draft(session, "welcome", TWO, change="two")
        drafts.undo(session, "welcome")
        drafts.save_draft(session, "welcome", THREE, change="three")
        with pytest.raises(Conflict):
            drafts.redo(session, "welcome")
        assert drafts.undo(session, "welcome").document == ONE


def test_discarding_returns_to_the_live_version_and_can_be_undone(store, tenancy):
    with writing(store, tenancy) as session:
        with pytest.raises(Conflict):
            drafts.discard_draft(session, "welcome")
        versions.activate(session, "welcome")
        drafts.save_draft(session, "welcome", TWO, change="two")
        assert drafts.discard_draft(session, "welcome").document == ONE
        assert drafts.undo(session, "welcome").document == TWO


def test_a_section_type_whose_plugin_is_gone_stays_as_a_placeholder(store, tenancy):
    known = dict(kinds())
    stop = known["flow.stop"]
    plugin = {**known, "acme.halt": Kind("acme.halt", stop.role, "Halt", stop.model)}
    halt = {"id": "h1", "type": "acme.halt", "config": {}}
    with writing(store, tenancy) as session:
        drafts.save_draft(session, "welcome", document(halt), change="halt", kinds=plugin)
        draft = drafts.save_draft(session, "welcome", document(halt, delay()), change="wait")
        assert [problem.path for problem in drafts.find_draft_problems(session, draft)] == ["/sections/0/type"]
        drafts.save_draft(session, "welcome", document(delay()), change="without")
        with pytest.raises(Invalid):
            drafts.save_draft(session, "welcome", document(halt), change="again")
