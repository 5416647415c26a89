"""The web server of one process, with the worker beside it, from its first answer to its clean end."""

from __future__ import annotations

import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import structlog
from waitress import create_server

from campaigns.errors import CampaignsError, Problem
from campaigns.services.import_files import MAX_BYTES
from campaigns.worker import CALLS_STOP_SECONDS

if TYPE_CHECKING:
    from flask import Flask

    from campaigns.runtime import Runtime

log = structlog.get_logger(__name__)

DEFAULT_PORT = 5000
THREADS = 8
STOP_SECONDS = 20.0  # for the work in hand; the server gives its requests five more
_FORM_BYTES = 1024 * 1024  # what surrounds an uploaded file


class AddressTaken(CampaignsError):
    """The address can't be listened on."""

    code = "address_taken"


def serve_until_stopped(runtime: Runtime, app: Flask, *, host: str, port: int, tell: Callable[[str], None]) -> bool:
    """Serve until SIGTERM or SIGINT; return whether the work in hand ended in time. Main thread only.

    `tell` hears the address once it answers. With the distributed dispatch this process offers work and does none.
    """
    server = _listen(runtime, app, host, port)
    if runtime.settings.dispatch == "embedded":
        runtime.note_plugins()
        runtime.worker.call_aside()
        runtime.dispatch.start(runtime.worker)
    with _stopping(runtime) as ended:
        tell(_address(server, host))
        server.run()
    return ended()


def free_port(host: str, *, wanted: int = DEFAULT_PORT) -> int:
    """Return the wanted port, or 0 (any that is free) where somebody listens on it already."""
    try:
        with socket.create_connection((host, wanted), timeout=1):
            return 0
    except OSError:
        return wanted


def _listen(runtime: Runtime, app: Flask, host: str, port: int) -> Any:
    try:
        return create_server(
            app,
            host=host,
            port=port,
            threads=THREADS,
            ident=None,
            max_request_body_size=MAX_BYTES + _FORM_BYTES,
            clear_untrusted_proxy_headers=runtime.settings.proxy_hops == 0,
        )
    except OSError as error:
        problem = Problem("--port", f"{host}:{port}: {error.strerror or error}")
        raise AddressTaken(problems=[problem]) from error


def _address(server: Any, host: str) -> str:
    port = server.effective_listen[0][1] if hasattr(server, "effective_listen") else server.effective_port
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _end(runtime: Runtime) -> bool:
    """Stop the worker; return whether the work in hand, its calls included, ended in time."""
    ended = runtime.dispatch.stop(STOP_SECONDS - CALLS_STOP_SECONDS)
    return runtime.worker.stop_aside(CALLS_STOP_SECONDS) and ended


@contextmanager
def _stopping(runtime: Runtime) -> Iterator[Callable[[], bool]]:
    """On the first signal stop claiming work at once, and break off the server's loop, which lets its requests end.

    A second signal finds the handlers that were there before, so it ends the process.
    """
    results: list[bool] = []
    farewell = threading.Thread(target=lambda: results.append(_end(runtime)))
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    def stop(number: int, frame: object) -> None:
        restore()
        farewell.start()
        raise SystemExit(0)  # the server's loop ends by it, and no other code runs in this thread meanwhile

    for number in before:
        signal.signal(number, stop)
    try:
        yield lambda: all(results)
    finally:
        restore()
        if farewell.ident is None:
            farewell.start()
        farewell.join()
        log.info("serve.stopped", in_time=all(results))
