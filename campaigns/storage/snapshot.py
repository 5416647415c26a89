"""A view of the database that can be asked later whether it is still the present one. SQLite alone.

There, a batch is decided on a snapshot before the one writer is taken. Most often nobody has committed in between, and
the database itself can say so: then nothing that was read has to be read again.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from sqlalchemy.engine import Connection

from campaigns.storage.transaction import Store, bind_tenant


class Snapshot:
    """A reading transaction, bound to a tenant, on a connection that is kept after the transaction has ended."""

    def __init__(self, connection: Connection, tenant_id: UUID) -> None:
        self.connection = connection
        self._transaction = connection.begin()
        bind_tenant(connection, tenant_id)
        self._version = self._data_version()  # the first statement, and so what the snapshot is taken with

    def end(self) -> None:
        """End the transaction, so that the snapshot keeps no checkpoint from its work."""
        self.connection.info.pop("tenant_id", None)
        self._transaction.rollback()

    def is_present(self) -> bool:
        """Return whether nobody has committed anything since. True for good only while the caller is the writer."""
        return self._data_version() == self._version

    def _data_version(self) -> int:
        cursor = self.connection.connection.cursor()
        try:
            return int(cursor.execute("PRAGMA data_version").fetchone()[0])
        finally:
            cursor.close()


@contextmanager
def snapshot(store: Store, tenant_id: UUID) -> Iterator[Snapshot]:
    """Open a snapshot; its connection is given back at the end."""
    with store.database.reader.connect() as connection:
        yield Snapshot(connection, tenant_id)
