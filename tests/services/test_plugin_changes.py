"""What became of plugins between two starts stands in the audit log of the tenants that use them, once."""

from __future__ import annotations

from dataclasses import replace

from campaigns.sections.registry import Plugin, Registry, kinds
from campaigns.services.plugin_changes import note_changes
from campaigns.storage.models import AuditEntry
from campaigns.storage.transaction import reading
from campaigns.tenancy import Tenancy
from tests.support.acting import acting_kinds
from tests.support.campaign import Campaign, new_tenant
from tests.support.programs import item
from tests.support.sending import BY_EVENT

PLUGIN = Plugin("acting", "tests.support.acting", version="1.0", fingerprint="aa", types=("test.act",))


def installed(plugin: Plugin = PLUGIN) -> Registry:
    """Return what a process finds at its start."""
    if plugin.error:
        return Registry(dict(kinds()), plugins=[plugin], broken={plugin.name: plugin.error})
    known = dict(acting_kinds())
    known["test.act"] = replace(known["test.act"], plugin=plugin.name)
    return Registry(known, plugins=[plugin])


def used(campaign: Campaign) -> None:
    campaign.kinds = acting_kinds()
    campaign.workflow([item("test.act", "a")], triggers=[BY_EVENT])


def entries(campaign: Campaign) -> list[tuple[str, str, object]]:
    found = [row for row in campaign.all(AuditEntry) if row.action.startswith("plugin.")]
    told = sorted(found, key=lambda row: row.id)
    return [(row.action, row.target, row.detail.get("version") or row.detail.get("error")) for row in told]


def test_each_change_is_written_once(campaign: Campaign):
    used(campaign)
    broken = replace(PLUGIN, error="ZeroDivisionError: oh", types=())
    newer = replace(PLUGIN, version="1.1", fingerprint="bb")
    starts = [installed(), installed(newer), installed(broken), Registry(dict(kinds())), installed(newer)]
    for registry in starts:
        assert (note_changes(campaign.store, registry), note_changes(campaign.store, registry)) == (1, 0)
    assert entries(campaign) == [
        ("plugin.appeared", "acting", "1.0"),
        ("plugin.changed", "acting", "1.1"),
        ("plugin.broke", "acting", "ZeroDivisionError: oh"),
        ("plugin.vanished", "acting", None),
        ("plugin.appeared", "acting", "1.1"),
    ]


def test_a_file_that_was_edited_is_a_change_and_one_that_loads_again_is_told(campaign: Campaign):
    used(campaign)
    for registry in (installed(), installed(replace(PLUGIN, fingerprint="cc")), installed(replace(PLUGIN, error="x"))):
        note_changes(campaign.store, registry)
    note_changes(campaign.store, installed(replace(PLUGIN, fingerprint="cc")))
    assert [action for action, _, _ in entries(campaign)] == [
        "plugin.appeared", "plugin.changed", "plugin.broke", "plugin.changed",
    ]  # fmt: skip


def test_what_nobody_has_ever_seen_goes_by_its_own_name(campaign: Campaign):
    used(campaign)
    note_changes(campaign.store, Registry(dict(kinds())))
    assert entries(campaign) == [("plugin.vanished", "test.act", None)]


def test_who_does_not_use_it_is_told_nothing(campaign: Campaign):
    other = Tenancy(new_tenant(campaign.store, "other"))
    used(campaign)
    note_changes(campaign.store, installed())
    with reading(campaign.store, other) as session:
        assert session.query(AuditEntry).all() == []
    assert len(entries(campaign)) == 1
