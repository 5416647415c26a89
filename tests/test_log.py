"""Logging: one style for our events and the libraries', ids bound once, nothing private in the output."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from campaigns import log


@pytest.fixture
def out() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = io.StringIO()
    log.configure(style="json", stream=stream)
    yield stream
    root.handlers[:], root.level = handlers, level
    structlog.reset_defaults()
    log.forget()


def lines(out: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_an_event_is_one_json_object_a_line(out: io.StringIO) -> None:
    log.get_logger("campaigns.worker").info("batch.done", leads=3)
    (line,) = lines(out)
    assert (line["event"], line["leads"], line["level"], line["logger"]) == (
        "batch.done",
        3,
        "info",
        "campaigns.worker",
    )
    assert line["timestamp"].endswith("Z")


def test_records_of_libraries_look_the_same(out: io.StringIO) -> None:
    logging.getLogger("waitress").warning("queue depth is %d", 4)
    assert lines(out)[0] | {"timestamp": ""} == {
        "event": "queue depth is 4",
        "level": "warning",
        "logger": "waitress",
        "timestamp": "",
    }


def test_bound_fields_are_on_every_event_inside_alone(out: io.StringIO) -> None:
    logger = log.get_logger("x")
    with log.bound(tenant="acme"), log.bound(execution="e1"):
        logger.info("inside")
    logger.info("outside")
    inside, outside = lines(out)
    assert (inside["tenant"], inside["execution"]) == ("acme", "e1")
    assert "tenant" not in outside


def test_a_level_below_is_left_out(out: io.StringIO) -> None:
    log.get_logger("x").debug("detail")
    assert out.getvalue() == ""


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("password", "hunter2"),
        ("api_key", "hunter2"),
        ("headers", {"Authorization": "hunter2"}),
        ("header", "Bearer hunter2"),
        ("cookies", ["hunter2"]),
        ("reset_token", "hunter2"),
        ("url", "postgresql://u:hunter2@h/d"),
        ("to", "hunter2@example.com"),
        ("leads", [{"email": "hunter2@example.com"}]),
        ("raw", b"hunter2@example.com"),
    ],
)
def test_secrets_and_addresses_are_hidden(out: io.StringIO, field: str, value: object) -> None:
    log.get_logger("x").info("event", **{field: value})
    assert "hunter2" not in out.getvalue()
    assert log.HIDDEN in out.getvalue()


def test_addresses_in_an_exceptions_message_are_hidden(out: io.StringIO) -> None:
    try:
        int("ann@example.com")
    except ValueError:
        log.get_logger("x").exception("mail.failed")
    assert "ann@example.com" not in out.getvalue()
    assert "ValueError" in lines(out)[0]["exception"]


def test_a_terminal_gets_columns_and_a_file_json() -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    terminal = Terminal()
    try:
        log.configure(style="auto", stream=terminal)
        log.get_logger("x").info("hello")
    finally:
        root.handlers[:], root.level = handlers, level
        structlog.reset_defaults()
    assert "hello" in terminal.getvalue()
    assert not terminal.getvalue().startswith("{")


def test_a_tick_that_was_left_out_is_no_news(out: io.StringIO) -> None:
    scheduler = logging.getLogger("apscheduler.scheduler")
    scheduler.warning("Execution of job skipped: maximum number of running instances reached (1)")
    scheduler.error("Job raised an exception")
    assert [line["event"] for line in lines(out)] == ["Job raised an exception"]
