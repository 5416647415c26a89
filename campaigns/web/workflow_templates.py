"""Ready-made workflows: the gallery beside a blank one, one with its drawing and what it needs, and making it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from campaigns.engine.document import Document
from campaigns.errors import Conflict, Invalid
from campaigns.services.vocabulary import load_vocabulary
from campaigns.services.workflow_making import Wish, find_needs, make_workflow
from campaigns.services.workflow_templates import (
    CATEGORIES,
    WorkflowTemplate,
    get_workflow_template,
    list_workflow_templates,
)
from campaigns.storage.transaction import TenantSession
from campaigns.web.builder_canvas import Artist
from campaigns.web.forms import Form
from campaigns.web.permissions import may, needs
from campaigns.web.requests import current, reading_here, writing_here

bp = Blueprint("workflow_templates", __name__, url_prefix="/workflows/-/templates")  # no key is called "-"
_PICTURED = 7  # marks on a card of the gallery
_STATUS = "status-"  # before the template's key of a status in the form


@bp.get("/<ready_made>")
@needs("workflows.edit")
def show(ready_made: str) -> ResponseReturnValue:
    template = get_workflow_template(ready_made)
    with reading_here() as session:
        context = _shown(session, template)
    return render_template("workflow_templates/show.html", form=None, **context)


@bp.post("/<ready_made>")
@needs("workflows.edit")
def make(ready_made: str) -> ResponseReturnValue:
    """Make the workflow, with what the tenant lacks where that is wished for, and open it."""
    form, template = Form.sent(), get_workflow_template(ready_made)
    try:
        with writing_here() as session:
            made = make_workflow(session, template, _wish(form, template), kinds=current.runtime.kinds).key
    except (Conflict, Invalid) as error:
        form.raised = error
        with reading_here() as session:
            context = _shown(session, template, sent=form)
        return form.again("workflow_templates/show.html", **context)
    return redirect(url_for("builder.show", key=made), 303)


def gallery(search: str, category: str) -> dict[str, Any]:
    """Return what `workflow_templates/_gallery.html` shows of the ready-made workflows that words and category find."""
    chosen = category if category in CATEGORIES else ""
    found = list_workflow_templates(search=search, category=chosen)
    return {
        "found": [(one, _picture(one)) for one in found],
        "categories": CATEGORIES,
        "category": chosen,
        "wanted": search,
    }


def _wish(form: Form, template: WorkflowTemplate) -> Wish:
    statuses = {name.removeprefix(_STATUS): value for name, value in form.values.items() if name.startswith(_STATUS)}
    complete = form.is_ticked("complete") and may("vocabulary.edit") and may("templates.edit")
    return Wish(form.value("name"), statuses, form.all("members") if template.members else (), complete)


def _shown(session: TenantSession, template: WorkflowTemplate, *, sent: Form | None = None) -> dict[str, Any]:
    """Return what the page of a ready-made workflow shows; `sent` is the form it comes back with."""
    known, kinds = load_vocabulary(session), current.runtime.kinds
    artist = Artist(kinds, template.imagined(known))
    members = list(known.users)
    found = find_needs(template, known)
    return {
        "title": template.name,
        "ready": template,
        "canvas": artist.draw(Document.model_validate(template.filled({}, members))),
        "needs": found,
        "missing": [need for need in found if need.there is None],
        "statuses": list(known.statuses.items()),
        "users": list(known.users.items()),
        "chosen": sent.all("members") if sent else members,
        "name": sent.value("name") if sent else template.name,
        "complete": sent.is_ticked("complete") if sent else True,
    }


def _picture(template: WorkflowTemplate) -> list[str]:
    """Return the roles of the first triggers and sections: what the card's little picture is drawn of."""
    kinds = current.runtime.kinds
    types = [item["type"] for item in [*template.document["triggers"][:1], *template.document["sections"]]]
    roles: list[str] = [kind.role for one in types if (kind := kinds.get(one)) is not None]
    return roles[:_PICTURED]
