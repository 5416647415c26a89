"""Which encodings a file may have, how one is found out, and how bytes become physical lines in it."""

from __future__ import annotations

import codecs
import re
from typing import NamedTuple

from charset_normalizer import from_bytes

from campaigns.errors import Invalid, Problem

OFFERED = (
    "utf_8 utf_16_le utf_16_be cp1252 iso8859_1 iso8859_2 iso8859_15 cp1250 cp1251 cp1253 cp1254 cp1256 koi8_r "
    "mac_roman cp437 cp850 shift_jis cp932 euc_jp gb18030 gbk big5 euc_kr"
).split()
BOMS = ((codecs.BOM_UTF8, "utf_8"), (codecs.BOM_UTF16_LE, "utf_16_le"), (codecs.BOM_UTF16_BE, "utf_16_be"))
UTF_32 = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)

_ISOLATED = ["utf_8", "cp1252", "cp1251", "utf_16"]
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\n|\r)|[^\r\n]+")
_WORD = re.compile(rb"[\xc0-\xff]{2}")
_SURROGATE = re.compile("[\ud800-\udfff]")
# Bytes that stand for damage far more often than for the letters y with dots, thorn and A with tilde.
_DAMAGE = b"\xff\xfe\xc3\xc2\x81\x8d\x8f\x90\x9d"


class Lines(NamedTuple):
    """Whole physical lines with their ends, the bytes of each, and whether a NUL or an unreadable byte is in one."""

    texts: list[str]
    sizes: list[int]
    odd: bool


def exact(name: str, head: bytes) -> str:
    """The encoding meant by `name`, as one of OFFERED; the bytes decide the direction of UTF-16. Raises Invalid."""
    try:
        found = codecs.lookup(name).name.replace("-", "_")
    except LookupError:
        found = ""
    if found in {"utf_16", "utf_8_sig"}:
        found = "utf_8" if found == "utf_8_sig" else _direction(head) or "utf_16_le"
    offered = {codecs.lookup(one).name.replace("-", "_"): one for one in OFFERED}
    if found not in offered:
        raise Invalid(problems=[Problem("/encoding", f"{name!r} is not an encoding that can be read here")])
    return offered[found]


def detect(head: bytes) -> str:
    """The likeliest encoding of a file that begins with `head`."""
    for bom, name in BOMS:
        if head.startswith(bom):
            return name
    if wide := _direction(head):
        return wide
    if _looks_like_utf_8(head):
        return "utf_8"
    best = from_bytes(head, cp_isolation=_ISOLATED).best()
    # Cyrillic comes in words; a lone sign above ASCII is Western.
    return "cp1251" if best and best.encoding == "cp1251" and _WORD.search(head) else "cp1252"


def mark_size(head: bytes, *, encoding: str) -> int:
    """How many bytes of a byte order mark `head` begins with."""
    return next((len(bom) for bom, name in BOMS if name == encoding and head.startswith(bom)), 0)


def split(data: bytes, *, encoding: str, final: bool) -> Lines:
    """The whole lines at the beginning of `data`; what follows the last line end counts only when `final`."""
    cut = _split_wide if encoding.startswith("utf_16") else _split
    return cut(data, encoding=encoding, final=final)


def unreadable(cell: str) -> bool:
    """Whether bytes of this cell were not text in the file's encoding."""
    return _SURROGATE.search(cell) is not None


def printable(cell: str) -> str:
    """The cell with what no database or file can keep shown as U+FFFD."""
    return _SURROGATE.sub("\ufffd", cell).replace("\0", "\ufffd")


def _split(data: bytes, *, encoding: str, final: bool) -> Lines:
    raw = data.splitlines(keepends=True)
    # A lone CR at the very end may be the first half of CRLF: it waits for the next bytes.
    if raw and not final and not raw[-1].endswith(b"\n"):
        raw.pop()
    sizes = list(map(len, raw))
    try:
        return Lines([str(line, encoding) for line in raw], sizes, b"\0" in data)
    except UnicodeDecodeError:
        return Lines([str(line, encoding, "surrogateescape") for line in raw], sizes, True)


def _split_wide(data: bytes, *, encoding: str, final: bool) -> Lines:
    text = data[: len(data) & ~1].decode(encoding, "surrogatepass")
    lines = _LINE.findall(text)
    if lines and not final and not lines[-1].endswith("\n"):
        lines.pop()
    sizes = [len(line.encode(encoding, "surrogatepass")) for line in lines]
    if final and len(data) % 2:
        lines, sizes = [*lines, "\udc80"], [*sizes, 1]
    return Lines(lines, sizes, "\0" in text or len(data) % 2 == 1 or unreadable(text))


def _direction(head: bytes) -> str | None:
    """UTF-16 by its zero bytes: nearly all on one side, and line ends that are two bytes wide."""
    for bom, name in BOMS[1:]:
        if head.startswith(bom):
            return name
    units = len(head) // 2
    for name, zeros, others in (("utf_16_le", head[1::2], head[::2]), ("utf_16_be", head[::2], head[1::2])):
        count = zeros.count(0)
        if count < max(2, units // 50) or others.count(0):
            continue
        text = head[: units * 2].decode(name, "replace")
        ends = text.count("\n") + text.count("\r")
        raw_ends = head.count(b"\n") + head.count(b"\r")
        if "\ufffd" not in text[:-1] and (2 * ends >= raw_ends > 0 or count > 0.4 * units):
            return name
    return None


def _looks_like_utf_8(head: bytes) -> bool:
    text = codecs.getincrementaldecoder("utf_8")("surrogateescape").decode(head)
    bad = [char for char in text if "\udc80" <= char <= "\udcff"]
    good = sum(char > "\x7f" for char in text) - len(bad)
    damaged = all(ord(char) - 0xDC00 in _DAMAGE for char in bad)
    return not bad or good > len(bad) or damaged
