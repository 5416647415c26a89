"""The form of a call, and the sender that tests use."""

import pytest

from campaigns.outgoing.call import MOST_SENT, Answer, Call, Forbidden, RecordingSender, Unreachable, check


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("https://Example.COM/x", ("https", "example.com", 443)),
        ("https://example.com.:8443/", ("https", "example.com", 8443)),
        ("https://bücher.example/", ("https", "xn--bcher-kva.example", 443)),
        ("http://10.0.0.1:81/", ("http", "10.0.0.1", 81)),
    ],
)
def test_scheme_host_and_port_are_told_in_one_form(url, found):
    assert check(Call("GET", url)) == found


def test_a_body_has_a_limit():
    check(Call("POST", "https://example.com/", body=b"x" * MOST_SENT))
    with pytest.raises(Forbidden):
        check(Call("POST", "https://example.com/", body=b"x" * (MOST_SENT + 1)))


def test_the_recording_sender_answers_in_turn_and_refuses_what_the_real_one_refuses():
    sender = RecordingSender([Unreachable("no"), Answer(204, {}, b"", 1)])
    with pytest.raises(Unreachable):
        sender.send(Call("GET", "https://example.com/"))
    assert sender.send(Call("GET", "https://example.com/")).status == 204
    assert sender.send(Call("GET", "https://example.com/")).status == 204
    assert len(sender.sent) == 3
    with pytest.raises(Forbidden):
        sender.send(Call("GET", "ftp://example.com/"))
