"""The builder's dialogs: the menu of sections for a place, and one section with its form, JSON and docs."""

from __future__ import annotations

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue

from campaigns.engine import editing
from campaigns.errors import Conflict, Invalid, NotFound, Stale
from campaigns.services import drafts, workflows
from campaigns.services.vocabulary import load_vocabulary
from campaigns.web.builder_changes import Content, add_section, change_section
from campaigns.web.builder_scene import changed
from campaigns.web.config_forms import Sent
from campaigns.web.htmx import page_or_part
from campaigns.web.making import made_in_place
from campaigns.web.permissions import needs
from campaigns.web.requests import current, reading_here, writing_here
from campaigns.web.section_dialog import BESIDE, Dialog
from campaigns.web.section_menu import offered

bp = Blueprint("sections", __name__, url_prefix="/workflows/<key>/sections")


@bp.get("")
@needs("workflows.edit")
def menu(key: str) -> ResponseReturnValue:
    """Show what may stand at the place `at`."""
    place = request.args.get("at", editing.START)
    with reading_here() as session:
        name = workflows.get_workflow(session, key).name
        groups, reason = offered(drafts.get_draft(session, key).document, place, current.runtime.kinds)
    title = "Add a trigger" if place == editing.TRIGGERS else "Add a section"
    if place.startswith(BESIDE):
        title = "Listen for an event"
    context = {"title": title, "groups": groups, "reason": reason, "place": place, "key": key, "workflow_name": name}
    return page_or_part("builder/menu.html", "builder/_menu.html", **context)


@bp.get("/-/new")  # no key and no id is called "-"
@needs("workflows.edit")
def new(key: str) -> ResponseReturnValue:
    return _dialog(key, None).show()


@bp.post("")
@needs("workflows.edit")
def create(key: str) -> ResponseReturnValue:
    return _save(key, None)


@bp.get("/<section>")
@needs("workflows.view")
def edit(key: str, section: str) -> ResponseReturnValue:
    return _dialog(key, section).show()


@bp.post("/<section>")
@needs("workflows.edit")
def save(key: str, section: str) -> ResponseReturnValue:
    return _save(key, section)


def _dialog(key: str, section: str | None, sent: Sent | None = None) -> Dialog:
    """Return the dialog of a section, or of a new one of the type and place that the request names."""
    kinds = current.runtime.kinds
    with reading_here() as session:
        name = workflows.get_workflow(session, key).name
        document, vocabulary = drafts.get_draft(session, key).document, load_vocabulary(session)
    if section is None:
        values = request.values
        item, place = {"type": values.get("type", ""), "config": {}}, values.get("at", editing.START)
        editing.gap(document, place)  # raises NotFound where there is no such place any more
        action = url_for("sections.create", key=key)
    else:
        item, place = editing.find(document, section).item, ""
        action = url_for("sections.save", key=key, section=section)
    if item["type"] not in kinds:
        raise NotFound(f"There is no section type {item['type']} here.")
    return Dialog(key, name, section, place, document, item, kinds, vocabulary, action, sent)


def _save(key: str, section: str | None) -> ResponseReturnValue:
    dialog = _dialog(key, section, Sent(request.form))
    if "create" in request.form or not dialog.only_looks:
        dialog = _dialog(key, section, made_in_place(Sent(request.form)))
    if dialog.only_looks:
        return dialog.show()
    try:
        item, branches = dialog.item_sent(), dialog.branches_sent()
        doubt = dialog.doubtful(item)
        if doubt is not None:
            return doubt
        content = Content(item, branches, request.form.get("was", ""))
        with writing_here() as session:
            if section is None:
                section = add_section(session, key, dialog.place, content, current.runtime.kinds)
            else:
                change_section(session, key, section, content, current.runtime.kinds)
    except Stale as error:
        dialog.theirs = _dialog(key, section).item
        return dialog.refused(error)
    except (Conflict, Invalid, NotFound) as error:
        return dialog.refused(error)
    return changed(key, section=section)
