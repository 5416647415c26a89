"""One run of a section's `perform`, as values, and who carries it out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from campaigns.engine.kinds import Kinds
from campaigns.errors import CampaignsError
from campaigns.outgoing.call import Sender
from campaigns.sections.needs import NarrowSender
from campaigns.sections.performed import Misfit, values_of
from campaigns.sections.performing import GiveUp, Job, Performing, TryLater

MOST_REASON = 500


@dataclass(frozen=True, slots=True)
class Task:
    """What is to be run. `limit` is in seconds, `memory` in MiB."""

    type: str
    key: str
    attempt: int = 1
    config: Mapping[str, Any] = field(default_factory=dict)
    asked: Mapping[str, Any] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)
    limit: float = 30.0
    memory: int = 256


class Performer(Protocol):
    """Carries out runs; safe from several threads.

    Returns what was answered, as plain values; raises GiveUp, TryLater, or what the guarded sender raised.
    """

    def perform(self, task: Task) -> dict[str, Any]: ...


class InProcess:
    """Carries out runs right here: for the tests of plugins, and at the bottom of each child process."""

    def __init__(self, kinds: Kinds, sender: Sender) -> None:
        self._kinds = kinds
        self._sender = sender

    def perform(self, task: Task) -> dict[str, Any]:
        model = model_of(self._kinds, task.type)
        job = Job(task.key, task.attempt, task.asked, task.secrets, NarrowSender(self._sender, model.needs))
        try:
            return values_of(model.model_validate(task.config).perform(job))
        except Misfit as error:
            raise GiveUp(str(error)) from None
        except CampaignsError:
            raise
        except MemoryError:
            raise TryLater(f"it took more than {task.memory} MiB of memory") from None
        except Exception as error:  # a stranger's code may raise anything
            raise TryLater(f"{type(error).__name__}: {error}"[:MOST_REASON]) from error


def model_of(kinds: Kinds, name: str) -> type[Performing]:
    """Return the class of a section type that performs; raise GiveUp when it is gone, or never did."""
    kind = kinds.get(name)
    if kind is None:
        raise GiveUp(f"The section type {name} is not installed any more.")
    if not issubclass(kind.model, Performing):
        raise GiveUp(f"The section type {name} has no perform any more.")
    return kind.model
