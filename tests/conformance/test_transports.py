"""What every transport promises, whichever it is."""

from __future__ import annotations

import io
import socket
from collections.abc import Iterator
from dataclasses import replace

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Sink

from campaigns.messages.console import ConsoleTransport
from campaigns.messages.memory import MemoryTransport
from campaigns.messages.message import Outgoing
from campaigns.messages.transport import Accepted, GiveUp, OutcomeUnknown, Transport, TryLater, open_transport

MESSAGE = Outgoing(
    key="k1", sender="a@shop.example", recipient="ann@mail.example", subject="Grüße 🎉", html="<p>Hi Ann</p>",
    headers=(("List-Unsubscribe", "<https://x.example/u/1>"), ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click")),
)  # fmt: skip


@pytest.fixture
def relay() -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    controller = Controller(Sink(), hostname="127.0.0.1", port=port)
    controller.start()
    yield f"smtp://127.0.0.1:{port}"
    controller.stop()


@pytest.fixture(params=["smtp", "console", "memory"])
def transport(request: pytest.FixtureRequest) -> Transport:
    if request.param == "smtp":
        return open_transport(request.getfixturevalue("relay"))
    return ConsoleTransport(stream=io.StringIO()) if request.param == "console" else MemoryTransport()


def test_a_message_is_accepted_with_an_answer(transport: Transport) -> None:
    assert transport.send(MESSAGE).response.startswith("250")


def test_a_session_serves_many_messages(transport: Transport) -> None:
    with transport.session() as session:
        accepted = [session.send(replace(MESSAGE, key=f"k{number}")) for number in range(5)]
    assert all(isinstance(answer, Accepted) for answer in accepted)


def test_a_message_that_cannot_be_built_is_given_up(transport: Transport) -> None:
    with pytest.raises(GiveUp):
        transport.send(replace(MESSAGE, recipient="a@b.example\r\nBcc: evil@x.example"))


def test_a_refused_message_leaves_the_session_usable(transport: Transport) -> None:
    with transport.session() as session:
        with pytest.raises(GiveUp):
            session.send(replace(MESSAGE, recipient="nobody"))
        assert session.send(MESSAGE).response.startswith("250")


def test_a_session_without_messages_costs_nothing(transport: Transport) -> None:
    with transport.session():
        pass


def test_an_error_inside_a_session_comes_through(transport: Transport) -> None:
    with pytest.raises(KeyError), transport.session():
        raise KeyError("x")


@pytest.mark.parametrize(("url", "kind"), [("console:", ConsoleTransport), ("memory:", MemoryTransport)])
def test_a_transport_is_opened_by_its_address(url: str, kind: type) -> None:
    assert isinstance(open_transport(url), kind)


def test_the_memory_transport_answers_as_told_and_keeps_what_may_have_arrived() -> None:
    told = MemoryTransport(answers=[TryLater("451"), GiveUp("550"), OutcomeUnknown("lost")])
    for outcome in (TryLater, GiveUp, OutcomeUnknown):
        with pytest.raises(outcome):
            told.send(MESSAGE)
    told.send(MESSAGE)
    assert told.sent == [MESSAGE, MESSAGE]


def test_the_console_shows_a_message_without_moving_the_cursor() -> None:
    stream = io.StringIO()
    ConsoleTransport(stream=stream).send(replace(MESSAGE, html="<p>Hi\x1b[2J</p>"))
    assert "Subject: Grüße 🎉" in stream.getvalue()
    assert "To: ann@mail.example" in stream.getvalue()
    assert "\x1b" not in stream.getvalue()
