"""Story tests: trials with what is expected of them, run at each publishing, which a failing one can block."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from campaigns.errors import Conflict, Invalid, NotFound, StoryFailed
from campaigns.ids import new_id
from campaigns.sections.registry import kinds
from campaigns.services import drafts, stories, versions, workflows
from campaigns.services.story_checks import words
from campaigns.services.trial_specs import StorySpec
from campaigns.storage.models import AuditEntry, Lead, StoryTest
from tests.support.campaign import Campaign
from tests.support.lines import note
from tests.support.programs import item

AT = "2026-03-02T08:00:00Z"
HOT = {"field": "lead.score", "op": "gte", "value": 50}
CREATED = {"id": "t1", "type": "lead.created", "config": {}}


def document(limit: int = 50, **settings: Any) -> dict[str, Any]:
    condition = {"field": "lead.score", "op": "gte", "value": limit}
    sections = [
        item("flow.if", "i", condition=condition, branches={"yes": [note("y")], "no": [note("n")]}),
        item("flow.delay", "d", duration={"days": 2}),
        note("z"),
    ]
    return {"format": 1, "settings": settings, "triggers": [CREATED], "sections": sections}


@pytest.fixture
def story(campaign: Campaign) -> Any:
    with campaign.write() as session:
        workflows.create_workflow(session, name="try", key="try", document=document())
    return keep(campaign)


def keep(campaign: Campaign, name: str = "Hot lead", *, lead: Any = None, **more: Any) -> StoryTest:
    trial = {"lead": lead or {"values": {"score": 60}}, "starts_at": AT}
    spec = StorySpec.model_validate({"name": name, "trial": trial, **more})
    with campaign.write() as session:
        return stories.save_story(session, "try", spec, kinds())


def results(campaign: Campaign) -> dict[str, list[str]]:
    with campaign.read() as session:
        return {one.story.name: one.failures for one in stories.run_stories(session, "try", kinds())}


def change(campaign: Campaign, raw: dict[str, Any]) -> None:
    with campaign.write() as session:
        drafts.save_draft(session, "try", raw)


def activate(campaign: Campaign, **how: Any) -> int | None:
    with campaign.write() as session:
        return versions.activate(session, "try", **how).live_version


def test_a_test_expects_what_came_of_the_trial(campaign: Campaign, story: StoryTest):
    with campaign.read() as session:
        checks, places = stories.read_checks(story.checks), {}
        assert [words(check, places) for check in checks] == [
            "passes i, then y, then d, then z",
            "waits at d until 2 days after the start, or longer",
            "ends at z",
            "ends as finished",
        ]
        assert [one.name for one in stories.list_stories(session, "try")] == ["Hot lead"]
    assert results(campaign) == {"Hot lead": []}


def test_a_change_that_breaks_the_story_is_named(campaign: Campaign, story: StoryTest):
    change(campaign, document(limit=70))
    (said,) = results(campaign)["Hot lead"]
    assert (
        said == "expected that it passes “If”, then “Note” (y), then “Delay”, then “Note” (z), "
        "but it does not pass “Note” (y)"
    )


@pytest.mark.parametrize(
    ("check", "but"),
    [
        ({"kind": "passes", "section": "y"}, None),
        ({"kind": "passes", "section": "n"}, "it does not"),
        ({"kind": "not_passes", "section": "n"}, None),
        ({"kind": "not_passes", "section": "gone"}, None),
        ({"kind": "not_passes", "section": "y"}, "it does"),
        ({"kind": "order", "sections": ["i", "z"]}, None),
        ({"kind": "order", "sections": ["z", "i"]}, "it passes “If” earlier"),
        ({"kind": "ends_as", "status": "finished"}, None),
        ({"kind": "ends_as", "status": "waiting"}, "it ends as finished"),
        ({"kind": "ends_at", "section": "z"}, None),
        ({"kind": "ends_at", "section": "d"}, "it ends at “Note” (z)"),
        ({"kind": "waits", "section": "d", "after": {"days": 2}}, None),
        ({"kind": "waits", "section": "d", "after": {"days": 3}}, "it goes on after 2 days"),
        ({"kind": "waits", "section": "z", "after": {"days": 3}}, "it does not wait there"),
        ({"kind": "passes", "section": "gone"}, "there is no section gone any more"),
    ],
)
def test_each_check_says_what_does_not_hold(
    campaign: Campaign, story: StoryTest, check: dict[str, Any], but: str | None
):
    keep(campaign, "Other", checks=[check])
    (said,) = results(campaign)["Other"] or [None]
    assert (said is None) if but is None else said.endswith(f"but {but}")


def test_a_failing_test_blocks_publishing_and_nothing_is_published(campaign: Campaign, story: StoryTest):
    assert activate(campaign) == 1
    change(campaign, document(limit=70))
    with pytest.raises(StoryFailed) as refused:
        activate(campaign)
    assert (refused.value.status, refused.value.code) == (409, "story_failed")
    (problem,) = refused.value.problems
    assert problem.path == f"/tests/{story.id}"
    assert problem.message.startswith("“Hot lead” expected that it passes")
    with campaign.read() as session:
        assert workflows.get_workflow(session, "try").live_version == 1


def test_a_failing_test_that_warns_does_not_block_and_is_kept(campaign: Campaign, story: StoryTest):
    with campaign.write() as session:
        stories.delete_story(session, "try", story.id)
    keep(campaign, "Warns", blocks=False)
    change(campaign, document(limit=70))
    assert activate(campaign) == 1
    kept = campaign.only(StoryTest)
    assert kept.last_failures
    assert stories.describe(kept)["last"]["passed"] is False


def test_a_person_publishes_in_spite_of_what_was_seen_and_that_is_recorded(campaign: Campaign, story: StoryTest):
    change(campaign, document(limit=70))
    with pytest.raises(StoryFailed):
        activate(campaign, despite=[new_id()])
    assert activate(campaign, despite=[story.id]) == 1
    with campaign.read() as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "workflow.published_anyway")).one()
        assert entry.detail == {"failing": ["Hot lead"]}


def test_a_lead_is_copied_with_what_the_workflow_uses_and_no_more(campaign: Campaign):
    campaign.imports("email,score,first_name\nann@example.org,60,Ann\n")
    lead = campaign.only(Lead)
    with campaign.write() as session:
        workflows.create_workflow(session, name="try", key="try", document=document())
    kept = keep(campaign, lead=str(lead.id))
    assert kept.trial["lead"] == {"values": {"email": stories.STAND_INS["email"], "score": 60, "status": "new"}}
    with campaign.write() as session:
        session.get_one(Lead, (session.tenant_id, lead.id)).score = 1
    assert results(campaign) == {"Hot lead": []}


def test_who_it_is_is_copied_only_where_a_condition_looks_at_it(campaign: Campaign):
    campaign.imports("email,first_name,phone\nann@example.org,Mia,+49 30 765432\n")
    by_name = {"field": "lead.first_name", "op": "eq", "value": "Mia"}
    sections = [
        item("flow.if", "i", condition=by_name, branches={"yes": [item("log.note", "y", text="Call {{ lead.phone }}")]})
    ]
    with campaign.write() as session:
        workflows.create_workflow(session, name="try", key="try", document={**document(), "sections": sections})
    values = keep(campaign, lead=str(campaign.only(Lead).id)).trial["lead"]["values"]
    assert (values["first_name"], values["phone"]) == ("Mia", stories.STAND_INS["phone"])
    assert results(campaign) == {"Hot lead": []}


def test_the_variant_that_the_lead_had_stays(campaign: Campaign):
    campaign.imports("email\nann@example.org\n")
    split = item("flow.split", "s", variants=[{"name": "A", "weight": 50}, {"name": "B", "weight": 50}],
                 branches={"A": [note("a")], "B": [note("b")]})  # fmt: skip
    with campaign.write() as session:
        workflows.create_workflow(session, name="try", key="try", document={**document(), "sections": [split]})
    kept = keep(campaign, lead=str(campaign.only(Lead).id))
    assert set(kept.trial["splits"]) == {"s"}
    assert results(campaign) == {"Hot lead": []}


def test_refusals_are_expected_too(campaign: Campaign, story: StoryTest):
    change(campaign, document(keep_while=HOT))
    kept = keep(campaign, "Cold", lead={"values": {"score": 1}})
    assert kept.checks == [{"kind": "ends_as", "status": "refused"}]
    assert results(campaign)["Cold"] == []


def test_what_can_not_be_run_any_more_fails(campaign: Campaign, story: StoryTest):
    keep(campaign, "Chosen", checks=[{"kind": "passes", "section": "i"}])
    with campaign.write() as session:
        row = session.scalars(select(StoryTest).where(StoryTest.name == "Chosen")).one()
        row.trial = {**row.trial, "start": {"trigger": "t1"}}
    change(campaign, {**document(), "triggers": [{**CREATED, "id": "t7"}]})
    assert results(campaign)["Chosen"] == [
        "it can't be run any more: /start/trigger there is no trigger t1 that starts"
    ]


def test_names_are_unique_and_unknown_ones_not_found(campaign: Campaign, story: StoryTest):
    with pytest.raises(Conflict):
        keep(campaign)
    with campaign.write() as session, pytest.raises(NotFound):
        stories.delete_story(session, "try", new_id())
    with campaign.write() as session, pytest.raises(NotFound):
        stories.list_stories(session, "nowhere")
    with pytest.raises(Invalid):
        stories.read_checks([{"kind": "passes"}])


def test_tests_go_with_their_workflow(campaign: Campaign, story: StoryTest):
    with campaign.write() as session:
        workflows.delete_workflow(session, "try")
    assert campaign.all(StoryTest) == []
