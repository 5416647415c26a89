"""Where the files beside the code lie: templates, static files, migrations.

A checkout has them at its top level; an installed wheel carries them in `campaigns/_bundle`.
"""

from __future__ import annotations

from pathlib import Path

from campaigns.errors import CampaignsError

_PACKAGE = Path(__file__).resolve().parent


class ResourceMissing(CampaignsError):
    """A folder that belongs to the program is missing: install it again."""

    code = "resource_missing"


def templates() -> Path:
    """Return the folder of the page and mail templates."""
    return _folder("templates")


def static() -> Path:
    """Return the folder of style sheets, scripts and vendored assets."""
    return _folder("static")


def migrations() -> Path:
    """Return Alembic's folder."""
    return _folder("migrations")


def demo() -> Path:
    """Return the folder of the demo's sample data."""
    return _folder("demo")


def workflow_templates() -> Path:
    """Return the folder of the ready-made workflows."""
    return _folder("workflow_templates")


def _folder(name: str, *, package: Path = _PACKAGE) -> Path:
    """Return the bundled folder, else the checkout's; the bundle wins, as it belongs to this very version."""
    for folder in (package / "_bundle" / name, package.parent / name):
        if folder.is_dir():
            return folder
    raise ResourceMissing(f"the folder {name} is missing beside {package}: install Campaigns again")
