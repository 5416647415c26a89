"""The generated key: one for all processes, for the owner's eyes alone."""

from __future__ import annotations

import stat
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest

from campaigns.secret_key import FILE, KeyFileUnusable, obtain, weakness


def test_a_key_is_made_once_and_kept(tmp_path: Path) -> None:
    home = tmp_path / "deep" / "home"
    assert obtain(home) == obtain(home)
    assert [path.name for path in home.iterdir()] == [FILE]


def test_a_made_key_is_strong_and_for_the_owner_alone(tmp_path: Path) -> None:
    assert weakness(obtain(tmp_path)) is None
    assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600


def test_two_homes_have_two_keys(tmp_path: Path) -> None:
    assert obtain(tmp_path / "a") != obtain(tmp_path / "b")


def test_processes_that_start_together_agree(tmp_path: Path) -> None:
    with ProcessPoolExecutor(4, mp_context=get_context("spawn")) as pool:
        for attempt in range(10):
            homes = [tmp_path / str(attempt)] * 8
            assert len(set(pool.map(obtain, homes))) == 1
            assert [path.name for path in homes[0].iterdir()] == [FILE]


@pytest.mark.parametrize("content", ["", "changeme\n", "short"])
def test_a_weak_kept_key_is_refused_with_its_place(tmp_path: Path, content: str) -> None:
    (tmp_path / FILE).write_text(content)
    with pytest.raises(KeyFileUnusable, match=str(tmp_path / FILE)):
        obtain(tmp_path)


def test_a_home_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(KeyFileUnusable, match="Not a directory"):
        obtain(tmp_path / "file" / "home")
