from __future__ import annotations

from collections.abc import Callable

from campaigns.storage import notice
from campaigns.storage.transaction import Store
from tests.support.campaign import new_tenant


def test_a_commit_of_another_connection_is_noticed_once(sqlite_url: str, open_store: Callable[[str], Store]) -> None:
    mine, other = open_store(sqlite_url), open_store(sqlite_url)
    seen = notice.changes(mine.database)
    assert seen()  # whatever happened before the first look
    assert not seen()
    new_tenant(other, "acme")
    assert seen()
    assert not seen()
