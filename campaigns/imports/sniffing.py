"""What can be told from the beginning of a file: no text at all, which separator, a header or none."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence

SEPARATORS = (",", ";", "\t", "|")

_SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"PK\x03\x04", "a ZIP archive or an Excel workbook (.xlsx)"),
    (b"PK\x05\x06", "an empty ZIP archive"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Office file (.xls)"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"Rar!\x1a\x07", "a RAR archive"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ\x00", "an xz archive"),
    (b"\x28\xb5\x2f\xfd", "a Zstandard archive"),
    (b"%!PS", "a PostScript file"),
    (b"\x89PNG\r\n", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"SQLite format 3\x00", "a SQLite database"),
    (b"\x7fELF", "a program"),
    (b"PAR1", "a Parquet file"),
    (b"\xff\xfe\x00\x00", "UTF-32 text"),
    (b"\x00\x00\xfe\xff", "UTF-32 text"),
    (b"{\\rtf", "an RTF document"),
)
_PDF = re.compile(rb"%PDF-[12]\.")  # readers of PDF accept this anywhere in the first kilobyte
_WEB_PAGE = re.compile(rb"\s*<(!doctype html|html[\s>]|\?xml\s)", re.IGNORECASE)
_CONTROLS = bytes(set(range(32)) - set(b"\t\n\r\x0c\x1a"))
_SPACES = re.compile(r"\s+")
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff\0]")
_DATA = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+|[+-]?[\d.,]*\d|\d{1,4}[./-]\d{1,2}[./-]\d{1,4}.*|\+[\d ()/-]{6,}")


def foreign(head: bytes) -> str | None:
    """What the file is, when its content says that it is no table of text; None when it may be one."""
    for signature, name in _SIGNATURES:
        if head.startswith(signature):
            return name
    if _PDF.search(head[:1024]):
        return "a PDF document"
    return "a web page or an XML document" if _WEB_PAGE.match(head) else None


def is_binary(head: bytes) -> bool:
    """Whether more than a tenth of the bytes are control characters. Not for UTF-16."""
    return len(head) - len(head.translate(None, _CONTROLS)) > len(head) // 10


def separator_score(rows: Sequence[Sequence[str]]) -> tuple[float, int]:
    """How well these rows read with some separator: the share that is as wide as the first, then that width."""
    if not rows or len(rows[0]) < 2:
        return (0.0, 1)
    widths = Counter(map(len, rows))
    return (widths[len(rows[0])] / len(rows), len(rows[0]))


def is_header(cells: Sequence[str]) -> bool:
    """Whether a first row looks like names rather than like somebody's data."""
    return not any(_DATA.fullmatch(cell.strip()) for cell in cells)


def column_names(cells: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Unique, readable names for header cells, and those of them that had to be made up or shared a name."""
    clean = [clean_name(cell) for cell in cells]
    shared = Counter(name.casefold() for name in clean)
    unclear = {number for number, name in enumerate(clean) if not name or shared[name.casefold()] > 1}
    names: list[str] = []
    taken: set[str] = {name.casefold() for name in clean if shared[name.casefold()] == 1}
    for number, name in enumerate(clean, start=1):
        names.append(_unique(name or f"Column {number}", taken) if number - 1 in unclear else name)
    return tuple(names), tuple(names[number] for number in sorted(unclear))


def clean_name(text: str) -> str:
    """A header cell without invisible characters, with single ordinary spaces, composed."""
    return _SPACES.sub(" ", _INVISIBLE.sub("", unicodedata.normalize("NFC", text))).strip()


def _unique(name: str, taken: set[str]) -> str:
    candidate, count = name, 1
    while candidate.casefold() in taken:
        count += 1
        candidate = f"{name} ({count})"
    taken.add(candidate.casefold())
    return candidate
