"""What templates can say about values: times, numbers, names and ids."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Protocol
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from flask import Flask, g, request

from campaigns.clock import Clock, SystemClock

THIN_SPACE = "\N{NARROW NO-BREAK SPACE}"
MINUTE, HOUR, DAY = 60, 3600, 86400
# The longest span in seconds that is told in the unit, the seconds of one unit, and its name.
UNITS = ((HOUR, MINUTE, "min"), (DAY, HOUR, "h"), (14 * DAY, DAY, "day"), (60 * DAY, 7 * DAY, "week"))


class Identified(Protocol):
    """Anything that has an id."""

    @property
    def id(self) -> object: ...


def register(app: Flask, *, clock: Clock | None = None) -> None:
    """Give templates the filters below, and the globals `now`, `viewer_zone`, `dom_id` and `url_with`."""
    told = clock or SystemClock()
    app.jinja_env.filters.update(
        relative=relative, exact=exact, clock=on_clock, rfc3339=rfc3339, number=number, plural=plural,
        initials=initials, dom_id=dom_id, duration=duration, percent=percent, pieces=pieces,
    )  # fmt: skip
    app.jinja_env.globals.update(
        now=told.now, viewer_zone=viewer_zone, tenant_zone=tenant_zone, dom_id=dom_id, url_with=url_with
    )


def relative(at: datetime, now: datetime) -> str:
    """Return the time as a person says it: "just now", "5 min ago", "in 2 days", "14 Mar 2026".

    What lies behind is told by the units that have passed, what lies ahead by the nearest: a week less a moment is
    "in 7 days".
    """
    seconds = (at - now).total_seconds()
    span = abs(seconds)
    if span < MINUTE:
        return "just now" if seconds <= 0 else "in a moment"
    for longest, unit, name in UNITS:
        count = round(span / unit) if seconds > 0 else int(span // unit)
        if count * unit < longest:
            return f"in {_count(count, name)}" if seconds > 0 else f"{_count(count, name)} ago"
    return f"{at.day} {at:%b %Y}"


def exact(at: datetime, zone: str = "UTC") -> str:
    """Return the full time in `zone`, and in UTC where that is another."""
    universal = f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
    if zone == "UTC":
        return universal
    local = at.astimezone(ZoneInfo(zone))
    return f"{local:%a} {local.day} {local:%b %Y, %H:%M:%S} {local:%Z} · {universal}"


def on_clock(at: datetime, zone: str = "UTC") -> str:
    """Return the time as the clocks of a zone show it: "Tue 24 Nov 2026, 09:00"."""
    local = at.astimezone(ZoneInfo(zone))
    return f"{local:%a} {local.day} {local:%b %Y, %H:%M}"


def rfc3339(at: datetime) -> str:
    """Return the instant in UTC as RFC 3339 wants it, with `Z`."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def duration(span: timedelta | float) -> str:
    """Return a span, given as such or in seconds, by its two biggest units: "2 d 4 h", "3 min 20 s", "< 1 s"."""
    seconds = int(span.total_seconds() if isinstance(span, timedelta) else span)
    if seconds < 1:
        return "< 1 s"
    parts = []
    for unit, name in ((DAY, "d"), (HOUR, "h"), (MINUTE, "min"), (1, "s")):
        count, seconds = divmod(seconds, unit)
        parts.append(f"{count} {name}" if count else "")
    first = next(index for index, part in enumerate(parts) if part)
    return " ".join(part for part in parts[first : first + 2] if part)


def number(value: float | None, digits: int = 0) -> str:
    """Return the number with narrow spaces between thousands; a dash where there is none."""
    if value is None:
        return "–"
    return f"{value:,.{digits}f}".replace(",", THIN_SPACE).replace("-", "\N{MINUS SIGN}")


def percent(part: float, whole: float, digits: int = 0) -> str:
    """Return `part` of `whole` in percent; a dash where the whole is nothing."""
    return f"{100 * part / whole:.{digits}f}{THIN_SPACE}%" if whole else "–"


def plural(count: int, one: str, many: str | None = None) -> str:
    """Return the count with its noun: "1 lead", "1 204 leads", "2 entries"."""
    return f"{number(count)} {one if count == 1 else many or one + 's'}"


def initials(name: str) -> str:
    """Return one or two capitals that stand for a person or a tenant."""
    words = re.findall(r"\w+", name.partition("@")[0])
    letters = [word[0] for word in (words[:1] + words[-1:] if len(words) > 1 else words[:1])]
    return "".join(letters).upper() or "?"


def dom_id(subject: str | Identified, *parts: object) -> str:
    """Return the element id of a thing, or of a part of it: `dom_id(lead, "tags")` is `lead-<id>-tags`.

    `subject` is an object with an `id`, named by its class, or the noun itself as text.
    """
    named: list[object] = [subject] if isinstance(subject, str) else [_noun(type(subject).__name__), subject.id]
    return "-".join(re.sub(r"[^A-Za-z0-9_]+", "-", str(name)).strip("-") for name in [*named, *parts])


def pieces(text: str) -> list[tuple[str, bool]]:
    """Return text of the docs in pieces, and of each whether it is `code`; of a link its words."""
    parts = re.sub(r"\[([^\]]+)\]\([^)]*\)", r"\1", text).split("`")
    return [(part, bool(index % 2)) for index, part in enumerate(parts) if part]


def viewer_zone() -> str:
    """Return the name of the time zone of whoever looks at the page; the request's guard puts it on `g`."""
    return str(g.get("viewer_zone", "UTC"))


def tenant_zone() -> str:
    """Return the name of the open tenant's time zone, on whose clocks things are planned."""
    access = g.get("access")
    return str(access.time_zone) if access is not None else "UTC"


def url_with(**changes: object) -> str:
    """Return the present address with these query values changed, those that are None taken out.

    So filters, search, sorting and pages live in the URL and keep each other.
    """
    query = request.args.to_dict(flat=False)
    for name, value in changes.items():
        query.pop(name, None)
        if value is not None:
            query[name] = [str(value)]
    pairs = [(name, value) for name, values in query.items() for value in values]
    return f"{request.path}?{urlencode(pairs)}" if pairs else request.path


def _count(count: int, name: str) -> str:
    return f"{count} {name}" if name in ("min", "h") or count == 1 else f"{count} {name}s"


def _noun(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", name).lower()
