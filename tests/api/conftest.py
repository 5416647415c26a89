"""An app on a clean database of each kind, and a caller with a key of a tenant."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from campaigns.app import create_app
from campaigns.dispatch.inline import Inline
from campaigns.runtime import Runtime
from campaigns.sections.registry import kinds
from campaigns.services import api_keys
from campaigns.settings import Settings
from campaigns.tenancy import Tenancy
from tests.support.campaign import Campaign, new_tenant


@dataclass
class Caller:
    """Calls the API with a key."""

    client: FlaskClient
    key: str
    campaign: Campaign

    def __call__(self, method: str, path: str, body: Any = None, **headers: str) -> TestResponse:
        given = {"Authorization": f"Bearer {self.key}"} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        data = None if body is None else json.dumps(body)
        kind = "application/json" if body is not None else None
        return self.client.open(f"/api/v1{path}", method=method, headers=given, data=data, content_type=kind)

    def upload(self, csv: str, **parts: Any) -> TestResponse:
        import io

        fields = {name: json.dumps(value) for name, value in parts.items()}
        data = {"file": (io.BytesIO(csv.encode()), "leads.csv"), **fields}
        headers = {"Authorization": f"Bearer {self.key}"}
        return self.client.post("/api/v1/imports", headers=headers, data=data, content_type="multipart/form-data")


@pytest.fixture
def app(campaign: Campaign, settings: Settings) -> Flask:
    runtime = Runtime(settings, campaign.store, Inline(), kinds(), campaign.transport, campaign.uploads)
    return create_app(runtime=runtime)


@pytest.fixture
def call(app: Flask, campaign: Campaign) -> Caller:
    """Return a caller whose key may do everything in the tenant `acme`."""
    return Caller(app.test_client(), make_key(campaign), campaign)


@pytest.fixture
def stranger(app: Flask, campaign: Campaign) -> Caller:
    """Return a caller of another tenant."""
    tenancy = Tenancy(new_tenant(campaign.store, "other"))
    other = Campaign(campaign.store, tenancy, campaign.worker, campaign.uploads, campaign.transport)
    return Caller(app.test_client(), make_key(other), other)


@pytest.fixture
def call_with(app: Flask, campaign: Campaign) -> Callable[..., Caller]:
    """Return a function that makes a caller whose key has only these scopes."""
    return lambda *scopes: Caller(app.test_client(), make_key(campaign, *scopes), campaign)


def make_key(campaign: Campaign, *scopes: str) -> str:
    with campaign.write() as session:
        _, key = api_keys.create_key(session, name=f"key {len(scopes)}", scopes=scopes)
    return str(key)
