"""Switching on, switching off and copying several workflows: each as if it were alone, and each told of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from flask import Blueprint, make_response, render_template, request, url_for
from flask.typing import ResponseReturnValue

from campaigns.engine.document import Document
from campaigns.errors import CampaignsError, Invalid, Problem
from campaigns.services import drafts, versions, workflows
from campaigns.services.activations import count_people
from campaigns.services.vocabulary import load_vocabulary
from campaigns.services.workflows import describe_all, list_workflows
from campaigns.storage.models import Workflow
from campaigns.storage.transaction import TenantSession
from campaigns.web.activation import Running
from campaigns.web.answers import done
from campaigns.web.builder_canvas import Artist, Place, place_problems
from campaigns.web.filters import plural
from campaigns.web.permissions import needs
from campaigns.web.requests import current, reading_here, writing_here

bp = Blueprint("workflow_bulk", __name__, url_prefix="/workflows/-")  # no key is called "-"
Act = Callable[[TenantSession, str], str]  # does it, and returns why it was not done, if so


@dataclass(frozen=True, slots=True)
class Left:
    """A workflow that was left as it was, with the reason and what has to be solved first."""

    key: str
    name: str
    why: str
    places: list[Place] = field(default_factory=list)


@bp.post("/activations")
@needs("workflows.activate")
def activate() -> ResponseReturnValue:
    if request.form.get("sure") != "true":
        return _ask("workflows/switch_on.html", "Activate {}?", "inactive")
    return _each(_activate, "{} activated.")


@bp.post("/deactivations")
@needs("workflows.activate")
def deactivate() -> ResponseReturnValue:
    if request.form.get("sure") != "true":
        return _ask("workflows/switch_off.html", "Deactivate {}?", "active")
    return _each(_deactivate, "{} deactivated.")


@bp.post("/copies")
@needs("workflows.edit")
def duplicate() -> ResponseReturnValue:
    return _each(_duplicate, "{} duplicated. The copies are not active.")


def _activate(session: TenantSession, key: str) -> str:
    """One that is active already stays as it is: its changes are published one by one, where they are shown."""
    row = workflows.get_workflow(session, key, lock=False)
    if row.is_active:
        changed = workflows.differs(session, row)
        return "It was active already" + (", and its draft has changes to publish." if changed else ".")
    versions.activate(session, key, kinds=current.runtime.kinds)
    return ""


def _deactivate(session: TenantSession, key: str) -> str:
    if not workflows.get_workflow(session, key).is_active:
        return "It was inactive already."
    wanted = request.form.get("running", "finish")
    versions.deactivate(session, key, running=cast("Running", wanted))
    return ""


def _duplicate(session: TenantSession, key: str) -> str:
    workflows.duplicate_workflow(session, key, kinds=current.runtime.kinds)
    return ""


def _each(act: Act, said: str) -> ResponseReturnValue:
    """Do it with each in a transaction of its own; show which were left, if any."""
    back = url_for("workflows.index")
    names, keys = _names(), _keys()
    if not keys:
        return done(back, "No workflow was selected: tick those that are meant.", tone="warning")
    changed, left = [], []
    for key in keys:
        refused = _try(act, key, names.get(key, key))
        left.append(refused) if refused else changed.append((key, names.get(key, key)))
    count = f"{len(changed)} of {len(keys)} workflows" if left else plural(len(changed), "workflow")
    title = said.format(f"{count} {'was' if len(changed) == 1 and not left else 'were'}")
    if not left:
        return done(back, title)
    return make_response(render_template("workflows/bulk.html", title=title, changed=changed, left=left))


def _try(act: Act, key: str, name: str) -> Left | None:
    try:
        with writing_here() as session:
            why = act(session, key)
    except Invalid as error:
        return Left(key, name, error.message, _places(key, error.problems))
    except CampaignsError as error:
        if error.status >= 500:
            raise
        return Left(key, name, error.message)
    return Left(key, name, why) if why else None


def _places(key: str, problems: Sequence[Problem]) -> list[Place]:
    """Return what has to be solved, with the sections that the builder jumps to."""
    with reading_here() as session:
        document = Document.model_validate(drafts.get_draft(session, key).document)
        artist = Artist(current.runtime.kinds, load_vocabulary(session), list(problems))
        return place_problems(artist.draw(document), list(problems))


def _ask(template: str, title: str, state: str) -> ResponseReturnValue:
    """Show what would be switched, with who is inside; `state`: what can be switched is in it now."""
    keys = set(_keys())
    with reading_here() as session:
        rows = [row for row in list_workflows(session) if row.key in keys]
        described, inside = describe_all(session, rows), count_people(session, rows)
    if not rows:
        return done(url_for("workflows.index"), "No workflow was selected: tick those that are meant.", tone="warning")
    meant = [one for one in described if one["state"] == state]
    context: dict[str, Any] = {"rows": described, "meant": meant, "inside": inside, "state": state}
    context["total"] = sum(inside[one["key"]] for one in meant)
    return make_response(render_template(template, title=title.format(plural(len(meant), "workflow")), **context))


def _names() -> dict[str, str]:
    with reading_here() as session:
        found: list[Workflow] = list_workflows(session)
        return {row.key: row.name for row in found}


def _keys() -> list[str]:
    """Return the workflows that were ticked, each once, in the order of the page."""
    return list(dict.fromkeys(request.form.getlist("workflow")))
