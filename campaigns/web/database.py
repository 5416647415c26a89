"""Flask-SQLAlchemy on our own store: the one module that knows the extension.

`db.session` reads: it is bound to the request's tenant, uses the store's reader engine, and is closed with the request.
Writing is done in `writing_here()`, which commits in one place.
"""

from __future__ import annotations

from typing import Any, NoReturn, cast

from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from flask_sqlalchemy.session import Session

from campaigns.errors import CampaignsError
from campaigns.storage.base import Base
from campaigns.storage.transaction import TenantSession
from campaigns.web.current import RUNTIME, current


class ReadOnly(CampaignsError):
    """Pages read through db.session; write in writing_here()."""

    code = "read_only"


class PageSession(TenantSession, Session):
    """The scoped session: one tenant, the one of the request; without an open tenant it can't be had."""

    def __init__(self, db: SQLAlchemy, **options: Any) -> None:
        Session.__init__(self, db, **options)
        self.tenancy, self.store = current.tenancy, current.store
        self.info["tenant_id"] = self.tenancy.tenant_id

    def flush(self, objects: Any = None) -> None:
        if self.new or self.dirty or self.deleted:
            raise ReadOnly

    def commit(self) -> NoReturn:
        raise ReadOnly


class Pages(SQLAlchemy):
    """The extension with our base as its model class, and with the store's engine instead of one of its own."""

    def _make_declarative_base(self, *_arguments: Any, **_options: Any) -> Any:
        Base.metadata.info["bind_key"] = None
        self.metadatas[None] = Base.metadata
        return Base

    def _apply_driver_defaults(self, options: dict[str, Any], app: Flask) -> None:
        """The engines are made in storage/db.py; there is nothing to set here."""

    def _make_engine(self, bind_key: str | None, options: dict[str, Any], app: Flask) -> Any:
        return app.extensions[RUNTIME].store.database.reader


db = Pages(
    session_options={"class_": PageSession, "autoflush": False, "expire_on_commit": False},
    add_models_to_shell=False,
)


def register(app: Flask) -> None:
    """Bind the extension to an app whose runtime is set."""
    app.config["SQLALCHEMY_DATABASE_URI"] = app.extensions[RUNTIME].settings.database_url
    db.init_app(app)


def page_session() -> TenantSession:
    """Return the request's reading session."""
    return cast("TenantSession", db.session())
