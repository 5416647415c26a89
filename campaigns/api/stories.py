"""Story tests of a workflow: kept trials with what is expected of them, listed, made, run and deleted."""

from __future__ import annotations

from flask import Response

from campaigns.api.bodies import body_of
from campaigns.api.requests import answer, keyed, listed, read, runtime, scope, uuid_of, write
from campaigns.services import stories
from campaigns.services.trial_specs import StorySpec

bp = keyed("api_stories")


@bp.get("/workflows/<key>/tests")
@scope("workflows.view")
def index(key: str) -> Response:
    with read() as session:
        items = [stories.describe(story) for story in stories.list_stories(session, key)]
    return listed(items, by="id")


@bp.post("/workflows/<key>/tests")
@scope("workflows.edit")
def create(key: str) -> Response:
    body = body_of(StorySpec)
    with write() as session:
        return answer(stories.describe(stories.save_story(session, key, body, runtime().kinds)), 201)


@bp.post("/workflows/<key>/tests/run")
@scope("workflows.view")
def run(key: str) -> Response:
    """Run all tests on the draft as it is now; what came of each is kept beside it."""
    with write() as session:
        results = stories.run_stories(session, key, runtime().kinds)
        stories.keep_results(session, results)
        return answer(stories.describe_results(results))


@bp.delete("/workflows/<key>/tests/<story_id>")
@scope("workflows.edit")
def delete(key: str, story_id: str) -> Response:
    with write() as session:
        stories.delete_story(session, key, uuid_of(story_id))
    return Response(status=204)
