"""A call to a host that a tenant names, and what came back, as values."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol
from urllib.parse import urlsplit

from campaigns.errors import CampaignsError

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
MOST_SENT = 256 * 1024
MOST_READ = 256 * 1024
_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_OWN = frozenset(
    "connection content-length expect host keep-alive proxy-authorization proxy-connection te trailer "
    "transfer-encoding upgrade".split()
)


class Forbidden(CampaignsError):
    """The call may not be made: its address, port or form is refused. Never retried."""

    code = "call_forbidden"


class Unreachable(CampaignsError):
    """Nothing answered, or not in time. May be tried again."""

    code = "call_unreachable"


@dataclass(frozen=True, slots=True)
class Call:
    """What is sent. `key` stays the same over all tries: the receiver can tell a repetition by it."""

    method: Method
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    key: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: the first 256 KiB of it. `cut` says that there was more."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    milliseconds: int
    cut: bool = False

    def json(self) -> Any:
        """Return the body, read as JSON; raise ValueError."""
        return json.loads(self.body)


class Sender(Protocol):
    """Makes calls. Raises Forbidden or Unreachable; any status is an answer."""

    def send(self, call: Call) -> Answer: ...


class RecordingSender:
    """A sender for tests: remembers what was sent and answers what it is told, in turn; the last answer stays."""

    def __init__(self, answers: Sequence[Answer | CampaignsError] = ()) -> None:
        self.sent: list[Call] = []
        self._answers = list(answers) or [Answer(200, {"content-type": "application/json"}, b"{}", 1)]

    def send(self, call: Call) -> Answer:
        check(call)
        self.sent.append(call)
        found = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(found, CampaignsError):
            raise found
        return found


def check(call: Call) -> tuple[str, str, int]:
    """Return scheme, host (in ASCII) and port of a call that is well formed; raise Forbidden with what is wrong."""
    if re.search(r"[\x00-\x20\x7f\\]", call.url) or len(call.url) > 4000:
        raise Forbidden("The address holds characters that no address has.")
    try:
        parts = urlsplit(call.url)
        port = parts.port
    except ValueError as error:
        raise Forbidden(f"The address can't be read: {error}.") from None
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise Forbidden("The address has to begin with https:// and name a host.")
    if parts.username is not None or parts.password is not None:
        raise Forbidden("The address may not carry a user name or password: use a header.")
    _check_headers(call.headers)
    if len(call.body) > MOST_SENT:
        raise Forbidden(f"The body is longer than {MOST_SENT // 1024} KiB.")
    return parts.scheme, _ascii(parts.hostname), port or (443 if parts.scheme == "https" else 80)


def _check_headers(headers: Mapping[str, str]) -> None:
    for name, value in headers.items():
        if not _NAME.fullmatch(name) or name.lower() in _OWN:
            raise Forbidden(f"The header {name[:60]!r} can't be set.")
        if re.search(r"[\x00-\x08\x0a-\x1f\x7f]", value) or not value.isascii():
            raise Forbidden(f"The value of the header {name} holds characters that no header may have.")


def _ascii(host: str) -> str:
    try:
        return host.rstrip(".").encode("idna").decode("ascii").lower()
    except UnicodeError:
        raise Forbidden("The host's name can't be read.") from None
