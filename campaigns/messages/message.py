"""A message as it is handed over: plain values in, a checked MIME message out."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime

from campaigns.errors import CampaignsError
from campaigns.messages.plain import text_from_html

SIZE_LIMIT = 1_000_000
"""Bytes of HTML in one message."""

UNSUBSCRIBE_LIMIT = 180
"""Characters of the unsubscribe address: longer ones are folded, which breaks signatures at some relays."""

NAME_LIMIT = 200
"""Characters of a name beside an address; what is longer is cut, since an unbroken word is never folded."""

SUBJECT_LIMIT = 500
"""Characters of a subject; what is longer is cut."""

HEADER_LIMIT = 900
"""Characters of a header that is given."""

_CONTROLS = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]")
_KEY = re.compile(r"[A-Za-z0-9._-]{1,64}")
_HEADER_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]*")
_OWN_HEADERS = frozenset(
    ("from", "to", "cc", "bcc", "sender", "reply-to", "subject", "date", "message-id", "mime-version")
)
_WHOLE_HEADERS = frozenset(("list-unsubscribe", "message-id"))


class _Policy(EmailPolicy):
    """SMTP's policy, except that the headers which signatures and receivers read byte by byte are never folded."""

    def fold(self, name: str, value: str) -> str:
        return f"{name}: {value}\r\n" if name.lower() in _WHOLE_HEADERS else super().fold(name, value)

    def fold_binary(self, name: str, value: str) -> bytes:
        if name.lower() in _WHOLE_HEADERS:
            return self.fold(name, value).encode("ascii")
        return super().fold_binary(name, value)


_POLICY = _Policy(linesep="\r\n", cte_type="7bit", max_line_length=78)


class MessageRefused(CampaignsError):
    """This message cannot be sent as it is."""

    code = "invalid"
    status = 422


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """One message to one recipient. Addresses are bare (`a@b.example`); names stand beside them."""

    key: str
    """What makes this send this send: the same at each attempt; letters, digits, dot, dash, underscore."""
    sender: str
    recipient: str
    subject: str
    html: str
    text: str = ""
    sender_name: str = ""
    recipient_name: str = ""
    reply_to: str = ""
    at: datetime | None = None
    """When the message was made, aware; its Date header."""
    headers: tuple[tuple[str, str], ...] = field(default=())
    """Further headers as given, such as List-Unsubscribe."""

    @property
    def message_id(self) -> str:
        """`<key@domain of the sender>`: the same at each attempt, so that a repeat is recognised as one."""
        if not _KEY.fullmatch(self.key):
            raise MessageRefused("the key of a message holds 1 to 64 letters, digits, dots, dashes and underscores")
        return f"<{self.key}@{address(self.sender).domain}>"


def to_mime(message: Outgoing) -> EmailMessage:
    """Build the MIME message. Raises MessageRefused for addresses, headers or sizes that must not go out."""
    if len(message.html.encode()) > SIZE_LIMIT:
        raise MessageRefused(f"the message is larger than {SIZE_LIMIT} bytes")
    mime = EmailMessage(policy=_POLICY)
    mime["From"] = address(message.sender, name=message.sender_name)
    mime["To"] = address(message.recipient, name=message.recipient_name)
    if message.reply_to:
        mime["Reply-To"] = address(message.reply_to)
    mime["Subject"] = one_line(message.subject)[:SUBJECT_LIMIT].rstrip()
    mime["Message-ID"] = message.message_id
    if message.at is not None:
        mime["Date"] = format_datetime(message.at)
    for name, value in message.headers:
        _add_header(mime, name, value)
    mime.set_content(message.text or text_from_html(message.html), cte="quoted-printable")
    if message.html:
        mime.add_alternative(message.html, subtype="html", cte="quoted-printable")
        # The same at each attempt; it cannot stand in a part, where quoted-printable writes "=" as "=3D".
        mime.set_boundary(f"=_{message.key}")
    return mime


def one_line(value: str) -> str:
    """A header's text on one line: line breaks and other control characters become single spaces."""
    return re.sub(r" {2,}", " ", _CONTROLS.sub(" ", value.encode("utf-8", "replace").decode())).strip()


def address(value: str, *, name: str = "") -> Address:
    """A bare address with a name, its domain in ASCII form.

    Raises MessageRefused for line breaks, lists, comments and what is no address.
    """
    if _CONTROLS.search(value) or any(mark in value for mark in ' ,;:<>()[]"\\'):
        raise MessageRefused(f"{value!r} is not an address")
    try:
        local, _, domain = value.rpartition("@")
        parsed = Address(
            display_name=one_line(name)[:NAME_LIMIT].rstrip(), addr_spec=f"{local}@{domain.encode('idna').decode()}"
        )
    except (ValueError, MessageError, IndexError) as error:
        raise MessageRefused(f"{value!r} is not an address") from error
    if not parsed.username or not parsed.domain or not parsed.username.isascii():
        raise MessageRefused(f"{value!r} is not an address that can be reached")
    return parsed


def _add_header(mime: EmailMessage, name: str, value: str) -> None:
    if not _HEADER_NAME.fullmatch(name) or name.lower() in _OWN_HEADERS or name.lower().startswith("content-"):
        raise MessageRefused(f"{name!r} is not a header that may be given")
    if _CONTROLS.search(value):
        raise MessageRefused(f"the header {name} holds a line break")
    if len(value) > HEADER_LIMIT or len(name) > HEADER_LIMIT // 10:
        raise MessageRefused(f"a header may be at most {HEADER_LIMIT} characters long")
    if name.lower() == "list-unsubscribe" and (len(value) > UNSUBSCRIBE_LIMIT + 2 or not value.isascii()):
        raise MessageRefused(f"the unsubscribe address is longer than {UNSUBSCRIBE_LIMIT} characters")
    mime[name] = value
