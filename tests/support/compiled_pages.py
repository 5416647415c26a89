"""Page templates compiled once: every test has an app of its own, and they all have the same pages."""

from __future__ import annotations

from types import CodeType

from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket


class CompiledPages(BytecodeCache):
    """Keeps compiled templates in memory, by name and content."""

    def __init__(self) -> None:
        self._codes: dict[str, CodeType | None] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Fill a bucket when its template is known as it is now."""
        known = self._codes.get(f"{bucket.key} {bucket.checksum}")
        if known is not None:
            bucket.code = known

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep what was compiled."""
        self._codes[f"{bucket.key} {bucket.checksum}"] = bucket.code


_PAGES = CompiledPages()


def compiled_once(app: Flask) -> Flask:
    """Let an app take its pages from those that were compiled before."""
    app.jinja_env.bytecode_cache = _PAGES
    return app
