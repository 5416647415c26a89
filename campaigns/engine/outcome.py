"""What a section answers: a small closed set of frozen values. `advance` matches it exhaustively."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from campaigns.engine.effects import Effect, OutsideEffect

Receipt = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Done:
    """The section is done: its effects hold, the token goes on. `outcome` names it in the receipt."""

    effects: tuple[Effect, ...] = ()
    receipt: Receipt | None = None
    outcome: str = "done"


@dataclass(frozen=True, slots=True)
class Branch:
    """The token goes into the branch of this name; an absent branch is an empty one."""

    name: str
    receipt: Receipt | None = None


@dataclass(frozen=True, slots=True)
class Wait:
    """The token rests here until `until`; then the section is asked to resume."""

    until: datetime
    receipt: Receipt | None = None


@dataclass(frozen=True, slots=True)
class Perform:
    """An outside effect is planned with this step and carried out later; the token goes on."""

    effect: OutsideEffect
    receipt: Receipt | None = None
    outcome: str = "done"


@dataclass(frozen=True, slots=True)
class Leave:
    """The token leaves the branch: it goes on after the section that opened it."""

    receipt: Receipt | None = None
    outcome: str = "done"


@dataclass(frozen=True, slots=True)
class Return:
    """The token gives control back to the section that opened the branch."""

    receipt: Receipt | None = None
    outcome: str = "done"


@dataclass(frozen=True, slots=True)
class Goto:
    """The token goes to the section of this id."""

    section: str
    receipt: Receipt | None = None


@dataclass(frozen=True, slots=True)
class Stop:
    """The execution ends as stopped, with a reason."""

    reason: str
    receipt: Receipt | None = None


@dataclass(frozen=True, slots=True)
class Finish:
    """The token ends here."""

    receipt: Receipt | None = None


@dataclass(frozen=True, slots=True)
class Fail:
    """The execution rests in quarantine, with a reason, until somebody retries or cancels it."""

    reason: str
    receipt: Receipt | None = None


Outcome = Done | Branch | Wait | Perform | Leave | Return | Goto | Stop | Finish | Fail
