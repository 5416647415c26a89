"""Tracardi's workflows: each of its rules, and what becomes of it here.

The number that begins a docstring is the rule's place in the list of what that product does. Where we differ, the test
holds our rule and says the difference. Out of scope: segments worked out by rules (9) and page visits with the on-site
widgets, which come later; a token for new tenants (14), which an operator makes. Its sixty connectors are one HTTP call
here, or a plugin.
"""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from campaigns.services import drafts, events, lead_merges, leads, simulations, versions, workflows
from campaigns.services.events import Sent
from campaigns.services.simulations import Asked
from campaigns.storage.models import Event, Lead, Message, Step
from tests.support.campaign import Campaign
from tests.support.lines import Line, hours, note, received
from tests.support.programs import NOW, document, item, lead, path, walk
from tests.support.section_types import decide
from tests.support.sending import BY_EVENT, send

MAIL = "mail"
HOT = {"field": "lead.score", "op": "gte", "value": 50}


def if_(condition, **branches):
    return item("flow.if", "i", condition=condition, branches=branches)


def call(**branches):
    return item("http.call", "c", url="https://crm.example.com/leads", branches=branches)


def limiter(keys, times, **more):
    branches = more.pop("branches", None)
    return item("flow.limit", "l", keys=keys, times=times, within={"hours": 1}, branches=branches, **more)


def answered(status, *sections):
    """Return an execution whose call has been answered."""
    line = Line(*sections)
    (token,) = line.execution.tokens.values()
    token.answer = {"status": status}
    line.wake(token)
    return line


def save(campaign, *sections):
    with campaign.write() as session:
        drafts.save_draft(session, "flow", _document(*sections), change="Another way")


def _document(*sections):
    return document(*sections, triggers=[BY_EVENT])


def test_every_change_of_the_draft_is_saved_and_production_is_another_copy(campaign: Campaign):
    """1. Autosave of the draft; production is apart from it and changes by deploying alone."""
    campaign.workflow([note("a")], triggers=[BY_EVENT])
    save(campaign, note("b"))
    save(campaign, note("c"))
    send(campaign, "go")
    assert campaign.steps() == [("a", "done")]
    with campaign.read() as session:
        assert [revision.number for revision in drafts.list_revisions(session, "flow")] == [3, 2, 1]


def test_production_and_draft_are_restored_from_any_version_and_that_can_be_undone(campaign: Campaign):
    """1. There both are restored from the last copy, for ever. Here from any, and that can be undone."""
    campaign.workflow([note("a")], triggers=[BY_EVENT])
    save(campaign, note("b"))
    with campaign.write() as session:
        versions.activate(session, "flow")
        versions.restore(session, "flow", 1)
        assert drafts.get_draft(session, "flow").document["sections"][0]["id"] == "a"
        assert drafts.undo(session, "flow").document["sections"][0]["id"] == "b"
    send(campaign, "go")
    assert campaign.steps() == [("a", "done")]


def test_every_section_sees_event_lead_visit_and_memory():
    """2. Event, profile, session, flow and memory; what is of the flow stands in the history."""
    seen = {"template": "{{ event.plan }} {{ lead.email }} {{ session.page }} {{ state.n }}"}
    parts = {"event": {"plan": "pro"}, "session": {"page": "/a"}, "state": {"n": 7}}
    result = walk(item("state.update", "s", values={"seen": seen}), **parts)
    assert result.state["seen"] == "pro ann@example.com /a 7"


def test_a_change_of_the_lead_is_seen_by_the_next_section_and_kept_with_its_step():
    """2. There the profile is written when the workflow ends. Here each step keeps its own, come what may."""
    result = walk(item("lead.add_points", "p", points=50), if_(HOT, yes=[item("test.boom", "b")]))
    assert (result.status, path(result)) == ("failed", [("p", "done"), ("i", "yes"), ("b", "failed")])
    assert result.changes == [(0, {"fields": {"score": [0, 50]}})]


def test_the_output_without_a_value_starts_nothing():
    """3. One input, many outputs; an output without a value does not trigger the next node: one branch is walked."""
    cases = [{"name": "hot", "condition": HOT}, {"name": "mail", "condition": {"field": "lead.email", "op": "is_set"}}]
    branches = {"hot": [note("a")], "mail": [note("b")], "otherwise": [note("c")]}
    assert path(walk(item("flow.switch", "s", cases=cases, branches=branches))) == [("s", "mail"), ("b", "done")]


def test_branches_join_once_and_what_each_found_lies_in_the_state():
    """3. A node runs once per edge with a value, and Join collects them. Here branches meet in one place, once."""
    sides = {name: [item("state.update", name, values={name: 1})] for name in ("a", "b")}
    result = walk(item("flow.fork", "f", join="all", branches=sides), note("after"))
    assert path(result).count(("after", "done")) == 1
    assert result.state == {"a": 1, "b": 1}


@pytest.mark.parametrize(("status", "way"), [(200, "ok"), (404, "error"), (0, "error")])
def test_a_call_has_a_port_for_errors(status, way):
    """4. Connector nodes have an `error` port besides the result port."""
    line = answered(status, call(ok=[note("fine")], error=[note("bad")]))
    assert line.steps[1:] == [("c", way), ("fine" if way == "ok" else "bad", "done")]


def test_throwing_an_error_ends_the_workflow_with_a_text():
    """4. Throw error."""
    result = walk(item("flow.stop", "s", reason="No such plan"), note("never"))
    assert (result.status, result.reason, len(result.steps)) == ("stopped", "No such plan", 1)


def test_a_section_can_be_skipped():
    """5. Skip: the payload goes on as if the node was not there."""
    assert path(walk(note("a") | {"disabled": True}, note("b"))) == [("a", "skipped"), ("b", "done")]


def test_a_section_runs_once_for_a_lead_by_a_condition_of_its_own():
    """5. Run once per profile by value or condition, for a time: `only_if` with what the lead did, had or was."""
    bought = {"not": {"did": "bought", "within": {"days": 30}}}
    once = note("a") | {"only_if": bought}
    assert path(walk(once, note("b"), activity=lambda _name, _since: 1)) == [("a", "skipped"), ("b", "done")]
    assert path(walk(once, activity=lambda _name, _since: 0)) == [("a", "done")]


def test_the_flow_is_blocked_by_a_finish():
    """5. Block the flow here."""
    assert path(walk(note("a"), item("flow.finish", "f"), note("b"))) == [("a", "done"), ("f", "finished")]


def test_what_acts_outside_does_so_in_the_background():
    """5. Run in background: a mail is planned with the step and handed over by a worker; the lead goes on."""
    result = walk(item("email.send", "m", template="welcome"), note("b"))
    assert (len(result.outside), path(result)) == (1, [("m", "done"), ("b", "done")])


def test_it_goes_on_after_an_error_and_tries_a_connection_again():
    """5. Continue on error; number of repeats on connection errors."""
    assert decide("http.call", url="https://x.example", retries=5).effect.retries == 5
    assert answered(0, call(), note("after")).steps[-1] == ("after", "done")


@pytest.mark.parametrize(
    ("type", "after"), [("state.update", {"a": 1, "b": 2}), ("state.set", {"b": 2})], ids=["join", "replace"]
)
def test_what_a_section_found_joins_what_was_there_or_replaces_it(type, after):
    """5. Append or join the input payload."""
    assert walk(item(type, "s", values={"b": 2}), state={"a": 1}).state == after


@pytest.mark.parametrize(
    ("keys", "times", "ways"),
    [
        (["mail"], 1, ["pass", "block", "block", "block"]),
        (["mail"], 3, ["pass", "pass", "pass", "block"]),
        ([MAIL, "{{ lead.email }}"], 1, ["pass", "pass", "block", "block"]),
        ([MAIL, "{{ lead.email }}", "{{ event.day }}"], 1, ["pass", "pass", "pass", "block"]),
    ],
    ids=["one text", "three times", "by lead", "by lead and event"],
)
def test_a_limit_of_so_many_within_a_time_passes_or_blocks_by_keys_of_ones_own(campaign: Campaign, keys, times, ways):
    """6. Limiter: a list of keys, any mix of fields and fixed texts, a number and a time; ports pass and block."""
    written = [{"template": key} if "{{" in key else key for key in keys]
    campaign.workflow([limiter(written, times, branches={"pass": [note("p")], "block": [note("b")]})],
                      triggers=[BY_EVENT])  # fmt: skip
    for email, day in (("ann", 1), ("bob", 1), ("ann", 2), ("bob", 1)):
        send(campaign, "go", f"{email}@example.com", day=day)
    assert [outcome for section, outcome in campaign.steps() if section == "l"] == ways
    assert [section for section, _ in campaign.steps() if section != "l"] == [way[0] for way in ways]


@pytest.mark.parametrize(("scope", "ways"), [("tenant", ["pass", "block"]), ("workflow", ["pass", "pass"])])
def test_the_same_keys_in_two_workflows_share_one_counter_unless_it_is_to_be_local(campaign: Campaign, scope, ways):
    """6. The keys alone name the counter; there the workflow's id among them makes it local, here a setting does."""
    for key in ("one", "two"):
        campaign.workflow([limiter([MAIL], 1, scope=scope)], triggers=[BY_EVENT], key=key)
    send(campaign, "go")
    assert sorted(outcome for _, outcome in campaign.steps()) == sorted(ways)


def test_a_limit_lets_pass_again_when_its_time_is_over(campaign: Campaign, clock):
    """6. The number counts within so many seconds. Here they slide: never more within any span of that length."""
    campaign.workflow([limiter([MAIL], 2)], triggers=[BY_EVENT])
    for minutes in (0, 59, 1, 58, 1):
        clock.advance(timedelta(minutes=minutes))
        send(campaign, "go")
    assert [outcome for _, outcome in campaign.steps()] == ["pass", "pass", "pass", "block", "pass"]


def test_a_pause_holds_no_worker():
    """7. There Sleep holds the worker and only the commercial pause does not. Here a delay is a row with a time."""
    line = Line(hours("d"), note("after"))
    assert (line.status, line.execution.wake_at) == ("waiting", NOW + timedelta(hours=1))


def test_an_event_is_sent_later():
    """7. The event scheduler posts an event later: a delay, then an event."""
    line = Line(hours("d", 5), item("event.emit", "e", name="trial.ended", properties={"plan": "pro"}))
    assert line.execution.emitted == []
    line.pass_time(hours=5)
    assert line.execution.emitted == [("trial.ended", {"plan": "pro"})]


@pytest.mark.parametrize(
    ("filter", "starts"),
    [
        ({"field": "event.source", "op": "eq", "value": "api"}, True),
        ({"in_list": "hot"}, False),
        ({"has_tag": "vip"}, True),
        ({"field": "lead.member", "op": "eq", "value": True}, False),
    ],
    ids=["source", "segment", "tag", "consent"],
)
def test_a_trigger_is_a_rule_over_event_source_membership_and_consent_that_fails_closed(filter, starts):
    """8. Event type, source, segment, consents, tags. There no consents at all pass. Here what is missing does not."""
    line_lead = lead()
    line_lead.tags.add("vip")
    spec = {"for": [{"name": "came", "trigger": received("go", filter=filter)}]}
    line = Line(item("flow.wait", "w", **spec), subject=line_lead)
    assert line.event("go", source="api") is starts


def test_a_trigger_is_switched_off_by_itself(campaign: Campaign):
    """8. On or off."""
    campaign.workflow([note("n")], triggers=[{**BY_EVENT, "disabled": True}, {**BY_EVENT, "id": "t2", "config": {
        "name": "other"}}])  # fmt: skip
    send(campaign, "go")
    assert campaign.statuses() == {}


def test_an_event_puts_leads_on_lists_and_takes_them_off():
    """9. Segmentation after an event: a workflow on that event with list sections. By rules for all: later."""
    result = walk(if_(HOT, yes=[item("list.add", "a", list="hot")], no=[item("list.remove", "r", list="cold")]),
                  subject=lead(score=60))  # fmt: skip
    assert result.changes == [(1, {"lists_added": ["hot"]})]


def test_what_a_visitor_did_becomes_the_leads_when_they_are_known(campaign: Campaign):
    """10. Merging by an identification event: the events of a visit go to the lead that it turns out to be."""
    campaign.workflow([item("lead.add_points", "p", points=1)], triggers=[BY_EVENT])
    with campaign.write() as session:
        events.take(session, [Sent("go", {}, session="v1"), Sent("go", {}, session="v1")])
        events.take(session, [Sent("here", {"email": "ann@example.com"}, session="v1")])
    campaign.run()
    assert campaign.only(Lead).score == 2


def test_two_leads_are_merged_after_the_fact_with_a_choice_for_each_field(campaign: Campaign):
    """10. Merging with a strategy per field. There a job merges by keys; here a person or the API says which two."""
    with campaign.write() as session:
        old = leads.create_lead(session, {"email": "old@example.com", "first_name": "Anna", "score": 8}).id
        keep = leads.create_lead(session, {"email": "ann@example.com", "first_name": "Ann", "score": 3}).id
        lead_merges.merge(session, keep, old, {"first_name": "other"})
        events.take(session, [Sent("go", {"email": "old@example.com"})])
    merged = campaign.only(Lead)
    assert (merged.id, merged.email, merged.first_name, merged.score) == (keep, "ann@example.com", "Anna", 8)
    assert {event.lead_id for event in campaign.all(Event)} == {keep}


def test_a_trial_run_shows_the_way_of_a_made_up_event_and_acts_nowhere(campaign: Campaign):
    """11. Debug run. There a plugin that does not look at the flag acts for real. Here nothing can."""
    send(campaign, "other")
    sections = [if_({"field": "event.n", "op": "gt", "value": 1}, yes=[item("email.send", "m", template="welcome")])]
    with campaign.write() as session:
        workflows.create_workflow(session, name="Trial", key="trial", document=_document(*sections))
    with campaign.read() as session:
        asked = Asked(sample=1, event={"name": "go", "properties": {"n": 2}})
        (found,) = simulations.run_simulation(session, "trial", asked).paths
        assert [(s, outcome) for s, outcome, _, _ in found.steps] == [("i", "yes"), ("m", "done")]
        assert found.steps[0][3]["saw"] == 2
        assert [session.scalar(select(func.count()).select_from(row)) for row in (Message, Step)] == [0, 0]
