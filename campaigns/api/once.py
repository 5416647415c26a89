"""A POST with an Idempotency-Key: done once, its answer committed with what it did, and given again afterwards."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from flask import Response, current_app, g, request

from campaigns.api.context import OneTransaction, store, tenancy
from campaigns.errors import Malformed
from campaigns.services import idempotency

KEPT_HEADERS = ("ETag", "Location")
_CHUNK = 1 << 20


def once(key: str, call: Callable[[], Response]) -> Response:
    """Answer a call by what is kept for the key, or do it and keep its answer; errors are not kept."""
    if not key or len(key) > idempotency.LONGEST:
        raise Malformed(f"An Idempotency-Key has 1 to {idempotency.LONGEST} characters.")
    mark = _fingerprint()
    begun = idempotency.begin(store(), tenancy(), key, mark)
    if isinstance(begun, idempotency.Kept):
        response = Response(begun.body, begun.status, begun.headers, mimetype="application/json")
        response.headers["Idempotency-Replayed"] = "true"
        return response
    try:
        return _do(call, begun)
    except BaseException:
        idempotency.forget(store(), tenancy(), begun)  # nothing was done: the next try may do it
        raise


def _do(call: Callable[[], Response], claim: idempotency.Claim) -> Response:
    g.api_transaction = whole = OneTransaction()
    with whole.stack:
        response = call()
        headers = {name: response.headers[name] for name in KEPT_HEADERS if name in response.headers}
        kept = idempotency.Kept(response.status_code, response.get_data(as_text=True), headers)
        idempotency.finish(whole.open(), claim, kept)
    return response


def _fingerprint() -> str:
    """Return what tells two requests apart. A file is read in pieces from where it was spooled, and rewound."""
    told = hashlib.sha256(f"{request.method}\n{request.full_path}\n".encode())
    if request.mimetype != "multipart/form-data":
        request.max_content_length = current_app.config["MAX_CONTENT_LENGTH"]
        told.update(request.get_data(cache=True, parse_form_data=False))
        return told.hexdigest()
    told.update(repr(sorted(request.form.items(multi=True))).encode("utf-8", "backslashreplace"))
    for name, file in sorted(request.files.items(multi=True), key=lambda one: one[0]):
        told.update(repr((name, file.filename)).encode("utf-8", "backslashreplace"))
        _add_file(told, file.stream)
    return told.hexdigest()


def _add_file(told: Any, stream: Any) -> None:
    while piece := stream.read(_CHUNK):
        told.update(piece)
    stream.seek(0)
