"""The bad inputs B13 to B24: what changes, ends or is gone while workflows run, and what a file brings.

`test_workflow_graph` lists all rows and where each is proved.
"""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from campaigns.engine import editing
from campaigns.engine.validation import find_problems, parse
from campaigns.errors import Conflict, InUse, Invalid, Stale
from campaigns.sections.registry import kinds
from campaigns.services import drafts, leads, templates, versions, vocabulary
from campaigns.services.lead_erasure import erase_lead
from campaigns.services.runner import Runner
from campaigns.storage.models import Execution, Message, Revision, Suppression, Version
from tests.support.lines import hours, note
from tests.support.programs import KINDS, VOCABULARY, document, item, points
from tests.support.sending import ANN, BY_EVENT, is_settled, send, steps, tags


def refused(raw):
    """Return the problems, by path, of a document that can't be a draft."""
    with pytest.raises(Invalid) as caught:
        parse(raw, KINDS)
    return {problem.path: problem.message for problem in caught.value.problems}


def problems(raw):
    """Return where a draft may not be activated yet."""
    return [problem.path for problem in find_problems(parse(raw, KINDS), KINDS, VOCABULARY)]


def test_b13_what_a_live_version_names_is_kept(campaign):
    campaign.workflow([item("list.add", "s1", list="hot"), item("email.send", "s2", template="welcome")])
    with campaign.write() as session:
        with pytest.raises(InUse, match="flow"):
            vocabulary.delete_list(session, "hot")
        with pytest.raises(InUse, match="flow"):
            templates.delete_template(session, "welcome")


def test_b14_activating_twice_and_while_an_import_runs_makes_one_version(campaign):
    campaign.workflow([item("lead.add_tag", "s1", tag="in")])
    campaign.start_import(f"email\n{ANN}\n")
    with campaign.write() as session:
        assert versions.activate(session, "flow").live_version == 1
    campaign.run()
    assert len(campaign.all(Version)) == 1
    assert tags(campaign) == ["in"]


def test_b15_b22_a_change_on_an_older_revision_is_refused_however_often_it_is_sent(campaign):
    campaign.workflow([note("s1")])
    mine, theirs = document(note("s1"), note("s2")), document(note("s3"))
    with campaign.write() as session:
        drafts.save_draft(session, "flow", theirs, change="theirs", expected_revision=1)
    for _ in range(2):
        with pytest.raises(Stale), campaign.write() as session:
            drafts.save_draft(session, "flow", mine, change="mine", expected_revision=1)
    assert [row.number for row in campaign.all(Revision)] == [1, 2]


def test_b16_who_runs_keeps_the_version_and_an_old_one_comes_back(campaign, clock):
    campaign.workflow([hours("s1"), item("lead.add_tag", "s2", tag="one")])
    campaign.imports(f"email\n{ANN}\n")
    created = [{"id": "t1", "type": "lead.created", "config": {}}]
    for number in range(2, 6):
        other = document(hours("s1"), item("lead.add_tag", "s2", tag=f"no{number}"), triggers=created)
        with campaign.write() as session:
            drafts.save_draft(session, "flow", other, change="other")
            assert versions.activate(session, "flow").live_version == number
    with campaign.write() as session:
        versions.restore(session, "flow", 1)
    clock.advance(timedelta(hours=1))
    campaign.run()
    assert tags(campaign) == ["one"]


def test_b17_a_workflow_that_its_own_effect_starts_is_refused_or_ends(campaign):
    with pytest.raises(Invalid):
        campaign.workflow([item("event.emit", "s1", name="go")], triggers=[BY_EVENT], key="sure")
    changed = {"field": "lead.score", "op": "changed"}
    own = {"id": "t1", "type": "lead.field_changed", "config": {"condition": changed}}
    campaign.workflow([points("s1")], triggers=[own], limits={"per_lead_active": 0})
    campaign.imports(f"email,score\n{ANN},1\n")
    campaign.imports(f"email,score\n{ANN},2\n")
    assert max(one.hop for one in campaign.all(Execution)) == 25
    is_settled(campaign)


def test_b18_activating_starts_nobody_who_is_there_already(campaign):
    campaign.imports("email\n" + "".join(f"p{n}@example.com\n" for n in range(20)))
    campaign.workflow([note("s1")])
    campaign.run()
    assert campaign.statuses() == {}


def test_b19_a_lead_that_is_erased_while_it_waits_ends_as_cancelled(campaign, clock):
    campaign.workflow([hours("s1"), item("email.send", "s2", template="welcome")])
    campaign.imports(f"email\n{ANN}\n")
    with campaign.write() as session:
        erase_lead(session, session.scalars(select(Execution.lead_id)).one())
    clock.advance(timedelta(hours=1))
    campaign.run()
    ended = campaign.only(Execution)
    assert (ended.status, ended.reason, ended.lead_id) == ("cancelled", "erased", None)
    assert (campaign.transport.sent, ("s2", "done") in steps(campaign)) == ([], False)


def test_b20_who_unsubscribes_before_the_hand_over_gets_nothing(campaign):
    campaign.workflow([item("email.send", "s1", template="welcome")], triggers=[BY_EVENT])
    with campaign.write() as session:
        leads.create_lead(session, {"email": ANN})
    run_once = campaign.worker.run_once
    campaign.run = lambda: None
    send(campaign, "go")
    runner = Runner(campaign.store, kinds())
    while runner.run_once():
        pass
    assert campaign.only(Message).state == "planned"
    with campaign.write() as session:
        session.add(Suppression(address_hash="a", email=ANN, reason="complained", created_at=session.now))
    while run_once():
        pass
    assert (campaign.only(Message).state, campaign.transport.sent) == ("skipped", [])


def test_b21_a_lead_never_takes_the_address_of_another(campaign):
    with campaign.write() as session:
        one, _ = leads.create_lead(session, {"email": ANN}), leads.create_lead(session, {"email": "bob@example.com"})
    with pytest.raises(Conflict), campaign.write() as session:
        leads.update_lead(session, one.id, {"email": "BOB@example.com"})


def test_b22_an_edit_sent_twice_is_made_once(campaign):
    campaign.workflow([note("s1")])

    def switch_off(raw):
        editing.switch(raw, "s1", disabled=True)
        return "Switched off"

    for _ in range(2):
        with campaign.write() as session:
            draft = drafts.edit_draft(session, "flow", switch_off)
            assert (draft.revision, draft.document["sections"][0]["disabled"]) == (2, True)


def test_b23_texts_of_people_are_text_and_have_limits():
    script = "<script>alert(1)</script>{{ lead.email }}"
    assert parse(document(note("s1") | {"name": script, "note": script}), KINDS).sections[0].name == script
    assert list(refused(document(note("s1") | {"name": "x" * 10_000}))) == ["/sections/0/name"]
    assert list(refused(document(note("s1") | {"note": "x" * 4001}))) == ["/sections/0/note"]


@pytest.mark.parametrize("key", ["tenant_id", "owner", "role", "live_version", "secrets"])
def test_b24_a_file_brings_a_document_and_nothing_else(key):
    assert list(refused(document(note("s1")) | {key: "x"})) == [f"/{key}"]
    assert list(refused(document(note("s1") | {key: "x"}))) == [f"/sections/0/{key}"]
    call = item("http.call", "s1", url="https://example.com", headers={"X-Key": "{{ secrets.forged }}"})
    assert problems(document(call)) == ["/sections/0/config/headers/X-Key"]
    assert list(refused(document(note("s1") | {"note": "x" * 50_000_000}))) == ["/sections/0/note"]
