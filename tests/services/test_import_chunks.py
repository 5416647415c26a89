"""Imports that are long, stopped, or lose what they need on the way: the bad inputs C25, C33, C34 and C36."""

from __future__ import annotations

import csv
import io
import tracemalloc
from dataclasses import replace

import pytest
from sqlalchemy import delete, select

from campaigns.services import import_chunks, imports
from campaigns.services.import_progress import listening, progress_of
from campaigns.storage.models import Execution, ImportProblem, Lead, LeadField, List, Membership, PendingEvent, Tag
from tests.support.workflows import make_tenant

FINISH = [{"id": "s1", "type": "flow.finish"}]
FIVE = "email\n" + "".join(f"a{n}@x.test\n" for n in range(5))


def chunk(campaign, size=2) -> bool:
    return import_chunks.run_chunk(campaign.store, campaign.uploads, campaign.tenancy.tenant_id, size=size)


def finish(campaign, size=1000) -> None:
    while chunk(campaign, size):
        pass


def entry_of(campaign, import_id):
    with campaign.read() as session:
        return imports.get_import(session, import_id)


def test_c25_each_chunk_shows_in_the_progress(campaign):
    import_id = campaign.start_import(FIVE)
    seen = []
    while chunk(campaign):
        with campaign.read() as session:
            entry = imports.get_import(session, import_id)
            seen.append((entry.rows, entry.created, round(progress_of(session, entry).share, 2)))
    assert seen == [(2, 2, 0.46), (4, 4, 0.82), (5, 5, 1.0)]


def test_c25_a_paused_import_does_nothing_until_it_is_resumed(campaign):
    import_id = campaign.start_import(FIVE)
    chunk(campaign)
    with campaign.write() as session:
        imports.pause(session, import_id)
    campaign.run()
    assert (entry_of(campaign, import_id).status, len(campaign.all(Lead))) == ("paused", 2)
    with campaign.write() as session:
        imports.resume(session, import_id)
    campaign.run()
    assert (entry_of(campaign, import_id).status, len(campaign.all(Lead))) == ("done", 5)


def test_c25_memory_does_not_grow_with_the_file(campaign):
    campaign.start_import("email,first_name\n" + "".join(f"a{n}@x.test,{n:0500}\n" for n in range(6_000)))
    peaks = []
    tracemalloc.start()
    try:
        while chunk(campaign, 500):
            peaks.append(tracemalloc.get_traced_memory()[1])
            tracemalloc.reset_peak()
    finally:
        tracemalloc.stop()
    assert len(peaks) == 13
    assert max(peaks[6:]) < max(peaks[:6]) * 1.2


def test_c33_statuses_are_never_made_and_new_tags_at_most_a_hundred(campaign):
    out = io.StringIO()
    csv.writer(out).writerows([("email", "tags"), *((f"a{n}@x.test", f"t{n // 2}") for n in range(210))])
    import_id = campaign.start_import(out.getvalue())
    finish(campaign, 7)
    entry = entry_of(campaign, import_id)
    assert (entry.created, entry.failed, len(campaign.all(Tag))) == (200, 10, 100)
    problem = campaign.all(ImportProblem)[0]
    assert (problem.line, problem.column) == (202, "tags")
    assert "more than 100 new tags" in problem.reason
    other = campaign.imports("email,status\nb@x.test,made-up\n")
    assert entry_of(campaign, other).failed == 1


def test_c34_the_preview_names_what_would_start_and_the_switch_starts_nothing(campaign):
    campaign.workflow(FINISH, key="greet")
    with campaign.read() as session:
        assert listening(session).created == ("greet",)
    campaign.imports("email\na@x.test\n", start_workflows=False)
    assert campaign.all(Execution) == []
    assert len(campaign.all(Lead)) == 1


def test_c34_what_an_import_starts_waits_behind_what_people_do(campaign):
    campaign.workflow(FINISH)
    campaign.start_import(FIVE)
    finish(campaign)
    with campaign.read() as session:
        lanes = set(session.scalars(select(PendingEvent.lane).where(PendingEvent.tenant_id == session.tenant_id)))
    assert lanes == {2}
    campaign.run()
    assert campaign.statuses() == {"finished": 5}


def test_c36_a_field_deleted_on_the_way_stops_at_a_chunks_edge_and_can_be_resumed(campaign):
    csv_text = "email,city\n" + "".join(f"a{n}@x.test,Köln\n" for n in range(5))
    import_id = campaign.start_import(csv_text, create_fields=True)
    chunk(campaign)
    with campaign.write() as session:
        key, name = session.execute(select(LeadField.key, LeadField.name)).one()
        session.execute(delete(LeadField).where(LeadField.tenant_id == session.tenant_id))
    campaign.run()
    entry = entry_of(campaign, import_id)
    assert (entry.status, entry.rows, len(campaign.all(Lead))) == ("failed", 2, 2)
    assert "The field city" in entry.reason
    with campaign.write() as session:
        session.add(LeadField(key=key, name=name, type="text", choices=[], created_at=session.now))
        imports.resume(session, import_id)
    campaign.run()
    assert (entry_of(campaign, import_id).status, entry_of(campaign, import_id).reason) == ("done", "")
    assert [lead.fields for lead in campaign.all(Lead)] == [{"city": "Köln"}] * 5


def test_c36_whoever_started_it_may_leave_and_rows_that_name_them_are_refused(campaign):
    tenancy = make_tenant(campaign.store, "mine")
    mine = replace(campaign, tenancy=tenancy)
    import_id = mine.start_import("email,owner\n" + "".join(f"a{n}@x.test,anna@mine.example\n" for n in range(5)))
    chunk(mine)
    with mine.write() as session:
        session.delete(session.scalars(select(Membership)).one())
    mine.run()
    entry = entry_of(mine, import_id)
    assert (entry.status, entry.created, entry.failed) == ("done", 2, 3)
    assert {(row.column, row.line) for row in mine.all(ImportProblem)} == {("owner", 4), ("owner", 5), ("owner", 6)}


def test_c36_a_list_deleted_on_the_way_stops_it_with_the_reason(campaign):
    import_id = campaign.start_import(FIVE, list="hot")
    chunk(campaign)
    with campaign.write() as session:
        session.delete(session.scalars(select(List)).one())
    campaign.run()
    entry = entry_of(campaign, import_id)
    assert (entry.status, entry.rows, len(campaign.all(Lead))) == ("failed", 2, 2)
    assert "The list hot was deleted" in entry.reason


def test_c36_a_file_that_is_gone_or_unreadable_stops_it_with_the_reason(campaign):
    import_id = campaign.start_import(FIVE)
    chunk(campaign)
    path = campaign.uploads.path(campaign.tenancy.tenant_id, import_id)
    path.unlink()
    campaign.run()
    assert "not there any more" in entry_of(campaign, import_id).reason
    path.mkdir()  # what can't be read
    with campaign.write() as session:
        imports.resume(session, import_id)
    campaign.run()
    entry = entry_of(campaign, import_id)
    assert (entry.status, len(campaign.all(Lead))) == ("failed", 2)
    assert "could not be read" in entry.reason
    assert str(path) not in entry.reason


def test_c36_what_interrupts_a_chunk_leaves_no_half_row_and_the_chunk_is_done_again(campaign, store):
    class Interrupted(Exception): ...

    import_id = campaign.start_import(FIVE)
    chunk(campaign)
    broken = type(store)(store.database, store.clock, BrokenAnnouncer(Interrupted))
    with pytest.raises(Interrupted):
        import_chunks.run_chunk(broken, campaign.uploads, campaign.tenancy.tenant_id, size=2)
    entry = entry_of(campaign, import_id)
    assert (entry.status, entry.rows, len(campaign.all(Lead))) == ("running", 2, 2)
    campaign.run()
    assert (entry_of(campaign, import_id).rows, len(campaign.all(Lead))) == (5, 5)


class BrokenAnnouncer:
    """Fails in the transaction, after everything else was written: as a full disk does at the commit."""

    def __init__(self, error: type[Exception]) -> None:
        self.error = error

    def offer(self, *_: object) -> None:
        raise self.error

    def wake(self, *_: object) -> None:
        raise AssertionError("nothing was committed")
