"""A worker that has read an import before somebody ended it: what it finds then says nothing about the import."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass

from campaigns.services import import_chunks, imports
from campaigns.services.import_files import Uploads
from campaigns.services.import_undo import undo
from campaigns.storage.models import Lead
from tests.support.campaign import Campaign

FIVE = "email\n" + "".join(f"a{n}@x.test\n" for n in range(5))


@dataclass(frozen=True, slots=True)
class Slow(Uploads):
    """Uploads whose file is opened so late that the import was cancelled and is being undone by then."""

    campaign: Campaign | None = None

    @contextmanager
    def open(self, tenant_id, import_id):
        with self.campaign.write() as session:
            imports.cancel(session, import_id)
        with self.campaign.write() as session:
            undo(session, self.campaign.uploads, import_id, size=1)
        with Uploads(self.folder).open(tenant_id, import_id) as file:
            yield file


def test_a_file_that_went_with_the_undo_does_not_stop_the_undo(campaign):
    import_id = campaign.start_import(FIVE)
    tenant_id = campaign.tenancy.tenant_id
    import_chunks.run_chunk(campaign.store, campaign.uploads, tenant_id, size=2)
    import_chunks.run_chunk(campaign.store, Slow(campaign.uploads.folder, campaign=campaign), tenant_id, size=2)
    with campaign.read() as session:
        entry = imports.get_import(session, import_id)
        assert (entry.status, entry.reason) == ("running", "")
    campaign.run()
    with campaign.read() as session:
        assert imports.get_import(session, import_id).status == "undone"
    assert campaign.all(Lead) == []
