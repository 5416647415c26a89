"""What a relay can do to us, and what we then say became of the message."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import pytest

from campaigns.messages.message import Outgoing
from campaigns.messages.smtp import SMTPTransport, Timeouts
from campaigns.messages.transport import GiveUp, OutcomeUnknown, TryLater, UnknownTransport, open_transport

MESSAGE = Outgoing(
    key="k1", sender="a@shop.example", recipient="ann@mail.example", subject="Hi", html="<p>Hi</p>\n.dot"
)
CLOSE = b""
"""Said instead of an answer: the connection is closed."""
SILENCE = b"..."
"""Said instead of an answer: nothing, until the other side has gone."""


@dataclass
class Relay:
    """A relay that says what it is told to at each command, the last answer again and again."""

    answers: dict[str, list[bytes]] = field(default_factory=dict)
    heard: list[str] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    port: int = 0

    def serve(self, listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection, connection.makefile("rwb") as stream:
                self.heard.append("CONNECT")
                if self.say(stream, "CONNECT", b"220 relay"):
                    self.converse(stream)

    def converse(self, stream) -> None:
        while line := stream.readline():
            verb = line.split(b" ")[0].strip().decode().upper()
            self.heard.append(line.strip().decode())
            usual = {"DATA": b"354 go on", "QUIT": b"221 bye"}.get(verb, b"250 fine")
            if not self.say(stream, verb, usual) or verb == "QUIT":
                return
            if verb == "DATA" and not self.take_body(stream):
                return

    def take_body(self, stream) -> bool:
        if self.last != b"354 go on":
            return True
        body = []
        while (line := stream.readline()) and line != b".\r\n":
            body.append(line)
        self.bodies.append(b"".join(body))
        return self.say(stream, "DOT", b"250 queued as 1")

    def say(self, stream, verb: str, usual: bytes) -> bool:
        told = self.answers.get(verb, [])
        self.last = (told.pop(0) if len(told) > 1 else told[0]) if told else usual
        if self.last == SILENCE:
            stream.read()
        if self.last in (CLOSE, SILENCE):
            return False
        stream.write(self.last + b"\r\n")
        stream.flush()
        return True


@contextmanager
def relay(**answers: list[bytes]) -> Iterator[Relay]:
    told = Relay({verb.upper(): list(said) for verb, said in answers.items()})
    with socket.create_server(("127.0.0.1", 0)) as listener:
        told.port = listener.getsockname()[1]
        thread = threading.Thread(target=told.serve, args=(listener,))
        thread.start()
        try:
            yield told
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            listener.close()
            thread.join(5)


def transport(told: Relay) -> SMTPTransport:
    return SMTPTransport("127.0.0.1", told.port, timeouts=Timeouts(2, 0.5, 0.5))


@pytest.mark.parametrize("step", ["mail", "rcpt", "data", "dot"])
@pytest.mark.parametrize(("answer", "outcome"), [(b"550 no", GiveUp), (b"554 no", GiveUp), (b"451 later", TryLater),
                                                 (b"450 busy", TryLater), (b"421 going", TryLater)])  # fmt: skip
def test_a_refusal_is_for_good_with_5xx_and_for_now_with_4xx(step: str, answer: bytes, outcome: type) -> None:
    with relay(**{step: [answer]}) as told, pytest.raises(outcome, match=answer.decode()):
        transport(told).send(MESSAGE)


@pytest.mark.parametrize("answer", [CLOSE, SILENCE])
def test_a_lost_answer_after_the_final_dot_is_unknown(answer: bytes) -> None:
    with relay(dot=[answer]) as told:
        with pytest.raises(OutcomeUnknown):
            transport(told).send(MESSAGE)
        assert len(told.bodies) == 1


@pytest.mark.parametrize("step", ["connect", "ehlo", "mail", "rcpt", "data"])
@pytest.mark.parametrize("answer", [CLOSE, SILENCE])
def test_a_lost_answer_before_the_message_is_for_a_later_try(step: str, answer: bytes) -> None:
    with relay(**{step: [answer], "helo": [answer]}) as told:
        with pytest.raises(TryLater):
            transport(told).send(MESSAGE)
        assert told.bodies == []


def test_nobody_listening_is_for_a_later_try() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(TryLater):
        open_transport(f"smtp://127.0.0.1:{port}").send(MESSAGE)


def test_a_refused_recipient_does_not_taint_the_next() -> None:
    with relay(rcpt=[b"250 ok", b"550 no such user", b"250 ok"]) as told:
        with transport(told).session() as session:
            session.send(MESSAGE)
            with pytest.raises(GiveUp):
                session.send(replace(MESSAGE, recipient="bad@mail.example"))
            session.send(replace(MESSAGE, recipient="bob@mail.example"))
        assert told.heard.count("CONNECT") == 1
        assert "RSET" in [line.upper() for line in told.heard]
        assert len(told.bodies) == 2


def test_a_relay_that_says_421_between_messages_is_called_again() -> None:
    with relay(mail=[b"250 ok", b"421 enough for one connection", b"250 ok"]) as told:
        with transport(told).session() as session:
            session.send(MESSAGE)
            session.send(MESSAGE)
        assert told.heard.count("CONNECT") == 2
        assert len(told.bodies) == 2


def test_an_unknown_outcome_is_never_repeated_by_itself_and_the_next_message_goes_out() -> None:
    with relay(dot=[b"250 ok", CLOSE, b"250 ok"]) as told:
        with transport(told).session() as session:
            session.send(MESSAGE)
            with pytest.raises(OutcomeUnknown):
                session.send(replace(MESSAGE, key="k2"))
            session.send(replace(MESSAGE, key="k3"))
        assert [b"<k2@" in body for body in told.bodies] == [False, True, False]


def test_a_line_that_begins_with_a_dot_arrives_with_it() -> None:
    with relay() as told:
        transport(told).send(MESSAGE)
        assert b"\r\n..dot\r\n" in told.bodies[0]


def test_addresses_are_read_with_their_sign_in() -> None:
    read = SMTPTransport.from_url("smtp://me%40x:p%2Fw@relay.example:2525?starttls=1")
    assert (read.host, read.port, read.user, read.password) == ("relay.example", 2525, "me@x", "p/w")
    assert (read.starttls, read.implicit_tls) == (True, False)
    assert SMTPTransport.from_url("smtps://relay.example").port == 465
    assert "p/w" not in repr(read)


@pytest.mark.parametrize("url", ["", "http://x", "smtp://", "smtp://x:y", "smtp://x?tls=1", "smtp://x:99999"])
def test_what_is_no_address_of_a_transport_is_refused(url: str) -> None:
    with pytest.raises(UnknownTransport):
        open_transport(url)


def test_a_certificate_that_nobody_signed_is_not_accepted(tmp_path) -> None:
    told, server = self_signed(tmp_path)
    with server as listener:
        port = listener.getsockname()[1]
        thread = threading.Thread(target=told, args=(listener,))
        thread.start()
        with pytest.raises(TryLater, match="CERTIFICATE_VERIFY_FAILED"):
            open_transport(f"smtps://127.0.0.1:{port}").send(MESSAGE)
        thread.join(5)


def self_signed(folder):
    import ssl
    from datetime import UTC, datetime

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    built = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
    dated = built.not_valid_before(datetime(2020, 1, 1, tzinfo=UTC)).not_valid_after(datetime(2049, 1, 1, tzinfo=UTC))
    signed = dated.sign(key, hashes.SHA256())
    plain = serialization.NoEncryption(), serialization.PrivateFormat.PKCS8, serialization.Encoding.PEM
    file = folder / "relay.pem"
    file.write_bytes(key.private_bytes(plain[2], plain[1], plain[0]) + signed.public_bytes(plain[2]))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)

    def answer(listener) -> None:
        connection, _ = listener.accept()
        with connection, pytest.raises(OSError):  # noqa: PT012
            context.wrap_socket(connection, server_side=True)
            raise OSError

    return answer, socket.create_server(("127.0.0.1", 0))
