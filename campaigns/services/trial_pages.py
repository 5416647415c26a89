"""A trial as people read it: each step with its time, what decided it, and what it changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from campaigns.engine.events import change_name
from campaigns.engine.moments import wall
from campaigns.engine.paths import Trace
from campaigns.services.execution_pages import Place
from campaigns.services.execution_path import why
from campaigns.services.timeline_words import event_words, outcome_words
from campaigns.services.trial_benches import Bench
from campaigns.services.trials import Tried

Mark = Literal["passed", "waiting", "skipped", "failed", "stopped"]
_MARKS: Mapping[str, Mark] = {"waiting": "waiting", "skipped": "skipped", "failed": "failed", "stopped": "stopped"}
_ENDS = {
    "finished": "Finished", "stopped": "Stopped", "failed": "Failed", "waiting": "Still waiting",
    "listening": "Still listening", "refused": "Did not enter", "running": "Still running",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a trial: the start, a step, an event that came, or the end.

    `section` is empty where no card belongs to it; `outcome` is a branch's own name where one was taken; `clock` is
    the lead's time, `after` how long since the start; `state` and `lead` are what changed, as (name, before, after).
    """

    kind: Literal["start", "step", "event", "end"]
    section: str
    place: Place
    outcome: str
    mark: Mark
    said: str
    at: datetime
    clock: datetime
    after: timedelta
    why: str = ""
    until: datetime | None = None
    changed: str = ""
    state: list[tuple[str, Any, Any]] = field(default_factory=list)
    before: dict[str, Any] = field(default_factory=dict)
    state_after: dict[str, Any] = field(default_factory=dict)
    outside: bool = False
    problems: list[str] = field(default_factory=list)


def lines(bench: Bench, tried: Tried) -> list[Line]:
    """Return a trial line by line, in order."""
    return list(_Teller(bench, tried).lines())


def ending(tried: Tried) -> str:
    """Return in words how it ended: "Did not enter: the lead is in this workflow already"."""
    said = _ENDS.get(tried.path.status, tried.path.status)
    reason = tried.path.reason.removeprefix("refused: ")
    return f"{said}: {reason}" if reason else said


class _Teller:
    def __init__(self, bench: Bench, tried: Tried) -> None:
        self.bench, self.tried, self.path = bench, tried, tried.path

    def lines(self) -> Iterator[Line]:
        yield self._start()
        heard, before = list(self.path.heard), dict[str, Any]()
        for index, (section, outcome, at, receipt) in enumerate(self.path.steps):
            while heard and heard[0].before <= index:
                yield self._event(heard.pop(0))
            trace = self.path.traces[index]
            yield self._step(section, outcome, at, receipt or {}, (trace, before))
            before = trace.state
        for event in heard:
            yield self._event(event)
        yield self._end(before)

    def _step(
        self, section: str, outcome: str, at: datetime, receipt: dict[str, Any], left: tuple[Trace, dict[str, Any]]
    ) -> Line:
        trace, before = left
        until, changes = _instant(receipt.get("until")), trace.changes
        return self._line(
            "step",
            section,
            outcome,
            at,
            mark=_MARKS.get(outcome, "passed"),
            said=outcome_words(outcome),
            why="" if until else why(receipt),
            until=wall(until, self.tried.zone) if until else None,
            changed=event_words(change_name(changes), changes, "execution", self.bench.vocabulary) if changes else "",
            state=_differences(before, trace.state),
            before=before,
            state_after=trace.state,
            outside=trace.outside,
            problems=self.bench.problems.get(section, []),
        )

    def _start(self) -> Line:
        event = self.tried.event.values
        words = event_words(event["name"], event["changes"], event["source"], self.bench.vocabulary)
        said = "Started by hand" if self.tried.trigger is None else words
        refused = self.tried.is_refused
        return self._line(
            "start",
            self.tried.trigger or "",
            "refused" if refused else "done",
            self.path.started_at,
            mark="stopped" if refused else "passed",
            said=said,
            problems=self.bench.problems.get(self.tried.trigger or "", []),
        )

    def _event(self, event: Any) -> Line:
        said = f"{event.name}: {'heard' if event.counted else 'nothing waited for it'}"
        return self._line("event", "", "", event.at, mark="passed" if event.counted else "skipped", said=said)

    def _end(self, state: dict[str, Any]) -> Line:
        mark: Mark = {"failed": "failed", "waiting": "waiting", "listening": "waiting"}.get(self.path.status, "passed")  # type: ignore[assignment]
        at = self.path.ends_at or self.path.started_at
        return self._line(
            "end", "", self.path.status, at, mark=mark, said=ending(self.tried), before=state, state_after=state
        )

    def _line(self, kind: Any, section: str, outcome: str, at: datetime, **parts: Any) -> Line:
        names = {"start": "Start", "event": "Event", "end": "End"}
        place = self.bench.places.get(section) or Place(
            names.get(kind, section), "", "start" if kind != "end" else "finish"
        )
        after = at - self.path.started_at
        clock = wall(at, self.tried.zone)
        return Line(
            kind=kind, section=section, place=place, outcome=outcome, at=at, clock=clock, after=after, **parts
        )  # fmt: skip


def _differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[tuple[str, Any, Any]]:
    names = dict.fromkeys([*before, *after])
    return [(name, before.get(name), after.get(name)) for name in names if before.get(name) != after.get(name)]


def _instant(text: Any) -> datetime | None:
    try:
        return datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
