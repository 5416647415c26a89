"""Uploads that are too large, break off or find no room (C26): refused, and nothing of them is kept."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from campaigns.errors import TooLarge
from campaigns.ids import new_id
from campaigns.imports.options import ImportOptions
from campaigns.services import imports
from campaigns.services.import_files import NoRoom, Uploads
from campaigns.storage.models import Import

FULL = Path("/dev/full")


class Sender(io.RawIOBase):
    """Sends blocks of a size until so many bytes are sent, then ends or breaks the connection."""

    def __init__(self, total: int, *, breaks: bool = False) -> None:
        self.total = total
        self.sent = 0
        self.breaks = breaks

    def read(self, size: int = -1) -> bytes:
        left = self.total - self.sent
        if left <= 0 and self.breaks:
            raise ConnectionResetError
        block = b"x" * min(size, left)
        self.sent += len(block)
        return block


def kept(uploads: Uploads) -> list[Path]:
    return [path for path in uploads.folder.rglob("*") if path.is_file() or path.is_symlink()]


def test_c26_a_file_over_the_limit_is_refused_while_it_comes_in(tmp_path):
    uploads = Uploads(tmp_path, most=3_000_000)
    sender = Sender(50_000_000)
    with pytest.raises(TooLarge):
        uploads.save(new_id(), new_id(), sender)
    assert sender.sent <= 5_000_000
    assert kept(uploads) == []


def test_c26_a_file_of_just_the_limit_is_taken(tmp_path):
    size, _ = Uploads(tmp_path, most=3_000_000).save(new_id(), new_id(), Sender(3_000_000))
    assert size == 3_000_000


def test_c26_an_upload_that_breaks_off_leaves_nothing(campaign):
    broken = Sender(2_000_000, breaks=True)
    with pytest.raises(ConnectionResetError), campaign.write() as session:
        imports.upload(session, campaign.uploads, broken, file_name="x.csv", options=ImportOptions())
    assert kept(campaign.uploads) == []
    assert campaign.all(Import) == []


@pytest.mark.skipif(not FULL.exists(), reason="there is no device that is always full")
def test_c26_a_full_disk_is_said_and_leaves_nothing(tmp_path):
    uploads, tenant_id, import_id = Uploads(tmp_path), new_id(), new_id()
    path = uploads.path(tenant_id, import_id)
    path.parent.mkdir(parents=True)
    path.symlink_to(FULL)
    with pytest.raises(NoRoom) as caught:
        uploads.save(tenant_id, import_id, Sender(2_000_000))
    assert caught.value.status == 507
    assert kept(uploads) == []


def test_a_files_name_never_becomes_a_path(campaign):
    with campaign.write() as session:
        stream = io.BytesIO(b"email\na@x.test\n")
        entry = imports.upload(
            session, campaign.uploads, stream, file_name="..\\..\\etc/passwd.csv", options=ImportOptions()
        )
    assert entry.file_name == "passwd.csv"
    assert [path.stem for path in kept(campaign.uploads)] == [entry.id.hex]
