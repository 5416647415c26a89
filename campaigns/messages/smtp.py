"""SMTP by the standard library: one recipient a transaction, one connection a batch, each outcome named truly."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import parse_qs, unquote, urlsplit

from campaigns.messages.handover import Accepted, GiveUp, OutcomeUnknown, TryLater, UnknownTransport
from campaigns.messages.message import MessageRefused, Outgoing, address, to_mime


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds to wait for a connection, for an answer to a command, and for the answer after the final dot."""

    connect_seconds: float = 10
    command_seconds: float = 30
    final_dot_seconds: float = 120


@dataclass(frozen=True, slots=True)
class SMTPTransport:
    """A relay. TLS certificates are always verified."""

    host: str
    port: int
    user: str = ""
    password: str = field(default="", repr=False)
    starttls: bool = False
    implicit_tls: bool = False
    timeouts: Timeouts = Timeouts()
    tls: ssl.SSLContext | None = field(default=None, repr=False)
    """Another context than the system's, where a relay's authority is not known to it."""

    @classmethod
    def from_url(cls, url: str) -> SMTPTransport:
        """Read `smtp://user:pass@host:port?starttls=1` or `smtps://…`.

        Without a port: 465 for smtps, else 587 with a sign-in, else 25.
        """
        parts = urlsplit(url)
        query = parse_qs(parts.query)
        implicit_tls = parts.scheme == "smtps"
        try:
            port = parts.port or (465 if implicit_tls else 587 if parts.username else 25)
        except ValueError as error:
            raise UnknownTransport("the port in the mail address is not a number") from error
        if not parts.hostname or set(query) - {"starttls"}:
            raise UnknownTransport("a mail address looks like smtp://user:password@host:port?starttls=1")
        return cls(
            host=parts.hostname,
            port=port,
            user=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
            starttls=query.get("starttls", ["0"])[-1] in ("1", "true", "yes", "on"),
            implicit_tls=implicit_tls,
        )

    def send(self, message: Outgoing) -> Accepted:
        with self.session() as session:
            return session.send(message)

    @contextmanager
    def session(self) -> Iterator[SMTPSession]:
        opened = SMTPSession(self)
        try:
            yield opened
        finally:
            opened.close()


class SMTPSession:
    """One connection, made when it is first needed and made again when the relay has closed it."""

    def __init__(self, relay: SMTPTransport) -> None:
        self._relay = relay
        self._client: smtplib.SMTP | None = None

    def send(self, message: Outgoing) -> Accepted:
        try:
            sender, recipient = address(message.sender).addr_spec, address(message.recipient).addr_spec
            data = to_mime(message).as_bytes()
        except MessageRefused as error:
            raise GiveUp(error.message) from error
        self._before_the_dot(lambda client: self._open_transaction(client, sender, recipient))
        return self._hand_over(data)

    def close(self) -> None:
        """Say goodbye, if there is anybody to say it to."""
        client, self._client = self._client, None
        if client is None:
            return
        with suppress(OSError, smtplib.SMTPException):
            client.quit()
        client.close()

    def _before_the_dot(self, step: Callable[[smtplib.SMTP], None]) -> None:
        """Do what may safely be done twice: on a fresh connection again when a kept one turns out to be closed."""
        kept = self._client is not None
        try:
            step(self._connected())
        except (OSError, smtplib.SMTPException) as error:
            if not kept or not _is_closed(error):
                raise self._refusal(error) from error
        else:
            return
        self._drop()
        try:
            step(self._connected())
        except (OSError, smtplib.SMTPException) as error:
            raise self._refusal(error) from error

    def _connected(self) -> smtplib.SMTP:
        if self._client is None:
            self._client = _connect(self._relay)
        return self._client

    def _open_transaction(self, client: smtplib.SMTP, sender: str, recipient: str) -> None:
        _expect(client.mail(sender), 250)
        _expect(client.rcpt(recipient), 250, 251)
        _expect(client.docmd("DATA"), 354)

    def _hand_over(self, data: bytes) -> Accepted:
        client = self._connected()
        try:
            _wait_at_most(client, self._relay.timeouts.final_dot_seconds)
            client.send(_dotted(data))
            code, answer = client.getreply()
            _wait_at_most(client, self._relay.timeouts.command_seconds)
        except (OSError, smtplib.SMTPException) as error:
            self._drop()
            raise OutcomeUnknown(f"the relay's answer to the message was lost: {_words(error)}") from error
        if code != 250:
            refused = smtplib.SMTPResponseException(code, answer)
            raise self._refusal(refused) from refused
        return Accepted(f"{code} {_decoded(answer)}")

    def _refusal(self, error: Exception) -> TryLater | GiveUp:
        """What a failure before the relay took over means; leaves the connection clean for the next message."""
        if isinstance(error, smtplib.SMTPResponseException) and not _is_closed(error):
            self._reset()
        else:
            self._drop()
        # A refused sign-in is our setting at fault, not the recipient: the message waits until it is mended.
        if isinstance(error, smtplib.SMTPAuthenticationError) or not isinstance(error, smtplib.SMTPResponseException):
            return TryLater(_words(error))
        return GiveUp(_words(error)) if 500 <= error.smtp_code < 600 else TryLater(_words(error))

    def _reset(self) -> None:
        try:
            if self._client is not None and self._client.rset()[0] != 250:
                self._drop()
        except (OSError, smtplib.SMTPException):
            self._drop()

    def _drop(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            client.close()


def _connect(relay: SMTPTransport) -> smtplib.SMTP:
    context = relay.tls or ssl.create_default_context()
    connect = relay.timeouts.connect_seconds
    if relay.implicit_tls:
        client: smtplib.SMTP = smtplib.SMTP_SSL(relay.host, relay.port, timeout=connect, context=context)
    else:
        client = smtplib.SMTP(relay.host, relay.port, timeout=connect)
    try:
        _wait_at_most(client, relay.timeouts.command_seconds)
        client.ehlo_or_helo_if_needed()
        if relay.starttls:
            _expect(client.starttls(context=context), 220)
        if relay.user:
            client.login(relay.user, relay.password)
    except BaseException:
        client.close()
        raise
    return client


def _wait_at_most(client: smtplib.SMTP, seconds: float) -> None:
    if client.sock is None:
        raise smtplib.SMTPServerDisconnected("the relay has closed the connection")
    client.sock.settimeout(seconds)


def _expect(reply: tuple[int, bytes], *codes: int) -> None:
    if reply[0] not in codes:
        raise smtplib.SMTPResponseException(reply[0], reply[1])


def _is_closed(error: Exception) -> bool:
    """Whether the connection is of no more use: it broke, or the relay said 421."""
    return not isinstance(error, smtplib.SMTPResponseException) or error.smtp_code in (421, -1)


def _dotted(data: bytes) -> bytes:
    """The message with a dot doubled at each line's beginning, and the final dot (RFC 5321, 4.5.2)."""
    lines = b"\r\n".join(data.splitlines()) + b"\r\n"
    stuffed = lines.replace(b"\r\n.", b"\r\n..")
    return (b"." + stuffed if stuffed.startswith(b".") else stuffed) + b".\r\n"


def _words(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{error.smtp_code} {_decoded(error.smtp_error)}"
    return f"{type(error).__name__}: {error}"


def _decoded(answer: bytes | str) -> str:
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    return " ".join(text.split())[:500]
