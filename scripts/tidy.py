"""Refuse what no commit should carry: stray whitespace, merge markers, private keys, huge files.

`python scripts/tidy.py FILE…` prints one line a fault and exits with 1 when there is any.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

LARGEST_BYTES = 600_000
_MARKER = re.compile(rb"^(<{7} |={7}$|>{7} )", re.MULTILINE)
_KEY = re.compile(rb"-----BEGIN [A-Z ]*PRIVATE KEY-----")
_TRAILING = re.compile(rb"[ \t]+$", re.MULTILINE)
_WHITESPACE_MATTERS = {".csv", ".eml", ".md"}


def main(names: list[str]) -> int:
    faults = [f"{name}: {fault}" for name in names for fault in faults_of(Path(name))]
    print("\n".join(faults), end="\n" if faults else "")
    return 1 if faults else 0


def faults_of(path: Path) -> Iterator[str]:
    """Yield what is wrong with a file."""
    content = path.read_bytes()
    if len(content) > LARGEST_BYTES:
        yield f"has {len(content)} bytes; at most {LARGEST_BYTES} belong into the repository"
    if b"\0" in content[:8192]:
        return  # not a text
    if _MARKER.search(content):
        yield "has a merge marker"
    if _KEY.search(content):
        yield "has a private key"
    if path.suffix in _WHITESPACE_MATTERS:
        return
    if _TRAILING.search(content):
        yield "has trailing whitespace"
    if content and not content.endswith(b"\n"):
        yield "does not end with a line end"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
