"""What a section answers: a small closed set of frozen values. `advance` matches it exhaustively."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from campaigns.engine.effects import Effect, OutsideEffect

Receipt = dict[str, Any]
Join = Literal["all", "any", "none"]


@dataclass(frozen=True, slots=True)
class Done:
    """The section is done: its effects hold, the token goes on. `outcome` names it in the receipt."""

    effects: tuple[Effect, ...] = ()
    receipt: Receipt | None = None
    outcome: str = "done"


@dataclass(frozen=True, slots=True)
class Branch:
    """The token goes into the branch of this name; an absent branch is an empty one. Its effects hold."""

    name: str
    receipt: Receipt | None = None
    effects: tuple[Effect, ...] = ()


@dataclass(frozen=True, slots=True)
class Wait:
    """The token rests here until `until` or until one of the events comes that the section waits for.

    Then the section is asked to resume. `waits` names those events, as `Section.waits` gives them.
    """

    until: datetime | None
    receipt: Receipt | None = None
    waits: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Fork:
    """The token goes into all of these branches at once. `join`: it goes on when `all` or `any` arrive, or at once."""

    branches: tuple[str, ...]
    join: Join
    receipt: Receipt | None = None


@dataclass(frozen=True, slots=True)
class Start:
    """Another workflow starts for the same lead; with `wait` the token rests until that execution has ended.

    A refusal is no failure: the step's outcome is `refused`, with the reason, and the token goes on.
    """

    workflow: str
    at: datetime
    pass_state: bool = False
    pass_event: bool = False
    wait: bool = False


@dataclass(frozen=True, slots=True)
class Perform:
    """An outside effect is planned with this step and carried out later; the token goes on.

    With `wait` it rests until the answer is there; then the section is asked to resume.
    """

    effect: OutsideEffect
    receipt: Receipt | None = None
    outcome: str = "done"
    wait: bool = False


@dataclass(frozen=True, slots=True)
class Limit:
    """The token takes the branch `pass` while fewer than `times` have passed `within` a time by this key, else `block`.

    `shared`: with all workflows of the tenant, not counted for this one alone. Where nobody knows the count yet, the
    token rests, due at once, until it is known. `missing` names what had no value.
    """

    key: tuple[str, ...]
    times: int
    within: timedelta
    shared: bool = False
    missing: tuple[str, ...] = ()


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
    """The token goes to the section of this id, at most so many times; then it goes on instead."""

    section: str
    receipt: Receipt | None = None
    most: int | None = None


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


Outcome = Done | Branch | Wait | Fork | Start | Perform | Limit | Leave | Return | Goto | Stop | Finish | Fail
