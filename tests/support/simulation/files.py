"""Files of leads that people import: small ones, made by chance, kept in memory."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from random import Random
from typing import IO, BinaryIO, cast
from uuid import UUID

from campaigns.services.import_files import Uploads
from tests.support.simulation.stage import SimulatedClock

_NAMES = ("email", "first_name", "external_id", "tags")


@dataclass(frozen=True, slots=True)
class Files(Uploads):
    """Uploads in memory, in their order, written when the simulated clock says. `lines`: of each import's file.

    `point` is told before a file is opened: others may go first.
    """

    clock: SimulatedClock = field(default_factory=SimulatedClock)
    point: Callable[[], None] = lambda: None
    kept_now: dict[tuple[UUID, UUID], tuple[bytes, datetime]] = field(default_factory=dict)
    lines: dict[bytes, int] = field(default_factory=dict)

    def save(self, tenant_id: UUID, import_id: UUID, stream: IO[bytes]) -> tuple[int, str]:
        content = stream.read()
        self.kept_now[tenant_id, import_id] = (content, self.clock.now())
        self.lines[import_id.bytes] = content.count(b"\n") - 1
        return len(content), hashlib.sha256(content).hexdigest()

    @contextmanager
    def open(self, tenant_id: UUID, import_id: UUID) -> Iterator[BinaryIO]:
        self.point()
        found = self.kept_now.get((tenant_id, import_id))
        if found is None:
            raise FileNotFoundError(str(import_id))
        yield cast("BinaryIO", io.BytesIO(found[0]))

    def discard(self, tenant_id: UUID, import_id: UUID) -> None:
        self.kept_now.pop((tenant_id, import_id), None)

    def has(self, import_id: bytes) -> bool:
        return any(key.bytes == import_id for _, key in self.kept_now)

    def kept(self) -> Iterator[tuple[UUID, UUID, datetime]]:
        for (tenant_id, import_id), (_, written_at) in list(self.kept_now.items()):
            yield tenant_id, import_id, written_at


def new_files(clock: SimulatedClock, point: Callable[[], None]) -> Files:
    return Files(Path(), clock=clock, point=point)


def some_file(chance: Random, domain: str) -> bytes:
    """Return a file of a few leads: known and new ones, some twice, some that can't be taken."""
    rows = [_row(chance, domain) for _ in range(chance.randint(1, 6))]
    return "".join(f"{','.join(row)}\n" for row in [_NAMES, *rows]).encode()


def _row(chance: Random, domain: str) -> tuple[str, ...]:
    number = chance.randint(0, 7)
    email = chance.choice([f"lead{number}{domain}"] * 6 + ["", "nobody at home"])
    external_id = chance.choice(["", "", "", f"x{chance.randint(0, 4)}"])
    return email, chance.choice("ABC"), external_id, chance.choice(["", "", "vip"])
