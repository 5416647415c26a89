"""A transport that prints: for a first look without a mail server."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from campaigns.messages.handover import Accepted, GiveUp, TryLater
from campaigns.messages.message import MessageRefused, Outgoing, to_mime

TEXT_SHOWN = 400
"""Characters of the text part that are printed."""


class ConsoleTransport:
    """Writes a short readable form of each message to a stream, standard output when none is given."""

    def __init__(self, *, stream: TextIO | None = None) -> None:
        self._stream = stream

    def send(self, message: Outgoing) -> Accepted:
        try:
            form = _short_form(message)
        except MessageRefused as error:
            raise GiveUp(error.message) from error
        try:
            print(form, file=self._stream or sys.stdout, flush=True)
        except (OSError, ValueError) as error:
            raise TryLater(f"the message could not be printed: {error}") from error
        return Accepted("250 printed")

    @contextmanager
    def session(self) -> Iterator[ConsoleTransport]:
        yield self


def _short_form(message: Outgoing) -> str:
    mime = to_mime(message)
    body = mime.get_body(("plain",))
    text = body.get_content().strip() if body else ""
    shown = text if len(text) <= TEXT_SHOWN else text[:TEXT_SHOWN].rstrip() + " …"
    indented = "\n".join(f"    {_printable(line)}" for line in shown.splitlines())
    heads = (f"{name}: {_printable(str(mime[name]))}" for name in ("From", "To", "Subject"))
    return "\n".join(["-- message", *heads, indented])


def _printable(line: str) -> str:
    """A line without the control characters that could move a terminal's cursor."""
    return "".join(mark if mark.isprintable() else "?" for mark in line)
