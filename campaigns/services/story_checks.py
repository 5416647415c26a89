"""What a story test expects of a trial, one check at a time; and what a trial that has just run would let expect."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from campaigns.engine.duration import Duration
from campaigns.engine.paths import Path
from campaigns.services.execution_pages import Place
from campaigns.services.trial_specs import STATUSES, Check
from campaigns.services.trials import Tried

_NOT_PASSED = frozenset({"waiting", "skipped", "failed"})
_ENDS = {"refused": "does not enter", "waiting": "is still waiting", "listening": "is still listening"}


def failures(checks: Sequence[Check], tried: Tried, places: Mapping[str, Place]) -> list[str]:
    """Return a sentence for each check that does not hold."""
    return [said for check in checks for said in [_failure(check, tried, places)] if said]


def derive(tried: Tried, places: Mapping[str, Place]) -> list[Check]:
    """Return what holds of a trial: the order of what it passes, its waits, where and how it ends."""
    path, found = tried.path, []
    ways = passed(path, places)
    if len(ways) > 1:
        found.append(Check(kind="order", sections=ways))
    elif ways:
        found.append(Check(kind="passes", section=ways[0]))
    found += [Check(kind="waits", section=name, after=after) for name, after in _waits(path, places)]
    if path.steps and path.steps[-1][0] in places:
        found.append(Check(kind="ends_at", section=path.steps[-1][0]))
    return [*found, *([Check(kind="ends_as", status=path.status)] if path.status in STATUSES else [])]


def offer(tried: Tried, places: Mapping[str, Place]) -> list[Check]:
    """Return what else could be expected: each section by itself, passed or not."""
    ways = passed(tried.path, places)
    sections = [name for name, place in places.items() if place.role != "trigger"]
    return [Check(kind="passes" if name in ways else "not_passes", section=name) for name in sections]


def words(check: Check, places: Mapping[str, Place]) -> str:
    """Return a check as a sentence: "passes “Hot lead?” (s1), then “Welcome” (s2)"."""
    if check.kind == "order":
        return "passes " + ", then ".join(_name(section, places) for section in check.sections)
    if check.kind == "ends_as":
        return _ENDS.get(check.status or "", f"ends as {check.status}")
    name = _name(check.section or "", places)
    if check.kind == "waits":
        return f"waits at {name} until {check.after.words() if check.after else ''} after the start, or longer"
    return {"passes": f"passes {name}", "not_passes": f"does not pass {name}", "ends_at": f"ends at {name}"}[check.kind]


def passed(path: Path, places: Mapping[str, Place]) -> list[str]:
    """Return the sections that were passed, each once, in order."""
    steps = [section for section, outcome, _, _ in path.steps if outcome not in _NOT_PASSED]
    return [name for name in dict.fromkeys(steps) if name in places and places[name].role != "trigger"]


def _failure(check: Check, tried: Tried, places: Mapping[str, Place]) -> str:
    named = [*check.sections, *([check.section] if check.section else [])]
    gone = [name for name in named if name not in places]
    if gone and check.kind != "not_passes":
        return f"expected that it {words(check, places)}, but there is no section {gone[0]} any more"
    but = _contradiction(check, tried.path, places)
    return f"expected that it {words(check, places)}, but {but}" if but else ""


def _contradiction(check: Check, path: Path, places: Mapping[str, Place]) -> str:
    ways = [section for section, outcome, _, _ in path.steps if outcome not in _NOT_PASSED]
    reason = f" ({path.reason})" if path.reason else ""
    if check.kind == "passes":
        return "" if check.section in ways else f"it does not{reason}"
    if check.kind == "not_passes":
        return "it does" if check.section in ways else ""
    if check.kind == "order":
        return _out_of_order(check.sections, ways, places) + (reason if path.status == "refused" else "")
    if check.kind == "ends_as":
        return "" if path.status == check.status else f"it {_ENDS.get(path.status, f'ends as {path.status}')}{reason}"
    if check.kind == "ends_at":
        last = path.steps[-1][0] if path.steps else ""
        return "" if last == check.section else f"it ends at {_name(last, places) if last else 'the start'}{reason}"
    return _too_early(check, path)


def _out_of_order(wanted: Sequence[str], ways: Sequence[str], places: Mapping[str, Place]) -> str:
    rest = iter(ways)
    missing = next((section for section in wanted if section not in rest), None)
    if missing is None:
        return ""
    name = _name(missing, places)
    return f"it passes {name} earlier" if missing in ways else f"it does not pass {name}"


def _too_early(check: Check, path: Path) -> str:
    entered = [
        index
        for index, (section, outcome, *_) in enumerate(path.steps)
        if (section, outcome) == (check.section, "waiting")
    ]
    if not entered:
        return "it does not wait there"
    left = next((at for section, outcome, at, _ in path.steps[entered[0] + 1 :] if section == check.section), None)
    if left is None or check.after is None:
        return ""
    wanted = path.started_at + _span(check.after)
    return "" if left >= wanted else f"it goes on after {_spoken(left - path.started_at)}"


def _waits(path: Path, places: Mapping[str, Place]) -> Iterator[tuple[str, Duration]]:
    """Yield each section that was waited at for a while, with how long after the start it went on."""
    seen: dict[str, datetime] = {}
    for section, outcome, at, _ in path.steps:
        if outcome == "waiting":
            seen.setdefault(section, at)
        elif section in seen and section in places and at > seen.pop(section):
            yield section, _duration(at - path.started_at)


def _duration(span: timedelta) -> Duration:
    minutes, seconds = divmod(int(span.total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    parts = {"days": days, "hours": hours, "minutes": minutes, "seconds": seconds}
    return Duration(**{unit: count for unit, count in parts.items() if count} or {"seconds": 0})


def _span(duration: Duration) -> timedelta:
    days = duration.months * 30 + duration.weeks * 7 + duration.days
    return timedelta(days=days, hours=duration.hours, minutes=duration.minutes, seconds=duration.seconds)


def _spoken(span: timedelta) -> str:
    return _duration(span).words()


def _name(section: str, places: Mapping[str, Place]) -> str:
    place = places.get(section)
    if place is None:
        return section
    same = sum(1 for one in places.values() if one.name == place.name)
    return f"“{place.name}” ({section})" if same > 1 else f"“{place.name}”"
