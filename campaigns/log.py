"""Logging: events with fields. Columns for people at a terminal, one JSON object a line for machines.

    log = get_logger(__name__)
    with bound(tenant=tenant.id, execution=execution.id):
        log.info("execution.advanced", steps=3)

Event names are fixed text; everything that varies is a field. Secrets and mail addresses never reach the output.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from typing import Any, Literal, TextIO, cast

import structlog
from structlog.typing import FilteringBoundLogger, Processor

HIDDEN = "[hidden]"
_SECRET_NAMES = re.compile(
    r"passw|secret|token|api_?key|authorization|cookie|credential|signature|private", re.IGNORECASE
)
_ADDRESS = re.compile(r"[\w.+%-]+@[\w-]+(?:\.[\w-]+)+")
_URL_PASSWORD = re.compile(r"(://[^/\s:@]*):[^/\s@]+@")
_BEARER = re.compile(r"\b(Bearer|Basic)\s+[\w.~+/=-]+", re.IGNORECASE)


def configure(
    *, style: Literal["auto", "console", "json"] = "auto", level: str = "info", stream: TextIO | None = None
) -> None:
    """Send our events and the libraries' log records to `stream` (standard error) in one style."""
    out = stream or sys.stderr
    console = style == "console" or (style == "auto" and out.isatty())
    shared = _shared_processors()
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(out)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=_last_processors(console=console))
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    logging.getLogger("apscheduler").setLevel(logging.ERROR)  # that a busy process left a tick out is no news


def get_logger(name: str) -> FilteringBoundLogger:
    """Return a module's logger."""
    return cast("FilteringBoundLogger", structlog.stdlib.get_logger(name))


@contextmanager
def bound(**fields: object) -> Iterator[None]:
    """Put fields on every event inside the block: ids of tenant, request, execution. Restores what was before."""
    with structlog.contextvars.bound_contextvars(**fields):
        yield


def forget() -> None:
    """Drop all bound fields: at the end of a request or of a piece of work, so that none leaks into the next."""
    structlog.contextvars.clear_contextvars()


def redact(value: object) -> object:
    """Return the value with mail addresses, passwords in URLs and credentials replaced; containers go deep."""
    if isinstance(value, str):
        return _redact_text(value)
    if isinstance(value, Mapping):
        return {key: _redact_field(str(key), entry) for key, entry in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [redact(entry) for entry in value]
    if isinstance(value, bytes):
        return _redact_text(value.decode("utf-8", "replace"))
    return value


def _redact_field(name: str, value: object) -> object:
    return HIDDEN if _SECRET_NAMES.search(name) and value not in (None, "") else redact(value)


def _redact_text(text: str) -> str:
    text = _URL_PASSWORD.sub(rf"\1:{HIDDEN}@", text)
    text = _BEARER.sub(rf"\1 {HIDDEN}", text)
    return _ADDRESS.sub(HIDDEN, text)


def _redact_event(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for name, value in list(event.items()):
        if not name.startswith("_"):
            event[name] = _redact_field(name, value)
    return event


def _shared_processors() -> list[Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]


def _last_processors(*, console: bool) -> list[Processor]:
    """The traceback becomes text before redaction, so that addresses in an exception's message are hidden too."""
    renderer: Processor = (
        structlog.dev.ConsoleRenderer()
        if console
        else structlog.processors.JSONRenderer(default=str, ensure_ascii=False)
    )
    return [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        structlog.processors.format_exc_info,
        _redact_event,
        renderer,
    ]
