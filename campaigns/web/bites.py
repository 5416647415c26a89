"""Acting on many in bites that a browser waits for: each answer goes on where the last one stopped."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Protocol
from uuid import UUID

from flask import request
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from campaigns.errors import Malformed
from campaigns.storage.transaction import TenantSession
from campaigns.web.htmx import page_or_part
from campaigns.web.requests import writing_here

BITE_SECONDS = 2.0  # how long one answer works; a chunk that has begun is finished
_OWN = {"csrf_token", "after", "changed", "total", "sure"}


class Chunk(Protocol):
    """What one transaction has done, and where the next one begins (None: that was all)."""

    @property
    def changed(self) -> int: ...

    @property
    def after(self) -> UUID | None: ...


def bite(act: Callable[[TenantSession, UUID | None], Chunk]) -> tuple[int, UUID | None]:
    """Do chunks for a while; return how many were changed since the beginning, and where to go on."""
    changed, after = request.form.get("changed", 0, type=int), _after()
    until = time.monotonic() + BITE_SECONDS
    while True:
        with writing_here() as session:
            chunk = act(session, after)
        changed, after = changed + chunk.changed, chunk.after
        if after is None or time.monotonic() > until:
            return changed, after


def going_on(**context: Any) -> ResponseReturnValue:
    """Say how far it is. Context: title, action, label, total (or None), changed, after, back."""
    return page_or_part("bites/going.html", "bites/_going.html", sent=sent(request.form), **context)


def sent(form: MultiDict[str, str]) -> list[tuple[str, str]]:
    """Return what has to be sent again with the next bite, or with the answer to a question."""
    return [(name, value) for name, value in form.items(multi=True) if name not in _OWN]


def ids_of(form: MultiDict[str, str], name: str) -> list[UUID]:
    """Return the ids that were ticked; raise Malformed for what is none."""
    try:
        return [UUID(one) for one in form.getlist(name)]
    except ValueError:
        raise Malformed("What was ticked is named by no id.") from None


def _after() -> UUID | None:
    try:
        return UUID(request.form["after"]) if request.form.get("after") else None
    except ValueError:
        raise Malformed("This is no place to go on from.") from None
