"""Flask-SQLAlchemy on our own engines: `db.session` reads the open tenant's rows through the reader engine.

The extension stays in this module. Writing goes through `campaigns.storage.transaction` alone.
"""

from __future__ import annotations

from typing import Any

from flask import Flask, has_request_context
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Engine
from sqlalchemy.orm import DeclarativeBase, sessionmaker

from campaigns.storage.base import Base
from campaigns.storage.transaction import Store, TenantSession, tenant_session


class Extension(SQLAlchemy):
    """Flask-SQLAlchemy with the store's reader engine and tenant-bound sessions."""

    def _make_engine(self, bind_key: str | None, options: dict[str, Any], app: Flask) -> Engine:
        store: Store = app.extensions["runtime"].store
        return store.database.reader

    def _make_session_factory(self, options: dict[str, Any]) -> sessionmaker[Any]:
        return _tenant_reader  # type: ignore[return-value]  # called alike: without arguments, for a session


def _tenant_reader() -> TenantSession:
    from campaigns.web.requests import current  # noqa: PLC0415 - requests stands on this module's app

    assert has_request_context()
    return tenant_session(current.store, current.tenancy, writes=False)


class _Declared(DeclarativeBase):
    """What the extension would hang models on. Ours inherit `Base`; both share the tables."""

    metadata = Base.metadata


db = Extension(model_class=_Declared, disable_autonaming=True)


def register(app: Flask) -> None:
    """Bind the extension to the app; its sessions end with the request."""
    db.init_app(app)


