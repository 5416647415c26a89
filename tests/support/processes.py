"""The program as real processes: started with a data folder of the test's own, told to stop, and never left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.support.sources import ROOT

PATIENCE_SECONDS = 30.0


@dataclass
class Process:
    """One running `campaigns …`; its output is read as it comes."""

    popen: subprocess.Popen[str]
    lines: list[str] = field(default_factory=list)
    _news: threading.Condition = field(default_factory=threading.Condition)

    def __post_init__(self) -> None:
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def expect(self, word: str) -> str:
        """Wait for a line with a word in it and return it."""
        with self._news:
            self._news.wait_for(lambda: self._find(word) or self.popen.poll() is not None, PATIENCE_SECONDS)
        found = self._find(word)
        assert found is not None, f"no line with {word!r}: {''.join(self.lines)}"
        return found

    def signal(self, number: int = signal.SIGTERM) -> None:
        self.popen.send_signal(number)

    def end(self) -> int:
        """Wait for the end; return the exit status."""
        return self.popen.wait(PATIENCE_SECONDS)

    def drained(self) -> None:
        """Wait until all it has printed is in `lines`."""
        self._reader.join(PATIENCE_SECONDS)

    def _find(self, word: str) -> str | None:
        return next((line for line in self.lines if word in line), None)

    def _read(self) -> None:
        assert self.popen.stdout is not None
        for line in self.popen.stdout:
            with self._news:
                self.lines.append(line)
                self._news.notify_all()
        self.popen.stdout.close()
        with self._news:
            self._news.notify_all()


Start = Callable[..., Process]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start the program by its words, settings as names; what still runs at the end is killed."""
    running: list[Process] = []

    def begin(*words: str, **settings: str) -> Process:
        given = {"home": str(tmp_path / "instance"), "smtp_url": "memory:", "assets": "local", **settings}
        variables = {f"CAMPAIGNS_{name.upper()}": value for name, value in given.items()}
        command = [sys.executable, "-m", "campaigns", *words]
        popen = subprocess.Popen(
            command,
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", **variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        running.append(Process(popen))
        return running[-1]

    yield begin
    for process in running:
        process.popen.kill()
        process.popen.wait()
