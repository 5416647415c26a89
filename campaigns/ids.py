"""Identifiers: UUID version 7, made by the application, ordered by creation."""

from __future__ import annotations

import os
import threading
import time
from uuid import UUID

_lock = threading.Lock()
_last_millisecond = 0
_counter = 0
_VERSION = 0x7 << 76
_VARIANT = 0b10 << 62
_COUNTER_BITS = 32
_NOISE = (1 << 42) - 1


def new_id() -> UUID:
    """Return one UUIDv7 that is greater than all that this process made before it."""
    return new_ids(1)[0]


def new_ids(count: int) -> list[UUID]:
    """Return `count` increasing UUIDv7: 48 bits of Unix milliseconds, a 32-bit counter, 42 random bits.

    The counter starts again at a random value each millisecond (RFC 9562, method 1), so that a batch
    is strictly increasing and a B-tree takes it at its right edge.
    """
    return [UUID(int=value) for value in _take(count)]


def new_keys(count: int) -> list[bytes]:
    """Return `count` increasing UUIDv7 as 16 big-endian bytes, for bulk writing without UUID objects."""
    return [value.to_bytes(16, "big") for value in _take(count)]


def _take(count: int) -> list[int]:
    global _last_millisecond, _counter  # noqa: PLW0603 - one sequence a process is the point
    noise = memoryview(os.urandom(8 * count)).cast("Q")
    with _lock:
        millisecond = time.time_ns() // 1_000_000
        if millisecond > _last_millisecond:
            _last_millisecond = millisecond
            _counter = int.from_bytes(os.urandom(3), "big")
        first = _counter
        _counter += count
        base = _last_millisecond
        if _counter >> _COUNTER_BITS:  # four thousand million in one millisecond: borrow the next one
            _last_millisecond, first, _counter, base = base + 1, 0, count, base + 1
    head = (base & (1 << 48) - 1) << 80 | _VERSION | _VARIANT
    return [
        head | counter >> 20 << 64 | (counter & 0xFFFFF) << 42 | random & _NOISE  # 12 bits beside the version, 20 below
        for counter, random in zip(range(first, first + count), noise, strict=True)
    ]
