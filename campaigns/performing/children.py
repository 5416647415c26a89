"""Runs in child processes: one section type a process, ended when it takes too long or too much.

A child is kept for the next run of its type, so that starting Python is paid once. It gets no settings: what a plugin
learns is what the section asked for, and the secrets that its config names.
"""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import subprocess
import sys
import threading
import time
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from campaigns.engine.kinds import Kinds
from campaigns.outgoing.addresses import Network
from campaigns.performing.task import Task, model_of
from campaigns.sections.performing import GiveUp, TryLater

START_SECONDS = 30.0
MOST_IDLE = 8  # children that wait for another run
MOST_RUNS = 200  # of one child
MOST_ANSWERED = 256 * 1024
_PIECE = 64 * 1024
# What a child may see of the environment: where programs and libraries are, and how text is written.
_PASSED = ("PATH", "LANG", "LC_ALL", "TZ", "TMPDIR", "SSL_CERT_FILE", "SSL_CERT_DIR", "LD_LIBRARY_PATH", "VIRTUAL_ENV")


class Children:
    """Carries out runs in child processes. Making one starts nothing; `close` ends those that are idle."""

    def __init__(self, kinds: Kinds, allowed: Iterable[Network] = ()) -> None:
        self._kinds = kinds
        self._networks = [str(network) for network in allowed]
        self._idle: OrderedDict[int, _Child] = OrderedDict()
        self._lock = threading.Lock()

    def perform(self, task: Task) -> dict[str, Any]:
        """Run a task in a child of its type; raise TryLater or GiveUp."""
        module = model_of(self._kinds, task.type).__module__
        child = self._take(module) or _Child(module, self._networks)
        try:
            answer = child.run(task)
        except BaseException:
            child.end()
            raise
        if answer.get("spent"):
            child.end()
        else:
            self._keep(child)
        return _performed(answer)

    def close(self) -> None:
        """End the children that wait for another run."""
        with self._lock:
            idle = list(self._idle.values())
            self._idle.clear()
        for child in idle:
            child.end()

    def _take(self, module: str) -> _Child | None:
        with self._lock:
            found = next((child for child in reversed(self._idle.values()) if child.module == module), None)
            return self._idle.pop(id(found)) if found is not None else None

    def _keep(self, child: _Child) -> None:
        """Keep a child for the next run; the one that waited longest makes room."""
        leaving: _Child | None = child
        with self._lock:
            if child.runs < MOST_RUNS:
                self._idle[id(child)] = child
                leaving = self._idle.popitem(last=False)[1] if len(self._idle) > MOST_IDLE else None
        if leaving is not None:
            leaving.end()


class _Child:
    """One process that has loaded one module of section types."""

    def __init__(self, module: str, networks: list[str]) -> None:
        self.module = module
        self.runs = 0
        self._rest = b""
        self._process = subprocess.Popen(  # noqa: S603 - our own program, and a module that the operator installed
            [sys.executable, "-P", "-m", "campaigns.performing.child", module, *networks],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd="/",
            env=_environment(),
            start_new_session=True,  # whatever it starts ends with it
        )
        try:
            self._hear(START_SECONDS, f"the module {module} took more than {START_SECONDS:.0f} seconds to load")
        except BaseException:
            self.end()
            raise

    def run(self, task: Task) -> dict[str, Any]:
        """Hand a task over and return what is answered; raise TryLater when nothing is, in time."""
        self.runs += 1
        try:
            self._say(json.dumps(asdict(task)).encode() + b"\n")
        except OSError:
            raise TryLater(self._ended()) from None
        return self._hear(task.limit, f"it took more than {task.limit:g} seconds")

    def end(self) -> None:
        """End the process with all that it has started, at once."""
        try:
            os.killpg(self._process.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                _close(pipe)

    def _say(self, line: bytes) -> None:
        assert self._process.stdin is not None  # noqa: S101 - made with a pipe
        self._process.stdin.write(line)
        self._process.stdin.flush()

    def _hear(self, seconds: float, late: str) -> dict[str, Any]:
        """Return the next line, read as JSON, or raise TryLater."""
        assert self._process.stdout is not None  # noqa: S101 - made with a pipe
        until = time.monotonic() + seconds
        with selectors.DefaultSelector() as selector:
            selector.register(self._process.stdout, selectors.EVENT_READ)
            while b"\n" not in self._rest:
                if not selector.select(max(0.0, until - time.monotonic())):
                    raise TryLater(late)
                piece = os.read(self._process.stdout.fileno(), _PIECE)
                if not piece:
                    raise TryLater(self._ended())
                self._rest += piece
                if len(self._rest) > MOST_ANSWERED:
                    raise GiveUp(f"it answered with more than {MOST_ANSWERED // 1024} KiB")
        line, _, self._rest = self._rest.partition(b"\n")
        try:
            found = json.loads(line)
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise GiveUp("it answered with what is no JSON object")
        return found

    def _ended(self) -> str:
        status = self._process.wait()
        how = f"by signal {signal.Signals(-status).name}" if status < 0 else f"with exit status {status}"
        return f"its process ended {how}"


def _performed(answer: dict[str, Any]) -> dict[str, Any]:
    """Return what was performed, or raise what went wrong."""
    if "performed" in answer:
        found: dict[str, Any] = answer["performed"]
        return found
    message = str(answer.get("error", "it gave no answer"))
    if answer.get("final"):
        raise GiveUp(message)
    raise TryLater(message, after_seconds=float(answer.get("after_seconds") or 0))


def _environment() -> dict[str, str]:
    """Return what a child may know of ours: where modules are, and no settings."""
    paths = [os.path.abspath(path) for path in sys.path]  # noqa: PTH100 - "" is the folder we were started in
    passed = {name: os.environ[name] for name in _PASSED if name in os.environ}
    return {**passed, "PYTHONPATH": os.pathsep.join(paths), "PYTHONUTF8": "1", "PYTHONDONTWRITEBYTECODE": "1"}


def _close(pipe: Any) -> None:
    with contextlib.suppress(OSError):  # what it held was meant for a process that is gone
        pipe.close()
