"""Who is signed in. The cookie carries a random token; everything about the session stands on the server."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Flask, g, session
from flask_login import LoginManager, UserMixin, current_user

from campaigns.services import sessions
from campaigns.storage.models import User
from campaigns.web.requests import current


@dataclass(eq=False)
class SignedIn(UserMixin):
    """Flask-Login's user: its id is the session's token, so that ending the session's row ends the sign-in."""

    user: User
    token: str

    def get_id(self) -> str:
        return self.token

    @property
    def name(self) -> str:
        return self.user.name or self.user.email

    @property
    def email(self) -> str:
        return self.user.email


manager = LoginManager()
manager.session_protection = None  # the row is the protection; addresses of honest people change


def register(app: Flask) -> None:
    """Load the signed-in user before each request."""
    manager.init_app(app, add_context_processor=False)
    app.before_request(_note_user)


@manager.user_loader  # type: ignore[untyped-decorator]  # flask-login has no types
def _load(token: str) -> SignedIn | None:
    found = sessions.find(current.store, token)
    return SignedIn(found[0], token) if found is not None else None


def _note_user() -> None:
    if current_user.is_authenticated:
        g.user = current_user.user
        g.viewer_zone = current_user.user.time_zone
    else:
        g.viewer_zone = "UTC"
        if "_user_id" in session:
            session.clear()
