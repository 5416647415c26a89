"""Story tests beside the canvas: kept from a trial, listed with what came of them last, run, shown, deleted."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, make_response, request, url_for
from flask.typing import ResponseReturnValue
from pydantic import ValidationError

from campaigns.engine.validation import problems_of
from campaigns.errors import Conflict, Invalid, NotFound, Problem
from campaigns.services import stories, workflows
from campaigns.services.drafts import get_draft
from campaigns.services.execution_pages import Place, places_in
from campaigns.services.story_checks import derive, offer, words
from campaigns.services.trial_specs import Check, StorySpec, read_trial, written
from campaigns.storage.transaction import TenantSession
from campaigns.web import trials
from campaigns.web.answers import done
from campaigns.web.htmx import close_modal, page_or_part, toast, trigger, wants_part
from campaigns.web.permissions import needs
from campaigns.web.requests import current, reading_here, writing_here

bp = Blueprint("stories", __name__, url_prefix="/workflows/<key>/tests")


@bp.get("")
@needs("workflows.view")
def index(key: str) -> ResponseReturnValue:
    with reading_here() as session:
        context = _listed(session, key)
    return page_or_part("stories/index.html", "stories/_panel.html", **context)


@bp.post("/run")
@needs("workflows.edit")
def run(key: str) -> ResponseReturnValue:
    """Run all tests on the draft as it is now, and keep what came of each."""
    with writing_here() as session:
        stories.keep_results(session, stories.run_stories(session, key, current.runtime.kinds))
    return index(key) if wants_part() else done(url_for("stories.index", key=key), "The tests were run.")


@bp.post("/new")
@needs("workflows.edit")
def new(key: str) -> ResponseReturnValue:
    """Ask what is expected of the trial that the form describes: what holds of it now is ticked."""
    with reading_here() as session:
        try:
            context = _asked(session, key, trials.read(session, key))
        except (Invalid, NotFound) as error:
            return trials.refused(session, key, error)
    return page_or_part("stories/new.html", "stories/_new.html", **context)


@bp.post("")
@needs("workflows.edit")
def create(key: str) -> ResponseReturnValue:
    """Keep a trial as a test; what is wrong is shown with what was chosen."""
    try:
        spec = _spec()
        with writing_here() as session:
            stories.save_story(session, key, spec, current.runtime.kinds)
    except (Conflict, Invalid) as error:
        return _again(key, error)
    return _changed(key, f"The test “{spec.name}” is kept.")


@bp.post("/<uuid:story_id>/show")
@needs("workflows.view")
def show(key: str, story_id: UUID) -> ResponseReturnValue:
    """Run one test on the draft as it is now, and show its path."""
    with reading_here() as session:
        story = stories.get_story(session, key, story_id)
        try:
            found = trials.tried(session, key, read_trial(story.trial))
        except Invalid as error:
            return trials.refused(session, key, error)
        context = trials.panel(session, key, story=story, **found)
    return page_or_part("trials/show.html", "trials/_result.html", **context)


@bp.post("/<uuid:story_id>/delete")
@needs("workflows.edit")
def delete(key: str, story_id: UUID) -> ResponseReturnValue:
    with writing_here() as session:
        story = stories.delete_story(session, key, story_id)
    return _changed(key, f"The test “{story.name}” is deleted.")


def _listed(session: TenantSession, key: str) -> dict[str, Any]:
    row = workflows.get_workflow(session, key)
    rows = stories.list_stories(session, key)
    places = places_in(get_draft(session, key).document, current.runtime.kinds)
    told = {story.id: [words(check, places) for check in stories.read_checks(story.checks)] for story in rows}
    return {"title": f"Tests of “{row.name}”", "workflow": workflows.describe(session, row), "rows": rows, "told": told}


def _asked(session: TenantSession, key: str, trial: Any) -> dict[str, Any]:
    """Return what the dialog shows: each check in words and as it is sent, with whether it is ticked at first."""
    row = workflows.get_workflow(session, key)
    found = trials.tried(session, key, trial)
    places, tried = found["bench"].places, found["tried"]
    holding = derive(tried, places)
    more = [check for check in offer(tried, places) if check not in holding]
    return {
        "title": "Save as test",
        "workflow": workflows.describe(session, row),
        "trial": json.dumps(found["trial"]),
        "checks": [_choice(check, places, True) for check in holding],
        "more": [_choice(check, places, False) for check in more],
        "name": "",
        "blocks": "true",
        "error": "",
    }


def _choice(check: Check, places: dict[str, Place], ticked: bool) -> tuple[str, str, bool]:  # noqa: FBT001 - a pair's half
    return json.dumps(written(check)), words(check, places), ticked


def _spec() -> StorySpec:
    """Return the test that the dialog describes; raise Invalid."""
    form = request.form
    try:
        sent = {
            "trial": json.loads(form.get("trial", "")),
            "checks": [json.loads(one) for one in form.getlist("check")],
        }
        return StorySpec.model_validate({**sent, "name": form.get("name", ""), "blocks": form.get("blocks") == "true"})
    except ValidationError as error:
        raise Invalid(problems=problems_of(error)) from None
    except ValueError:
        raise Invalid(problems=[Problem("/trial", "can't be read: run the trial again")]) from None


def _again(key: str, error: Conflict | Invalid) -> Response:
    """Show the dialog with what was chosen and why it was not kept."""
    form = request.form
    with reading_here() as session:
        context = _asked(session, key, read_trial(_read(form.get("trial", ""))))
    chosen = set(form.getlist("check"))
    told = "; ".join(problem.message for problem in error.problems) or error.message
    context |= {"name": form.get("name", ""), "blocks": form.get("blocks", ""), "error": told}
    for part in ("checks", "more"):
        context[part] = [(value, said, value in chosen) for value, said, _ in context[part]]
    response = page_or_part("stories/new.html", "stories/_new.html", **context)
    response.status_code = 422
    return response


def _read(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _changed(key: str, message: str) -> ResponseReturnValue:
    """Say what was done; the list of tests, where it is shown, asks for itself anew."""
    if not wants_part():
        return done(url_for("stories.index", key=key), message)
    response = make_response("", 200)
    return trigger(toast(close_modal(response), message), storiesChanged=True)
