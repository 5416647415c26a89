"""Calls against real listeners: hostile targets reach none of them, good ones exactly the one that was checked."""

from __future__ import annotations

import gzip
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address, ip_network
from typing import Any

import pytest

from campaigns.outgoing.call import MOST_READ, Call, Forbidden, Unreachable
from campaigns.outgoing.client import Client

LOOPBACK = [ip_network("127.0.0.0/8")]
HOSTS = """
127.0.0.1 127.1 127.0.1 0.0.0.0 0 2130706433 0x7f000001 0x7f.1 0177.0.0.1 017700000001 127.0.0.1. localhost
LOCALHOST localhost. localhost.localdomain [::1] [::] [0:0:0:0:0:0:0:1] [::ffff:127.0.0.1] [::ffff:7f00:1]
[64:ff9b::7f00:1] [2002:7f00:1::] [::127.0.0.1] 10.0.0.1 172.16.0.1 192.168.0.1 169.254.169.254 169.254.170.2
100.100.100.200 100.64.0.1 192.0.0.192 224.0.0.1 255.255.255.255 [fe80::1] [fc00::1] [ff02::1] intranet db
""".split()
FORMS = ["http://{}/", "https://{}/", "https://{}:8443/x", "http://{}:{port}/", "https://{}:{port}/"]


class Site(BaseHTTPRequestHandler):
    """Answers by path, and remembers who came."""

    seen: list[str]

    def do_GET(self) -> None:
        type(self).seen.append(self.path)
        getattr(self, f"_{self.path.strip('/').partition('?')[0] or 'plain'}")()

    do_POST = do_GET  # noqa: N815 - the base class names it so

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    def _answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _plain(self) -> None:
        sent = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self._answer(200, sent or b"hello", Content_Type="text/plain", X_Host=self.headers["Host"])

    def _away(self) -> None:
        self._answer(302, Location="/plain")

    def _large(self) -> None:
        self._answer(200, b"x" * (MOST_READ + 5000))

    def _bomb(self) -> None:
        self._answer(200, gzip.compress(b"0" * 50_000_000), Content_Encoding="gzip")

    def _slow(self) -> None:
        self.send_response(200)
        self.end_headers()
        for _ in range(50):
            self.wfile.write(b".")
            self.wfile.flush()
            threading.Event().wait(0.1)

    def _silent(self) -> None:
        threading.Event().wait(2)


@pytest.fixture
def site() -> Iterator[int]:
    Site.seen = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()


def get(url: str, **more: Any) -> Call:
    return Call("GET", url, **more)


def as_systems_do(host: str, _port: int) -> list[str]:
    """Resolve numbers in all the notations that systems know, and every name to an inner address."""
    plain = host.strip("[]").rstrip(".")
    try:
        return [str(ip_address(plain))]
    except ValueError:
        pass
    try:
        return [socket.inet_ntoa(socket.inet_aton(plain))]
    except OSError:
        return ["127.0.0.1"]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("host", HOSTS)
def test_no_hostile_target_is_ever_connected_to(site, host, form):
    with pytest.raises((Forbidden, Unreachable)):
        Client(total_seconds=2, resolver=as_systems_do).send(get(form.format(host, port=site)))
    assert Site.seen == []


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.com/", "file:///etc/passwd", "gopher://example.com/", "javascript:alert(1)", "//example.com", "",
        "https://", "https://user:pw@example.com/", "https://user@example.com/", "https://example.com:0x50/",
        "https://exa mple.com/", "https://example.com\\@127.0.0.1/", "https://example.com/\r\nX: y", "https://a\x00.b/",
        "http://example.com/", "https://example.com:80/", "https://example.com:22/", "https://example.com:5432/",
    ],
)  # fmt: skip
def test_what_is_no_public_https_address_is_refused_without_a_connection(url):
    with pytest.raises(Forbidden):
        Client(resolver=lambda _host, _port: ["93.184.216.34"], total_seconds=1).send(get(url))


@pytest.mark.parametrize("inner", ["127.0.0.1", "10.0.0.1", "::1", "169.254.169.254"])
def test_one_inner_address_among_public_ones_is_enough_to_refuse(inner):
    client = Client(resolver=lambda _host, _port: ["93.184.216.34", inner], total_seconds=1)
    with pytest.raises(Forbidden):
        client.send(get("https://two.example.com/"))


def test_a_name_is_looked_up_once_and_the_checked_address_is_connected_to(site):
    looked = []

    def rebinding(host: str, _port: int) -> list[str]:
        looked.append(host)
        return ["127.0.0.1"] if len(looked) == 1 else ["10.255.255.1"]

    client = Client(LOOPBACK, resolver=rebinding, total_seconds=5)
    answer = client.send(get(f"http://shop.example.com:{site}/plain"))
    assert (answer.status, looked, answer.headers["x-host"]) == (200, ["shop.example.com"], f"shop.example.com:{site}")


def test_an_allowed_network_is_reached_by_http_on_any_port_with_what_was_sent(site):
    sent = Call("POST", f"http://127.0.0.1:{site}/plain", {"Content-Type": "text/plain"}, b"body")
    answer = Client(LOOPBACK).send(sent)
    assert (answer.status, answer.body, answer.cut) == (200, b"body", False)


def test_a_redirect_is_an_answer_and_not_followed(site):
    answer = Client(LOOPBACK).send(get(f"http://127.0.0.1:{site}/away"))
    assert (answer.status, Site.seen) == (302, ["/away"])


def test_only_the_first_quarter_of_a_mebibyte_is_read_and_nothing_is_unpacked(site):
    answer = Client(LOOPBACK).send(get(f"http://127.0.0.1:{site}/large"))
    assert (len(answer.body), answer.cut) == (MOST_READ, True)
    bomb = Client(LOOPBACK).send(get(f"http://127.0.0.1:{site}/bomb"))
    assert len(bomb.body) <= MOST_READ


@pytest.mark.parametrize("path", ["slow", "silent"])
def test_what_drips_or_says_nothing_is_given_up(site, path):
    with pytest.raises(Unreachable, match="too long"):
        Client(LOOPBACK, total_seconds=0.5).send(get(f"http://127.0.0.1:{site}/{path}"))


def test_proxies_of_the_environment_are_not_asked(site, monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://10.255.255.1:3128")
    assert Client(LOOPBACK).send(get(f"http://127.0.0.1:{site}/plain")).status == 200


def test_nobody_there_and_no_tls_are_unreachable(site):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(Unreachable):
        Client(LOOPBACK).send(get(f"http://127.0.0.1:{port}/"))
    with pytest.raises(Unreachable):
        Client(LOOPBACK).send(get(f"https://127.0.0.1:{site}/"))


@pytest.mark.parametrize(
    "headers",
    [{"Host": "x"}, {"Content-Length": "3"}, {"Transfer-Encoding": "chunked"}, {"A b": "x"}, {"X": "a\r\nY: b"}],
)
def test_headers_that_would_change_the_exchange_are_refused(headers):
    with pytest.raises(Forbidden):
        Client(LOOPBACK).send(get("http://127.0.0.1/", headers=headers))
