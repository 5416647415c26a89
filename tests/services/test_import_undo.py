"""Undoing an import: what it made goes, what it changed comes back, and what was touched since stays."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from campaigns.errors import Conflict, NotFound
from campaigns.ids import new_id
from campaigns.services import import_chunks, import_undo, imports, leads, tasks
from campaigns.services.import_undo import consequences, undo, undo_of
from campaigns.storage.models import (
    AuditEntry,
    Event,
    Execution,
    Import,
    ImportProblem,
    Lead,
    LeadTag,
    ListMember,
    Note,
    PendingEvent,
)
from campaigns.tenancy import Tenancy
from tests.support.campaign import new_tenant

OLD = {"email": "old@x.test", "external_id": "K1", "first_name": "Old", "score": 5, "tags": ["loyal"]}
SCORE_CHANGED = {"field": "lead.score", "op": "changed"}
DELAY = {"id": "d1", "type": "flow.delay", "config": {"duration": {"days": 2}}}


@pytest.fixture
def old(campaign):
    """Return the id of a lead that is there before anything is imported."""
    with campaign.write() as session:
        return leads.create_lead(session, OLD).id


def undone(campaign, import_id, size=500) -> Import:
    with campaign.write() as session:
        undo(session, campaign.uploads, import_id, size=size)
    while import_chunks.run_chunk(campaign.store, campaign.uploads, campaign.tenancy.tenant_id, size=size):
        pass
    campaign.run()
    with campaign.read() as session:
        return imports.get_import(session, import_id)


def shown(campaign, lead_id) -> dict:
    with campaign.read() as session:
        return leads.lead_json(session, [leads.get_lead(session, lead_id)])[0]


def emails(campaign) -> list[str]:
    return sorted(lead.email for lead in campaign.all(Lead))


def test_leads_that_it_made_go_and_leads_that_it_changed_get_back_what_they_had(campaign, old):
    before = shown(campaign, old)
    csv = "email,external_id,first_name,score,status,tags\nnew@x.test,K1,New,9,qualified,vip\nb@x.test,,Bob,1,,vip\n"
    entry = undone(campaign, campaign.imports(csv, list="hot"))
    after = shown(campaign, old)
    assert {key: after[key] for key in after if key != "updated_at"} == {
        key: before[key] for key in before if key != "updated_at"
    }
    assert emails(campaign) == ["old@x.test"]
    assert entry.status == "undone"
    assert (undo_of(entry).removed, undo_of(entry).restored, undo_of(entry).kept) == (1, 1, 0)
    assert campaign.all(ListMember) == []


def test_the_change_back_is_an_event_of_the_lead_and_the_undo_is_in_the_audit(campaign, old):
    import_id = campaign.imports("external_id,first_name\nK1,New\n")
    undone(campaign, import_id)
    with campaign.read() as session:
        changes = session.scalars(select(Event.changes).where(Event.lead_id == old).order_by(Event.id)).all()
    assert changes[1:] == [{"fields": {"first_name": ["Old", "New"]}}, {"fields": {"first_name": ["New", "Old"]}}]
    entry = campaign.only(AuditEntry)
    assert (entry.action, entry.target) == ("import.undone", str(import_id))
    assert entry.detail == {"created": 0, "updated": 1}


def test_a_value_changed_since_stays_and_its_lead_counts_as_kept(campaign, old):
    import_id = campaign.imports("external_id,first_name,score\nK1,New,9\n")
    with campaign.write() as session:
        leads.update_lead(session, old, {"score": 77})
    mark = undo_of(undone(campaign, import_id))
    assert (shown(campaign, old)["first_name"], shown(campaign, old)["score"]) == ("Old", 77)
    assert (mark.restored, mark.kept) == (1, 1)


@pytest.mark.parametrize("touch", ["change", "note", "task", "event"])
def test_a_lead_that_somebody_did_something_to_since_stays(campaign, touch):
    import_id = campaign.imports("email\na@x.test\nb@x.test\n")
    with campaign.write() as session:
        lead = session.scalars(select(Lead).where(Lead.email == "a@x.test")).one()
        if touch == "change":
            leads.add_tag(session, lead.id, "mine")
        elif touch == "note":
            session.add(Note(lead_id=lead.id, text="rang", at=session.now, author="Anna"))
        elif touch == "task":
            tasks.create_task(session, lead.id, {"title": "Call"})
        else:
            session.add(Event(name="visited", lead_id=lead.id, occurred_at=session.now, received_at=session.now))
    with campaign.read() as session:
        expected = consequences(session, import_id)
    mark = undo_of(undone(campaign, import_id))
    assert emails(campaign) == ["a@x.test"]
    assert (mark.removed, mark.kept) == (expected.removed, expected.kept) == (1, 1)


def test_what_it_started_is_cancelled_and_what_an_execution_did_keeps_no_lead(campaign, old):
    tag = {"id": "s1", "type": "lead.add_tag", "config": {"tag": "greeted"}}
    triggers = [
        {"id": "t1", "type": "lead.created", "config": {}},
        {"id": "t2", "type": "lead.field_changed", "config": {"condition": SCORE_CHANGED}},
    ]
    campaign.run()
    campaign.workflow([tag, DELAY], triggers=triggers)
    import_id = campaign.imports("email,external_id,score\n,K1,9\nb@x.test,,\n")
    assert campaign.statuses() == {"waiting": 2}
    with campaign.read() as session:
        assert consequences(session, import_id) == import_undo.Consequences(removed=1, kept=0, changed=1, running=2)
    entry = undone(campaign, import_id)
    assert [(row.status, row.reason) for row in campaign.all(Execution)] == [("cancelled", "undone")] * 2
    assert emails(campaign) == ["old@x.test"]
    assert undo_of(entry).cancelled == 2
    with campaign.read() as session:
        assert set(session.scalars(select(LeadTag.tag).where(LeadTag.lead_id == old))) == {"loyal", "greeted"}


def test_what_has_not_started_yet_does_not_start_and_the_undo_starts_nothing(campaign, old):
    campaign.run()
    campaign.workflow(
        [DELAY], triggers=[{"id": "t", "type": "lead.field_changed", "config": {"condition": SCORE_CHANGED}}]
    )
    import_id = campaign.start_import("external_id,score\nK1,9\n")
    while import_chunks.run_chunk(campaign.store, campaign.uploads, campaign.tenancy.tenant_id):
        pass
    assert len(campaign.all(PendingEvent)) == 1
    undone(campaign, import_id)
    assert campaign.all(Execution) == []


@pytest.mark.parametrize("size", [1, 2, 500])
def test_chunks_of_any_size_take_back_rows_that_pass_an_address_on(campaign, old, size):
    with campaign.write() as session:
        second = leads.create_lead(session, {"email": "two@x.test", "external_id": "K2"}).id
    csv = "external_id,email,first_name\nK1,one@x.test,\nK2,old@x.test,\n,two@x.test,Tom\nK1,,Zoe\n,one@x.test,Eve\n"
    undone(campaign, campaign.imports(csv), size)
    assert [shown(campaign, one)["email"] for one in (old, second)] == ["old@x.test", "two@x.test"]
    assert shown(campaign, old)["first_name"] == "Old"
    assert emails(campaign) == ["old@x.test", "two@x.test"]


def test_an_address_that_another_lead_has_taken_since_is_not_taken_back(campaign, old):
    import_id = campaign.imports("external_id,email,first_name\nK1,one@x.test,New\n")
    with campaign.write() as session:
        leads.create_lead(session, {"email": "Old@x.test"})
    mark = undo_of(undone(campaign, import_id))
    assert (shown(campaign, old)["email"], shown(campaign, old)["first_name"]) == ("one@x.test", "Old")
    assert (mark.restored, mark.kept) == (1, 1)


def test_a_lead_is_not_left_without_address_and_external_id(campaign):
    with campaign.write() as session:
        lead_id = leads.create_lead(session, {"external_id": "K9"}).id
    import_id = campaign.imports("external_id,email\nK9,nine@x.test\n")
    with campaign.write() as session:
        leads.update_lead(session, lead_id, {"external_id": None})
    undone(campaign, import_id)
    assert shown(campaign, lead_id)["email"] == "nine@x.test"


def test_a_cancelled_import_can_be_undone_and_its_file_is_gone(campaign):
    import_id = campaign.start_import("email\n" + "".join(f"a{n}@x.test\n" for n in range(5)))
    import_chunks.run_chunk(campaign.store, campaign.uploads, campaign.tenancy.tenant_id, size=2)
    with campaign.write() as session:
        imports.cancel(session, import_id)
    assert len(emails(campaign)) == 2
    undone(campaign, import_id)
    assert emails(campaign) == []
    assert not campaign.uploads.path(campaign.tenancy.tenant_id, import_id).exists()


def test_what_has_not_ended_or_was_undone_is_refused_with_the_reason(campaign):
    import_id = campaign.start_import("email\na@x.test\n")
    with pytest.raises(Conflict, match="is pending: only one that has ended"), campaign.write() as session:
        undo(session, campaign.uploads, import_id)
    campaign.run()
    undone(campaign, import_id)
    with pytest.raises(Conflict, match="undone already"), campaign.write() as session:
        undo(session, campaign.uploads, import_id)
    with pytest.raises(Conflict, match="undone already"), campaign.read() as session:
        consequences(session, import_id)


def test_what_is_not_on_record_any_more_is_refused(campaign):
    import_id = campaign.imports("email\na@x.test\n")
    with campaign.write() as session:
        session.delete(session.scalars(select(Event)).one())
    with pytest.raises(Conflict, match="not on record"), campaign.write() as session:
        undo(session, campaign.uploads, import_id)
    assert emails(campaign) == ["a@x.test"]


def test_an_undo_that_stopped_goes_on_where_it_was(campaign):
    import_id = campaign.imports("email\n" + "".join(f"a{n}@x.test\n" for n in range(5)))
    with campaign.write() as session:
        assert undo(session, campaign.uploads, import_id, size=2).status == "running"
    with campaign.write() as session:
        imports.cancel(session, import_id)
    campaign.run()
    assert len(emails(campaign)) == 3
    entry = undone(campaign, import_id, size=2)
    assert (entry.status, emails(campaign), undo_of(entry).removed) == ("undone", [], 5)


def test_the_same_file_can_be_imported_anew(campaign):
    first = campaign.imports("email\na@x.test\nbad\n")
    undone(campaign, first)
    again = campaign.imports("email\na@x.test\nbad\n")
    with campaign.read() as session:
        assert imports.get_import(session, again).created == 1
        assert len(session.scalars(select(ImportProblem)).all()) == 2


def test_another_tenants_import_is_unknown(campaign):
    import_id = campaign.imports("email\na@x.test\n")
    campaign.tenancy = Tenancy(new_tenant(campaign.store, "other"))
    for wanted in (import_id, new_id()):
        with pytest.raises(NotFound), campaign.write() as session:
            undo(session, campaign.uploads, wanted)
