"""A section type that performs, in every way that a plugin may: well, badly, and not at all."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import Field

from campaigns.sections.base import Kind, section
from campaigns.sections.performing import EmitEvent, GiveUp, Job, Performed, Performing, TryLater
from campaigns.sections.registry import Registry, kinds


@section("test.act", role="action", label="Act")
class Act(Performing):
    """Does what its mode says, as a plugin would in its own process."""

    mode: str = Field("well", title="Mode")
    password: str | None = Field(None, title="Password", json_schema_extra={"reference": "secret"})
    fields: dict[str, Any] = Field(default_factory=dict, title="Fields")
    memory_limit = 128

    def branches(self) -> tuple[str, ...]:
        return ("done", "error") if self.mode != "no branch" else ()

    def perform(self, job: Job) -> Performed:
        found: Performed = getattr(self, f"_{self.mode.replace(' ', '_')}")(job)
        return found

    def _well(self, job: Job) -> Performed:
        seen = {"email": job.asked["lead"]["email"], "key": job.key, "attempt": job.attempt}
        event = EmitEvent("acted", {"by": "test"})
        receipt = {"secrets": len(job.secrets)}
        return Performed(
            "done", fields=self.fields, state={"seen": seen}, events=[event], note="Acted", receipt=receipt
        )

    def _no_branch(self, job: Job) -> Performed:
        raise GiveUp("there is no such thing")

    def _calls(self, job: Job) -> Performed:
        answer = job.send("POST", "http://127.0.0.1:9/", json={"n": 1})
        return Performed("done", state={"status": answer.status})

    def _later(self, job: Job) -> Performed:
        if job.attempt < 3:
            raise TryLater("not yet", after_seconds=2)
        return Performed("done", state={"key": job.key})

    def _gives_up(self, job: Job) -> Performed:
        raise GiveUp(f"no, and {job.secret('crm')} does not help")

    def _raises(self, job: Job) -> Performed:
        raise ZeroDivisionError("oh")

    def _exits(self, job: Job) -> Performed:
        sys.exit(3)

    def _is_killed(self, job: Job) -> Performed:
        os.kill(os.getpid(), signal.SIGKILL)
        return Performed()

    def _hangs(self, job: Job) -> Performed:
        threading.Event().wait()
        return Performed()

    def _is_slow_at_first(self, job: Job) -> Performed:
        """Tell a pipe who runs with which key; the first try then lasts for ever."""
        with Path(self.fields["pipe"]).open("w", encoding="utf-8") as pipe:
            pipe.write(f"{job.key} {job.attempt} {os.getpid()}\n")
        return self._hangs(job) if job.attempt == 1 else Performed("done", state={"key": job.key})

    def _allocates(self, job: Job) -> Performed:
        return Performed(state={"large": len(bytearray(4 << 30))})

    def _answers_much(self, job: Job) -> Performed:
        return Performed(state={"large": "x" * (8 << 20)})

    def _answers_nonsense(self, job: Job) -> Performed:
        return "yes"  # type: ignore[return-value]  # what a plugin with a mistake does

    def _answers_another_branch(self, job: Job) -> Performed:
        return Performed("nowhere")

    def _prints(self, job: Job) -> Performed:
        print("{}", *job.secrets.values(), flush=True)  # noqa: T201 - what a plugin does that it should not
        print("{}", *job.secrets.values(), file=sys.stderr, flush=True)  # noqa: T201
        return Performed("done", state={"environment": sorted(os.environ)})


def acting_kinds() -> Mapping[str, Kind]:
    """Return the built-in types and the one of this module."""
    registry = Registry(dict(kinds()))
    registry.add_module(sys.modules[__name__])
    return registry.kinds
