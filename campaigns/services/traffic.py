"""Traffic: what goes on at each card of a workflow, in one version or in all of them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Literal
from zlib import crc32

from sqlalchemy import select

from campaigns.services.insight import Counts
from campaigns.storage.models import Version, Workflow
from campaigns.storage.queries import counting
from campaigns.storage.transaction import TenantSession

Choice = int | Literal["all"]


@dataclass(frozen=True, slots=True)
class Traffic:
    """`of` says whose figures these are: a version's, by its number, or those of all.

    `counts` are by section, trigger or listener (of a trigger: `passed` were let in, `failed` refused). `due` says by
    section how many are to move at this moment; `shares` by section and branch how many of a hundred took it.
    """

    of: Choice
    counts: dict[str, Counts] = field(default_factory=dict)
    due: dict[str, int] = field(default_factory=dict)
    shares: dict[tuple[str, str], int] = field(default_factory=dict)

    @property
    def mark(self) -> str:
        """A word that changes when a figure does."""
        figures = [(name, one.waiting, one.passed, one.failed) for name, one in sorted(self.counts.items())]
        told = repr((self.of, figures, sorted(self.due.items()), sorted(self.shares.items())))
        return f"{crc32(told.encode()):08x}"


def load_traffic(session: TenantSession, workflow: Workflow, wanted: str = "") -> Traffic:
    """Return a workflow's traffic: of "all" versions, of the version of a number, else of the live one."""
    of = choose(workflow, wanted)
    number = of if isinstance(of, int) else None
    counts, taken = dict[str, Counts](), defaultdict[str, dict[str, int]](dict)
    for key, *figures in counting.read_counts(session, workflow.id, number):
        section, branch = counting.split_key(key)
        if branch:
            taken[section][branch] = figures[1]
        else:
            counts[section] = Counts(*figures)
    version_id = None
    if number is not None:
        own = (Version.workflow_id == workflow.id, Version.number == number)
        version_id = session.scalar(select(Version.id).where(*own))
    due = counting.count_due(session, workflow.id, version_id) if workflow.is_active else {}
    shares = {(section, name): share for section in taken for name, share in _shares(taken[section]).items()}
    return Traffic(of, counts, due, shares)


def choose(workflow: Workflow, wanted: str) -> Choice:
    """Return whose figures are wanted; without a live version they are those of all."""
    if wanted.isascii() and wanted.isdigit() and 0 < int(wanted[:9]) <= workflow.last_version:
        return int(wanted[:9])
    return "all" if wanted == "all" else workflow.live_version or "all"


def _shares(taken: dict[str, int]) -> dict[str, int]:
    total = sum(taken.values())
    return {name: round(100 * count / total) for name, count in taken.items()} if total else {}
