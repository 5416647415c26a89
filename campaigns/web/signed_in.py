"""Who is signed in. The cookie carries a random token; everything about the session stands on the server."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from flask import Flask, g, session
from flask_login import LoginManager, UserMixin, current_user

from campaigns.services import sessions
from campaigns.services.sessions import SignedIn
from campaigns.services.tenants import Access
from campaigns.web.requests import current


@dataclass(eq=False)
class Visitor(UserMixin):
    """Flask-Login's user: its id is the session's token, so that ending the session's row ends the sign-in."""

    signed_in: SignedIn
    token: str

    def get_id(self) -> str:
        return self.token

    @property
    def id(self) -> UUID:
        return self.signed_in.user_id

    @property
    def session_id(self) -> UUID:
        return self.signed_in.session_id

    @property
    def name(self) -> str:
        return self.signed_in.name or self.signed_in.email

    @property
    def email(self) -> str:
        return self.signed_in.email

    @property
    def time_zone(self) -> str:
        return self.signed_in.time_zone

    @property
    def access(self) -> tuple[Access, ...]:
        return self.signed_in.access


manager = LoginManager()
manager.session_protection = None  # the row is the protection; addresses of honest people change


def register(app: Flask) -> None:
    """Load the signed-in user before each request."""
    manager.init_app(app, add_context_processor=False)
    app.before_request(_note_user)


@manager.user_loader  # type: ignore[untyped-decorator]  # flask-login has no types
def _load(token: str) -> Visitor | None:
    found = sessions.find(current.store, token)
    return Visitor(found, token) if found is not None else None


def _note_user() -> None:
    g.viewer_zone = current_user.time_zone if current_user.is_authenticated else "UTC"
    if not current_user.is_authenticated and "_user_id" in session:
        session.clear()
