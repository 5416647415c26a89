"""Story tests: trials that are kept with what is expected of them, and run before a workflow is published."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from pydantic import ValidationError
from sqlalchemy import func, select

from campaigns.engine.kinds import Kinds
from campaigns.engine.used_fields import find_used
from campaigns.engine.validation import problems_of
from campaigns.errors import Conflict, Invalid, NotFound, Problem, StoryFailed
from campaigns.services import audit
from campaigns.services.drafts import get_draft
from campaigns.services.story_checks import derive, failures
from campaigns.services.trial_benches import SPLIT, Bench, load_bench, real_lead
from campaigns.services.trial_specs import Check, MadeUp, StorySpec, Trial, read_trial, written
from campaigns.services.trials import Tried, run_trial, try_made_up
from campaigns.services.workflows import get_workflow
from campaigns.storage.models import StoryTest
from campaigns.storage.transaction import TenantSession

MOST = 100
# What stands in for who somebody is, where no condition looks at it.
STAND_INS: Mapping[str, str] = {
    "email": "somebody@example.com", "first_name": "Ann", "last_name": "Example", "phone": "+49 30 123456",
    "external_id": "example",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a story test: what does not hold, in sentences; nothing when it passes."""

    story: StoryTest
    failures: list[str]

    @property
    def passes(self) -> bool:
        return not self.failures


def list_stories(session: TenantSession, key: str) -> list[StoryTest]:
    """Return the story tests of a workflow by name; raise NotFound."""
    workflow = get_workflow(session, key)
    found = session.scalars(select(StoryTest).where(StoryTest.workflow_id == workflow.id))
    return sorted(found, key=lambda story: (story.name.casefold(), story.id))


def get_story(session: TenantSession, key: str, story_id: UUID) -> StoryTest:
    """Return one story test of a workflow; raise NotFound."""
    workflow = get_workflow(session, key)
    statement = select(StoryTest).where(StoryTest.workflow_id == workflow.id, StoryTest.id == story_id)
    row = session.scalar(statement)
    if row is None:
        raise NotFound("There is no such test of this workflow.")
    return row


def save_story(session: TenantSession, key: str, spec: StorySpec, kinds: Kinds) -> StoryTest:
    """Keep a trial as a test, with a copy of what the workflow uses of a lead; without checks it expects what holds.

    Raise Conflict for a name that is taken or too many, Invalid for a trial that can't be run.
    """
    workflow = get_workflow(session, key, lock=True)
    own = StoryTest.workflow_id == workflow.id
    if session.scalar(select(StoryTest.id).where(own, StoryTest.name == spec.name)) is not None:
        raise Conflict(f"There is a test “{spec.name}” already.")
    if (session.scalar(select(func.count()).select_from(StoryTest).where(own)) or 0) >= MOST:
        raise Conflict(f"A workflow has at most {MOST} tests.")
    bench, trial, tried = freeze(session, key, spec.trial, kinds)
    checks = spec.checks if spec.checks is not None else derive(tried, bench.places)
    if not checks:
        raise Invalid(problems=[Problem("/checks", "expect at least one thing")])
    row = StoryTest(
        workflow_id=workflow.id, name=spec.name, blocks=spec.blocks, trial=written(trial),
        checks=[written(check) for check in checks], author=session.actor.name, created_at=session.now,
        last_at=session.now, last_failures=failures(checks, tried, bench.places),
    )  # fmt: skip
    session.add(row)
    audit.record(session, "story.created", kind="workflow", target=key, test=spec.name)
    session.flush()
    return row


def delete_story(session: TenantSession, key: str, story_id: UUID) -> StoryTest:
    """Forget a story test; return what it was."""
    row = get_story(session, key, story_id)
    audit.record(session, "story.deleted", kind="workflow", target=key, test=row.name)
    session.delete(row)
    session.flush()
    return row


def freeze(session: TenantSession, key: str, trial: Trial, kinds: Kinds) -> tuple[Bench, Trial, Tried]:
    """Return a trial that gives the same for ever, and what comes of it: with a clock, and a lead of its own.

    Of a lead of the tenant's the fields that the workflow uses are copied; name, address and phone only where a
    condition looks at them, others stand in for them else. The variants of splits stay those that the lead had.
    """
    bench, tried = run_trial(session, key, trial, kinds)
    frozen = trial.model_copy(update={"starts_at": trial.at(bench.now)})
    if isinstance(trial.lead, UUID):
        copied = _copied(session, bench, trial.lead)
        frozen = frozen.model_copy(update={"lead": copied, "splits": _taken(bench, tried) | trial.splits})
        tried = try_made_up(bench, frozen)
    return bench, frozen, tried


def run_stories(
    session: TenantSession, key: str, kinds: Kinds, *, document: dict[str, Any] | None = None
) -> list[Result]:
    """Run all tests of a workflow on its draft, or on a document; nothing is written."""
    stories = list_stories(session, key)
    if not stories:
        return []
    bench = load_bench(session, document if document is not None else get_draft(session, key).document, kinds)
    return [Result(story, _run(bench, story)) for story in stories]


def keep_results(session: TenantSession, results: Sequence[Result]) -> None:
    """Keep what came of tests beside them."""
    for result in results:
        result.story.last_at, result.story.last_failures = session.now, list(result.failures)
    session.flush()


def refuse_failing(
    session: TenantSession, key: str, document: dict[str, Any], kinds: Kinds, *, despite: Collection[UUID] = ()
) -> None:
    """Run the tests of what is to be published; raise StoryFailed when one that blocks fails and is not in `despite`.

    `despite`: the tests that a person has seen failing and wants to publish without.
    """
    results = run_stories(session, key, kinds, document=document)
    blocking = [result for result in results if result.story.blocks and not result.passes]
    unseen = [result for result in blocking if result.story.id not in despite]
    if unseen:
        told = [Problem(f"/tests/{one.story.id}", f"“{one.story.name}” {'; '.join(one.failures)}") for one in unseen]
        failing = ", ".join(f"“{one.story.name}”" for one in unseen)
        many = "tests" if len(unseen) > 1 else "test"
        raise StoryFailed(
            f"Not published: the {many} {failing} {'fail' if len(unseen) > 1 else 'fails'}.", problems=told
        )
    if blocking:
        names = [result.story.name for result in blocking]
        audit.record(session, "workflow.published_anyway", kind="workflow", target=key, failing=names)
    keep_results(session, results)


def describe(story: StoryTest) -> dict[str, Any]:
    """Return a story test as the API answers it."""
    return {
        "id": story.id,
        "name": story.name,
        "blocks": story.blocks,
        "trial": story.trial,
        "checks": story.checks,
        "author": story.author,
        "created_at": story.created_at,
        "last": None if story.last_at is None else {"at": story.last_at, **_outcome(story.last_failures or [])},
    }


def describe_results(results: Sequence[Result]) -> dict[str, Any]:
    """Return what came of all tests as the API answers it."""
    items = [
        {"id": one.story.id, "name": one.story.name, "blocks": one.story.blocks, **_outcome(one.failures)}
        for one in results
    ]
    return {"passed": all(item["passed"] for item in items), "items": items}


def read_checks(raw: Sequence[Mapping[str, Any]]) -> list[Check]:
    """Return checks as they were stored or sent; raise Invalid with problems by path."""
    return [_read_check(index, one) for index, one in enumerate(raw)]


def _read_check(index: int, raw: Mapping[str, Any]) -> Check:
    try:
        return Check.model_validate(raw)
    except ValidationError as error:
        raise Invalid(problems=problems_of(error, f"/checks/{index}")) from None


def _run(bench: Bench, story: StoryTest) -> list[str]:
    try:
        tried = try_made_up(bench, read_trial(story.trial))
    except Invalid as error:
        told = "; ".join(f"{problem.path} {problem.message}" for problem in error.problems)
        return [f"it can't be run any more: {told or error.message}"]
    return failures(read_checks(story.checks), tried, bench.places)


def _copied(session: TenantSession, bench: Bench, lead_id: UUID) -> MadeUp:
    lead, used = real_lead(session, bench, lead_id), find_used(bench.raw, bench.vocabulary)
    values = {key: _plain(lead.values[key]) for key in used.fields if lead.values.get(key) is not None}
    values |= {key: stand_in for key, stand_in in STAND_INS.items() if key in values and key not in used.compared}
    if lead.values.get("status"):
        values["status"] = lead.values["status"]
    return MadeUp(
        values=values,
        tags=sorted(lead.tags.intersection(used.tags)),
        lists=sorted(lead.lists.intersection(used.lists)),
    )


def _taken(bench: Bench, tried: Tried) -> dict[str, str]:
    """Return the variant of each split that the lead came through."""
    places = bench.places
    return {
        section: outcome
        for section, outcome, _, _ in tried.path.steps
        if places.get(section) and places[section].type == SPLIT
    }


def _plain(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value


def _outcome(found: list[str]) -> dict[str, Any]:
    return {"passed": not found, "failures": found}
