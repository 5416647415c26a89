"""Events that Python raises: recorded as those of the API, once by key, refused with a sentence."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from campaigns.errors import CampaignsError, Invalid, NotFound
from campaigns.raising import raise_event
from campaigns.runtime import Runtime, open_runtime, prepare_database
from campaigns.settings import load_settings
from campaigns.storage.models import Lead
from campaigns.storage.transaction import Store
from tests.support.campaign import Campaign
from tests.support.programs import item
from tests.support.sending import ANN, BY_EVENT, tags


@pytest.fixture
def parts(database_url: str, tmp_path) -> Iterator[Runtime]:
    """Return what a process stands on that raises events, on SQLite and on PostgreSQL."""
    opened = open_runtime(load_settings(env_file=None, home=tmp_path, smtp_url="memory:", database_url=database_url))
    yield opened
    opened.close()


@pytest.fixture
def store(parts: Runtime) -> Store:
    return parts.store


def test_it_starts_what_listens_and_is_recorded_once_by_its_key(campaign: Campaign, parts: Runtime):
    campaign.workflow([item("lead.add_tag", "y", tag="won")], triggers=[BY_EVENT])
    given = {"lead": {"email": ANN}, "key": "deal-17", "properties": {"amount": 900}, "runtime": parts}
    assert raise_event("acme", "go", **given) is True
    assert raise_event("acme", "go", **given) is False
    campaign.run()
    assert (tags(campaign), campaign.statuses()) == (["won"], {"finished": 1})
    assert campaign.only(Lead).email == ANN


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({"name": " "}, "/name"),
        ({"name": "lead.created"}, "/name"),
        ({"lead": {}}, "/lead"),
        ({"lead": {"email": "nobody"}}, "/lead"),
        ({"properties": {"a": object()}}, "/properties"),
        ({"properties": {"a": "x" * 70_000}}, "/properties"),
    ],
)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_can_not_be_recorded_is_told_by_its_path(campaign: Campaign, parts: Runtime, given, path):
    called = {"name": "go", "lead": {"email": ANN}, **given}
    with pytest.raises(Invalid) as caught:
        raise_event("acme", called.pop("name"), **called, runtime=parts)
    assert [problem.path.startswith(path) for problem in caught.value.problems] == [True]
    assert campaign.all(Lead) == []


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_an_unknown_tenant_is_told(campaign: Campaign, parts: Runtime):
    with pytest.raises(NotFound):
        raise_event("nobody", "go", lead={"email": ANN}, runtime=parts)


def test_a_program_of_its_own_opens_the_database_by_the_settings(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CAMPAIGNS_HOME", str(tmp_path / "instance"))
    prepare_database(load_settings())
    with pytest.raises(CampaignsError, match="tenant"):
        raise_event("acme", "go", lead={"email": ANN})
