"""Workflows: made, listed, copied, deleted."""

from __future__ import annotations

import pytest

from campaigns.errors import Conflict, Invalid, NotFound
from campaigns.services import drafts, executions, insight, versions, workflows
from campaigns.storage.models import AuditEntry, Draft, Execution, Revision, Version
from campaigns.storage.transaction import writing
from tests.support.workflows import add_leads, counted, delay, document, make_tenant, set_status, work


@pytest.fixture
def tenancy(store):
    return make_tenant(store)


def test_a_new_workflow_is_inactive_with_an_empty_draft(store, tenancy):
    with writing(store, tenancy) as session:
        row = workflows.create_workflow(session, name="Welcome series")
        shape = workflows.describe(session, row)
    assert shape.pop("totals") == dict.fromkeys(
        ("active", "started", "finished", "stopped", "cancelled", "failed", "refused"), 0
    )
    assert shape == {
        "key": "welcome-series", "name": "Welcome series", "state": "inactive", "draft_revision": 1,
        "live_version": None, "differs": True, "planned": [], "admission": None,
    }  # fmt: skip


def test_a_document_that_cannot_be_read_makes_no_workflow(store, tenancy):
    broken = document({"id": "s1", "type": "no.such", "config": {}})
    with pytest.raises(Invalid) as caught, writing(store, tenancy) as session:
        workflows.create_workflow(session, name="Broken", document=broken)
    assert [problem.path for problem in caught.value.problems] == ["/sections/0/type"]
    with writing(store, tenancy) as session:
        assert workflows.list_workflows(session) == []


def test_a_workflow_of_another_tenant_is_not_there(store, tenancy):
    other = make_tenant(store, "other")
    with writing(store, tenancy) as session:
        workflows.create_workflow(session, name="Mine")
    with writing(store, other) as session:
        for call in (workflows.get_workflow, workflows.delete_workflow, versions.activate, versions.deactivate,
                     drafts.get_draft, drafts.undo, drafts.discard_draft, versions.list_versions):  # fmt: skip
            with pytest.raises(NotFound):
                call(session, "mine")


def test_workflows_are_searched_filtered_and_sorted(store, tenancy):
    with writing(store, tenancy) as session:
        for name in ("Zebra", "Apfel", "Öl"):
            workflows.create_workflow(session, name=name, document=document())
        versions.activate(session, "zebra")
        assert [w.name for w in workflows.list_workflows(session)][:2] == ["Apfel", "Zebra"]
        assert [w.name for w in workflows.list_workflows(session, search="ÖL")] == ["Öl"]
        assert [w.name for w in workflows.list_workflows(session, state="active")] == ["Zebra"]
        assert len(workflows.list_workflows(session, state="inactive")) == 2


def test_many_workflows_are_described_with_one_query(store, tenancy):
    with writing(store, tenancy) as session:
        for number in range(12):
            workflows.create_workflow(session, name=f"Number {number}")
    with counted(store, tenancy) as (session, statements):
        rows = workflows.describe_all(session, workflows.list_workflows(session))
    assert len(rows) == 12
    assert len(statements) == 2


def test_renaming_keeps_the_key(store, tenancy):
    with writing(store, tenancy) as session:
        workflows.create_workflow(session, name="Old")
        row = workflows.rename_workflow(session, "old", name="New")
        assert (row.key, row.name) == ("old", "New")


def test_a_copy_is_inactive_and_has_the_draft(store, tenancy):
    content = document(set_status())
    with writing(store, tenancy) as session:
        workflows.create_workflow(session, name="Welcome", document=content)
        versions.activate(session, "welcome")
        copy = workflows.duplicate_workflow(session, "welcome")
        assert (copy.key, copy.name, copy.is_active) == ("welcome-copy", "Welcome (copy)", False)
        assert drafts.get_draft(session, copy.key).document == content


def test_an_active_workflow_cannot_be_deleted(store, tenancy):
    with writing(store, tenancy) as session:
        workflows.create_workflow(session, name="Welcome", document=document())
        versions.activate(session, "welcome")
        with pytest.raises(Conflict, match="active"):
            workflows.delete_workflow(session, "welcome")


def test_a_workflow_with_unfinished_executions_cannot_be_deleted_and_says_which(store, tenancy):
    leads = add_leads(store, tenancy, 2)
    with writing(store, tenancy) as session:
        workflows.create_workflow(session, name="Welcome", document=document(delay()))
        versions.activate(session, "welcome")
        for lead in leads:
            executions.start_by_hand(session, "welcome", lead)
    work(store)
    with writing(store, tenancy) as session:
        versions.deactivate(session, "welcome")
        with pytest.raises(Conflict, match="2 waiting"):
            workflows.delete_workflow(session, "welcome")
        versions.deactivate(session, "welcome", running="cancel")
        workflows.delete_workflow(session, "welcome")
    with writing(store, tenancy) as session:
        assert [session.query(model).count() for model in (Draft, Revision, Version, Execution)] == [0, 0, 0, 0]
        told = [entry.action for entry in session.query(AuditEntry).order_by(AuditEntry.id)]
        assert told[0] == "workflow.created"
        assert told[-1] == "workflow.deleted"


def test_the_dashboard_adds_up_what_the_batches_kept(store, tenancy):
    leads = add_leads(store, tenancy, 3)
    with writing(store, tenancy) as session:
        workflows.create_workflow(session, name="Welcome", document=document(set_status()))
        versions.activate(session, "welcome")
        for lead in leads:
            executions.start_by_hand(session, "welcome", lead)
    work(store)
    with counted(store, tenancy) as (session, statements):
        figures = insight.dashboard(session)
    assert (figures.leads, figures.active_workflows) == (3, 1)
    assert (figures.totals["started"], figures.totals["finished"], figures.totals["active"]) == (3, 3, 0)
    assert len(statements) == 4
