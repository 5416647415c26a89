"""What people see of plugins: those that are missing where they are needed, and those that are broken."""

from __future__ import annotations

import pytest

from campaigns.sections.guarding import faults
from campaigns.sections.registry import Plugin, Registry, kinds
from campaigns.services import secrets, versions
from campaigns.services.plugins import Missing, check_missing, check_plugins, list_missing
from campaigns.services.references import InUse
from campaigns.storage.models import Execution
from campaigns.vault import Vault
from tests.support.acting import acting_kinds
from tests.support.campaign import Campaign
from tests.support.programs import item
from tests.support.sending import BY_EVENT, send


def test_a_version_that_needs_what_is_not_installed_is_listed_while_it_is_used(campaign: Campaign):
    campaign.kinds = acting_kinds()
    campaign.workflow([item("test.act", "a")], triggers=[BY_EVENT])
    with campaign.read() as session:
        assert list_missing(session, campaign.kinds) == []
        assert list_missing(session, kinds()) == [Missing("test.act", "flow", "flow", 1)]
    assert check_missing(campaign.store, campaign.kinds).state == "ok"
    found = check_missing(campaign.store, kinds())
    assert (found.state, found.message) == (
        "failed", "acme/flow (version 1) needs test.act: install its plugin, then retry",
    )  # fmt: skip
    with campaign.write() as session:
        versions.deactivate(session, "flow", running="finish")
    assert check_missing(campaign.store, kinds()).state == "ok"


def test_somebody_inside_counts_as_used(campaign: Campaign):
    campaign.kinds = acting_kinds()
    waits = item("flow.delay", "d", duration={"days": 1})
    campaign.workflow([waits, item("test.act", "a")], triggers=[BY_EVENT])
    send(campaign, "go")
    with campaign.write() as session:
        versions.deactivate(session, "flow", running="finish")
    assert campaign.only(Execution).status == "waiting"
    with campaign.read() as session:
        assert [one.type for one in list_missing(session, kinds())] == ["test.act"]


def test_a_secret_that_a_plugin_s_section_names_is_kept(campaign: Campaign):
    campaign.kinds = acting_kinds()
    with campaign.write() as session:
        secrets.create_secret(session, Vault("x" * 40), name="CRM", value="x", key="crm")
    campaign.workflow([item("test.act", "a", password="crm")], triggers=[BY_EVENT])
    with campaign.write() as session, pytest.raises(InUse):
        secrets.delete_secret(session, "crm", kinds=campaign.kinds)


def test_what_is_broken_is_told():
    registry = Registry(dict(acting_kinds()))
    assert check_plugins(registry).message == f"{len(registry.kinds)} section types"
    registry.plugins.append(Plugin("acme", "acme"))
    assert check_plugins(registry).message.endswith("section types, 1 plugins")
    faults["test.act"] = "summary raised KeyError: 'a'"
    try:
        found = check_plugins(registry)
    finally:
        del faults["test.act"]
    assert (found.state, found.message) == ("warning", "test.act: summary raised KeyError: 'a'")
    registry.broken["acme"] = "SyntaxError: invalid syntax"
    assert check_plugins(registry).state == "failed"
