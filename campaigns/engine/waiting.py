"""What a token waits for: a trigger by name, how often it has to come, and for how long it is listened to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

from campaigns.engine.condition_tree import Condition
from campaigns.engine.duration import Duration

LISTEN_FOR = Duration(days=30)  # how long a listener listens unless said otherwise
_MOST = 1000


class Times(BaseModel):
    """How often an event has to come: exactly one of the four."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    every: bool | None = Field(None, title="Each time", strict=True)
    at_least: int | None = Field(None, title="Once, at this count", ge=1, le=_MOST, strict=True)
    exactly: int | None = Field(None, title="At exactly this count", ge=1, le=_MOST, strict=True)
    at_most: int | None = Field(None, title="Each time, at most so often", ge=1, le=_MOST, strict=True)

    @model_validator(mode="after")
    def _one(self) -> Times:
        given = [name for name in ("every", "at_least", "exactly", "at_most") if getattr(self, name) is not None]
        if len(given) != 1 or self.every is False:
            raise ValueError("write exactly one of every (true), at_least, exactly and at_most")
        return self


class TriggerSpec(BaseModel):
    """A trigger inside a section's config."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    type: str = Field(title="Event")
    config: dict[str, Any] = Field(default_factory=dict, title="Settings")
    filter: Condition | None = Field(None, title="Filter")
    times: Times | None = Field(None, title="Times")


@dataclass(frozen=True, slots=True)
class WaitItem:
    """A trigger that a section waits for: its name (the branch it leads to), and where it stands in the config."""

    name: str
    trigger: TriggerSpec
    path: str


def fires(times: Times | None, count: int) -> tuple[bool, bool]:
    """Return whether the nth event counts, and whether no later one can. Without times: once, at the first."""
    if times is None:
        return True, True
    if times.every:
        return True, False
    if times.at_most is not None:
        return count <= times.at_most, count >= times.at_most
    wanted = times.exactly or times.at_least or 1
    return count == wanted, count >= wanted
