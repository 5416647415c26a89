"""Uploads that nobody goes on with are removed after a day; those that are read stay."""

from __future__ import annotations

import io
import os
from datetime import timedelta

import pytest

from campaigns.clock import FixedClock
from campaigns.ids import new_id
from campaigns.imports.options import ImportOptions
from campaigns.services import import_chunks, imports
from campaigns.services.import_retention import CLOSED, KEPT, sweep
from campaigns.storage.transaction import Store

FIVE = "email\n" + "".join(f"a{n}@x.test\n" for n in range(5))


def swept(campaign, after: timedelta) -> int:
    """Sweep as if so much time had passed."""
    with campaign.read() as session:
        store = Store(campaign.store.database, FixedClock(session.now + after))
    return sweep(store, campaign.uploads)


def file_of(campaign, import_id):
    return campaign.uploads.path(campaign.tenancy.tenant_id, import_id)


def entry_of(campaign, import_id):
    with campaign.read() as session:
        return imports.get_import(session, import_id)


def draft(campaign):
    with campaign.write() as session:
        stream = io.BytesIO(FIVE.encode())
        return imports.upload(session, campaign.uploads, stream, file_name="x.csv", options=ImportOptions()).id


def paused(campaign):
    import_id = campaign.start_import(FIVE)
    import_chunks.run_chunk(campaign.store, campaign.uploads, campaign.tenancy.tenant_id, size=2)
    with campaign.write() as session:
        imports.pause(session, import_id)
    return import_id


def failed(campaign):
    import_id = campaign.start_import(FIVE, list="hot")
    with campaign.write() as session:
        imports.get_import(session, import_id).mapping = {"email": "gone"}
    campaign.run()
    assert entry_of(campaign, import_id).status == "failed"
    return import_id


@pytest.mark.parametrize("rest", [draft, paused, failed])
def test_what_rests_for_more_than_a_day_is_closed_and_its_file_removed(campaign, rest):
    import_id = rest(campaign)
    before = entry_of(campaign, import_id).status
    assert swept(campaign, KEPT - timedelta(minutes=1)) == 0
    assert (entry_of(campaign, import_id).status, file_of(campaign, import_id).exists()) == (before, True)
    assert swept(campaign, KEPT + timedelta(minutes=1)) == 1
    entry = entry_of(campaign, import_id)
    assert (entry.status, entry.reason) == ("cancelled", CLOSED)
    assert not file_of(campaign, import_id).exists()
    assert swept(campaign, KEPT * 2) == 0


def test_what_is_to_be_read_stays_and_what_has_ended_leaves_no_file(campaign):
    waiting = campaign.start_import(FIVE)
    assert swept(campaign, KEPT * 9) == 0
    assert file_of(campaign, waiting).exists()
    campaign.run()
    assert not file_of(campaign, waiting).exists()
    file_of(campaign, waiting).write_bytes(b"left by a crash between commit and removal")
    assert swept(campaign, timedelta()) == 1
    assert not file_of(campaign, waiting).exists()


def test_a_file_whose_import_never_came_to_be_is_removed_later(campaign):
    path = file_of(campaign, new_id())
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"email\n")
    with campaign.read() as session:
        written = session.now.timestamp()
    os.utime(path, (written, written))
    (path.parent / "notes.csv").write_bytes(b"not one of ours")
    assert swept(campaign, timedelta(hours=1)) == 0
    assert swept(campaign, KEPT + timedelta(minutes=1)) == 1
    assert [one.name for one in path.parent.iterdir()] == ["notes.csv"]


def test_the_workers_slow_duties_see_to_it(campaign):
    import_id = campaign.imports(FIVE)
    file_of(campaign, import_id).write_bytes(b"left by a crash between commit and removal")
    campaign.worker.tick()
    assert not file_of(campaign, import_id).exists()
