"""The one function that opens sockets to hosts that tenants name.

A host is resolved once, every address is checked, and the connection goes to the address that was checked, with the
host's own name for TLS. No redirects, no proxies from the environment, no decoding of what comes back.
"""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Callable, Iterable, Sequence
from urllib.parse import urlsplit

import urllib3
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.response import BaseHTTPResponse

from campaigns.outgoing import addresses
from campaigns.outgoing.addresses import Address, Network
from campaigns.outgoing.call import MOST_READ, Answer, Call, Forbidden, Unreachable, check

PORTS = frozenset({443, 8443})
CONNECT_SECONDS, TOTAL_SECONDS = 5.0, 15.0
_PIECE = 16 * 1024
Resolve = Callable[[str, int], Sequence[str]]


def resolve(host: str, port: int) -> list[str]:
    """Return the addresses of a host, as the system's resolver gives them."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    return list(dict.fromkeys(str(one[4][0]) for one in found))


class Client:
    """Makes calls for tenants. `allowed`: networks that may be reached besides the public ones."""

    def __init__(
        self,
        allowed: Iterable[Network] = (),
        *,
        resolver: Resolve = resolve,
        total_seconds: float = TOTAL_SECONDS,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._allowed = tuple(allowed)
        self._resolve = resolver
        self._total = total_seconds
        self._tls = tls

    def send(self, call: Call) -> Answer:
        """Make a call and return the answer, whatever its status; raise Forbidden or Unreachable."""
        scheme, host, port = check(call)
        address = self._address(scheme, host, port)
        began = time.monotonic()
        pool = self._pool(scheme, host, port, address)
        try:
            return self._exchange(pool, call, host, port, began)
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise Unreachable(f"{host} does not answer: {_reason(error)}.") from None
        finally:
            pool.close()

    def _address(self, scheme: str, host: str, port: int) -> Address:
        """Resolve once and return an address that may be reached; raise when any of them may not be."""
        try:
            found = [addresses.read(text) for text in self._resolve(host, port)]
        except (OSError, ValueError, UnicodeError):
            raise Unreachable(f"There is no host {host}.") from None
        if not found:
            raise Unreachable(f"There is no host {host}.")
        if all(addresses.is_listed(address, self._allowed) for address in found):
            return found[0]
        if not all(addresses.is_public(address) for address in found) or (
            "." not in host.strip("[]") and ":" not in host
        ):
            raise Forbidden(f"{host} does not lie on the public internet.")
        if scheme != "https" or port not in PORTS:
            raise Forbidden("Public hosts are reached by https on the ports 443 and 8443 alone.")
        return found[0]

    def _pool(self, scheme: str, host: str, port: int, address: Address) -> HTTPConnectionPool:
        timeout = urllib3.Timeout(connect=min(CONNECT_SECONDS, self._total), read=self._total, total=self._total)
        if scheme == "http":
            return HTTPConnectionPool(str(address), port, timeout=timeout, retries=False)
        context = self._tls or ssl.create_default_context()
        return HTTPSConnectionPool(
            str(address),
            port,
            timeout=timeout,
            retries=False,
            ssl_context=context,
            server_hostname=host,
            assert_hostname=host,
        )

    def _exchange(self, pool: HTTPConnectionPool, call: Call, host: str, port: int, began: float) -> Answer:
        parts = urlsplit(call.url)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        usual = port == (443 if parts.scheme == "https" else 80)
        name = f"[{host}]" if ":" in host else host
        headers = {"Host": name if usual else f"{name}:{port}", "User-Agent": "Campaigns", **call.headers}
        response = pool.urlopen(
            call.method,
            target,
            body=call.body or None,
            headers=headers,
            redirect=False,
            preload_content=False,
            decode_content=False,
        )
        try:
            body, cut = self._read(response, began)
        finally:
            response.close()
        seen = {key.lower(): value for key, value in response.headers.items()}
        return Answer(response.status, seen, body, round((time.monotonic() - began) * 1000), cut)

    def _read(self, response: BaseHTTPResponse, began: float) -> tuple[bytes, bool]:
        """Read at most 256 KiB, and not for longer than a call may last, however slowly it drips."""
        body = bytearray()
        while len(body) <= MOST_READ:
            if time.monotonic() - began > self._total:
                raise TimeoutError("the answer took too long")
            piece = response.read1(_PIECE) if hasattr(response, "read1") else response.read(_PIECE)
            if not piece:
                return bytes(body), False
            body += piece
        return bytes(body[:MOST_READ]), True


def _reason(error: Exception) -> str:
    """Return what went wrong in a few words, without addresses of ours."""
    text = str(error).lower()
    if isinstance(error, TimeoutError) or "timed out" in text:
        return "it took too long"
    if "certificate" in text or "ssl" in text or "tls" in text:
        return "its certificate is not good"
    return "the connection was refused or broke"
