"""The demo's tenants and the one account that opens them; its password is kept, so that a second run tells it again."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from campaigns.errors import CampaignsError
from campaigns.services import accounts, tenants
from campaigns.services.accounts import Person
from campaigns.storage.transaction import system

if TYPE_CHECKING:
    from campaigns.runtime import Runtime

EMAIL = "demo@campaigns.example"
PASSWORD_FILE = "demo-password"  # noqa: S105 - a file's name
TENANTS = {"demo": "Harbour Lane Coffee", "demo-small": "Harbour Lane Tea", "demo-empty": "Harbour Lane Events"}


class DemoPasswordLost(CampaignsError):
    """The demo's account is there, but not the file with its password: use an empty database, or sign up anew."""

    code = "demo_password_lost"


@dataclass(frozen=True, slots=True)
class SignIn:
    """What a person types to look at the demo."""

    email: str
    password: str


def make_tenants(runtime: Runtime) -> SignIn:
    """Make the account and the tenants that are missing: one to look at, one of a few leads, one as new."""
    file = runtime.settings.home / PASSWORD_FILE
    with system(runtime.store) as session:
        user = accounts.find_user(session, EMAIL)
        there = {one.key for one in tenants.list_tenants(session)}
    if user is not None and not file.exists():
        raise DemoPasswordLost
    owner = Person(EMAIL, name="Dana Demo", password=_kept_password(file))
    for key, name in TENANTS.items():
        if key not in there:
            accounts.create_tenant(runtime.store, name=name, owner=owner, key=key)
    return SignIn(EMAIL, owner.password or "")


def _kept_password(file: Path) -> str:
    """Return the password in the file, made and written first where there is none, readable by its owner alone."""
    if not file.exists():
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as kept:
            kept.write(secrets.token_hex(8) + "\n")
    return file.read_text(encoding="ascii").strip()
