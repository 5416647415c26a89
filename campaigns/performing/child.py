"""The child process: runs of one section type, one after the other, each as a line of JSON.

It is given no settings and no database. What the plugin prints goes nowhere; what it answers goes through a
descriptor that was its standard output.
"""

from __future__ import annotations

import importlib
import json
import math
import os
import resource
import signal
import sys
import threading
import time
from ipaddress import ip_network
from typing import Any, TextIO

from campaigns.errors import CampaignsError
from campaigns.outgoing.call import Forbidden
from campaigns.outgoing.client import Client
from campaigns.performing.task import InProcess, Task
from campaigns.sections.registry import Registry

READY = "ready"
MIB = 1024 * 1024
_GRACE_SECONDS = 5  # the parent ends what takes too long; this is for a child whose parent is gone
_LOOK_SECONDS = 1.0  # between two looks whether the parent is still there


def main() -> None:
    """Load the module that is named, say so, and work until standard input ends."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    module, *networks = sys.argv[1:]
    registry = Registry()
    registry.add_module(importlib.import_module(module))
    performer = InProcess(registry.kinds, Client(ip_network(network) for network in networks))
    in_use = used_bytes()
    _say(answers, {READY: True})
    for line in sys.stdin:
        task = Task(**json.loads(line))
        answer = _run(performer, task, in_use)
        spent = used_bytes() > in_use + task.memory * MIB // 2  # what it holds on to would be missing next time
        _say(answers, {**answer, "spent": spent})


def _end_with(parent: int) -> None:
    """End this process, with all that it has started, once its parent is gone: nobody would hear its answer.

    Another worker makes the run of one that was killed again, and the two are not to go on side by side.
    """
    while os.getppid() == parent:
        time.sleep(_LOOK_SECONDS)
    os.killpg(os.getpgid(0), signal.SIGKILL)


def _run(performer: InProcess, task: Task, in_use: int) -> dict[str, Any]:
    signal.alarm(math.ceil(task.limit) + _GRACE_SECONDS)
    resource.setrlimit(resource.RLIMIT_AS, (in_use + task.memory * MIB, resource.RLIM_INFINITY))
    try:
        return {"performed": performer.perform(task)}
    except CampaignsError as error:
        final = isinstance(error, Forbidden)
        return {"error": error.message, "final": final, "after_seconds": getattr(error, "after_seconds", 0)}
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        signal.alarm(0)


def used_bytes() -> int:
    """Return how much address space this process has; 0 where the system does not tell."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123 - Path reads it in pieces
            return int(file.read().split()[0]) * resource.getpagesize()
    except OSError:
        return 0


def _say(answers: TextIO, said: dict[str, Any]) -> None:
    answers.write(json.dumps(said) + "\n")
    answers.flush()


if __name__ == "__main__":
    main()
