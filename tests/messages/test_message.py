"""Messages as they go out, read back by parsers that are not the one that wrote them."""

from __future__ import annotations

import email
from dataclasses import replace
from datetime import UTC, datetime
from email import policy
from email.header import decode_header, make_header

import pytest

from campaigns.messages.message import MessageRefused, Outgoing, to_mime

MESSAGE = Outgoing(
    key="run-1.step-2", sender="news@shop.example", recipient="ann@mail.example", subject="Hello", html="<p>Hi Ann</p>"
)  # fmt: skip
BREAKS = ["\r\n", "\n", "\r", "\x00", "\x0b", "\x0c", "\x85", "\u2028", "\u2029", "\r\n\r\n", "\n ", "\r\n\t"]


def second_parser(message: Outgoing) -> email.message.Message:
    """The older parser of the standard library, which shares no header code with the one that writes."""
    return email.message_from_bytes(to_mime(message).as_bytes(), policy=policy.compat32)


@pytest.mark.parametrize("field", ["subject", "sender_name", "recipient_name"])
@pytest.mark.parametrize("line_break", BREAKS)
def test_t09_s10_a_line_break_in_a_header_adds_no_header(field: str, line_break: str) -> None:
    plain, hostile = (replace(MESSAGE, **{field: text}) for text in ("Ann", f"Ann{line_break}Bcc: evil@x.example"))
    parsed = second_parser(hostile)
    assert parsed.keys() == second_parser(plain).keys()
    assert parsed.get_all("Bcc") is None
    assert "ann@mail.example" in parsed["To"]
    assert "evil@x.example" not in [found[1] for found in email.utils.getaddresses(parsed.get_all("To"))]


@pytest.mark.parametrize("field", ["sender", "recipient", "reply_to"])
@pytest.mark.parametrize(
    "value",
    [f"a@b.example{mark}Bcc: evil@x.example" for mark in BREAKS]
    + ["a@b.example, evil@x.example", "a@b.example;evil@x.example", "<a@b.example>", "a b@c.example", "a@", "@b", "a",
       "a@b.example>", "a@b.example SIZE=1", '"a"@b.example', "a@b@c.example", "(x)a@b.example"],
)  # fmt: skip
def test_t09_s10_an_address_with_more_in_it_is_refused(field: str, value: str) -> None:
    with pytest.raises(MessageRefused):
        to_mime(replace(MESSAGE, **{field: value}))


@pytest.mark.parametrize("name", ["Bcc", "to", "Content-Type", "X Y", "X:Y", "X\r\nBcc", "", "Subject"])
def test_s10_our_own_headers_cannot_be_given_again(name: str) -> None:
    with pytest.raises(MessageRefused):
        to_mime(replace(MESSAGE, headers=((name, "x"),)))


@pytest.mark.parametrize("line_break", BREAKS)
def test_s10_a_line_break_in_a_list_header_is_refused(line_break: str) -> None:
    with pytest.raises(MessageRefused):
        to_mime(replace(MESSAGE, headers=(("List-Unsubscribe", f"<https://x.example/>{line_break}Bcc: e@x"),)))


@pytest.mark.parametrize("key", ["a b", "a>", "a\r\nX: y", "", "ä", "x" * 65])
def test_s10_a_key_that_cannot_be_a_message_id_is_refused(key: str) -> None:
    with pytest.raises(MessageRefused):
        to_mime(replace(MESSAGE, key=key))


def test_a_repeat_is_the_same_message_to_the_byte() -> None:
    message = replace(MESSAGE, at=datetime(2026, 3, 1, tzinfo=UTC))
    assert to_mime(message).as_bytes() == to_mime(message).as_bytes()
    assert second_parser(message)["Message-ID"] == "<run-1.step-2@shop.example>"
    assert second_parser(message)["Date"] == "Sun, 01 Mar 2026 00:00:00 +0000"


def test_t13_a_text_part_is_made_from_html() -> None:
    html = "<style>p{}</style><p>Hi&nbsp;<b>Ann</b></p><ul><li>one<li>two</ul>"
    html += "<a href='https://x.example/'>Go</a><img alt=Logo>"
    body = to_mime(replace(MESSAGE, html=html)).get_body(("plain",))
    assert body is not None
    assert body.get_content().split("\n") == ["Hi Ann", "", "- one", "- two", "Go (https://x.example/) Logo", ""]


def test_t14_no_line_is_longer_than_998_bytes_and_the_content_is_whole() -> None:
    html = "<p>" + "ä" * 200_000 + "</p>\n.\n..dots"
    message = replace(MESSAGE, html=html, subject="long" * 500, sender_name="N" * 1200)
    raw = to_mime(message).as_bytes()
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    parts = second_parser(message).get_payload()
    assert parts[1].get_payload(decode=True).decode().replace("\r\n", "\n").rstrip("\n") == html


def test_t14_the_unsubscribe_header_stays_on_one_line() -> None:
    value = "<https://x.example/u/" + "a" * 158 + ">"
    raw = to_mime(replace(MESSAGE, headers=(("List-Unsubscribe", value),))).as_bytes()
    assert f"\r\nList-Unsubscribe: {value}\r\n".encode() in raw
    with pytest.raises(MessageRefused, match="180"):
        to_mime(replace(MESSAGE, headers=(("List-Unsubscribe", value[:-1] + "aaa>"),)))


@pytest.mark.parametrize(
    "subject",
    [
        "Grüße 🎉",
        "שלום עולם",
        "e\u0301\u0323 combining",
        "👩‍👩‍👧‍👦 " * 30,
        "日本語" * 60,
        "=?utf-8?q?x?=",
        "a" * 300,
        "\u202eevil",
        "ﷺ",
    ],
)
def test_t15_a_second_parser_reads_the_same_subject(subject: str) -> None:
    parsed = second_parser(replace(MESSAGE, subject=subject))
    raw = to_mime(replace(MESSAGE, subject=subject)).as_bytes()
    assert raw.isascii()
    if not subject.startswith("=?"):
        assert str(make_header(decode_header(parsed["Subject"]))) == subject.strip()


def test_t12_more_than_a_megabyte_is_refused() -> None:
    with pytest.raises(MessageRefused, match="larger"):
        to_mime(replace(MESSAGE, html="x" * 1_000_001))


def test_a_name_written_in_another_script_reaches_its_domain() -> None:
    assert second_parser(replace(MESSAGE, recipient="ann@bücher.example"))["To"] == "ann@xn--bcher-kva.example"
