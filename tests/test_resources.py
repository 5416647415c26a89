"""The files beside the code are found in a checkout and in an installed package."""

from __future__ import annotations

from pathlib import Path

import pytest

from campaigns import resources


def test_a_checkout_has_them_at_its_top() -> None:
    assert (resources.migrations() / "env.py").is_file()
    assert resources.templates().is_dir()
    assert resources.static().is_dir()
    assert list(resources.workflow_templates().glob("*.json"))


def test_an_installed_package_carries_them(tmp_path: Path) -> None:
    package = tmp_path / "site-packages" / "campaigns"
    bundled = package / "_bundle" / "templates"
    bundled.mkdir(parents=True)
    (tmp_path / "site-packages" / "templates").mkdir()  # a stranger's folder beside it
    assert resources._folder("templates", package=package) == bundled


def test_a_missing_folder_is_said(tmp_path: Path) -> None:
    with pytest.raises(resources.ResourceMissing, match="static"):
        resources._folder("static", package=tmp_path / "campaigns")
