"""The folder that keeps uploaded files."""

from __future__ import annotations

import errno
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, BinaryIO
from uuid import UUID

from campaigns.errors import CampaignsError, TooLarge

MAX_BYTES = 5 * 1024**3
_COPY_BYTES = 1024 * 1024


class NoRoom(CampaignsError):
    """The server has no room to keep this file. Nothing was imported; tell whoever runs it."""

    code = "no_room"
    status = 507


@dataclass(frozen=True, slots=True)
class Uploads:
    """The folder that keeps uploaded files, each under a random id: a file's name never becomes a path."""

    folder: Path
    most: int = MAX_BYTES  # of one file

    def path(self, tenant_id: UUID, import_id: UUID) -> Path:
        return self.folder / tenant_id.hex / f"{import_id.hex}.csv"

    def save(self, tenant_id: UUID, import_id: UUID, stream: IO[bytes]) -> tuple[int, str]:
        """Copy a stream into place; return its size and SHA-256. A file over the limit leaves nothing behind."""
        path = self.path(tenant_id, import_id)
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            return _copy(stream, path, self.most)
        except BaseException as error:
            path.unlink(missing_ok=True)
            if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise NoRoom from error
            raise

    @contextmanager
    def open(self, tenant_id: UUID, import_id: UUID) -> Iterator[BinaryIO]:
        with self.path(tenant_id, import_id).open("rb") as file:
            yield file

    def discard(self, tenant_id: UUID, import_id: UUID) -> None:
        self.path(tenant_id, import_id).unlink(missing_ok=True)

    def kept(self) -> Iterator[tuple[UUID, UUID, datetime]]:
        """Yield every file that is there: its tenant, its import, and when it was written."""
        for path in self.folder.glob("*/*.csv"):
            with suppress(ValueError, FileNotFoundError):  # not one of ours, or just removed
                written_at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
                yield UUID(hex=path.parent.name), UUID(hex=path.stem), written_at


def _copy(stream: IO[bytes], path: Path, most: int) -> tuple[int, str]:
    digest, size = hashlib.sha256(), 0
    with path.open("wb") as file:
        while block := stream.read(_COPY_BYTES):
            size += len(block)
            if size > most:
                raise TooLarge(f"A file has at most {most / 1024**3:.3g} GB.")
            digest.update(block)
            file.write(block)
    return size, digest.hexdigest()
