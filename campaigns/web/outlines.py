"""An indented outline on its way to sections: typed or pasted, looked at line by line, then put into the draft."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue

from campaigns.engine import editing
from campaigns.engine.document import Document, walk, walk_triggers
from campaigns.engine.kinds import Kinds, Vocabulary
from campaigns.engine.lanes import Item, parts
from campaigns.engine.outline import Line, Outline, read_outline
from campaigns.engine.validation import find_problems, typed_item
from campaigns.errors import CampaignsError, Conflict, Invalid, NotFound
from campaigns.services import drafts, workflows
from campaigns.services.vocabulary import load_vocabulary
from campaigns.web.htmx import page_or_part
from campaigns.web.pasted import paste_clip, pasted
from campaigns.web.permissions import needs
from campaigns.web.requests import current, reading_here, writing_here

bp = Blueprint("outlines", __name__, url_prefix="/workflows/<key>/outline")


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the outline as the preview shows it: what became of it, and what is wrong with that."""

    line: Line
    role: str
    label: str
    summary: str
    problems: list[str]


@bp.get("")
@needs("workflows.edit")
def new(key: str) -> ResponseReturnValue:
    return show_outline(key, request.args.get("at", editing.START), "")


@bp.post("")
@needs("workflows.edit")
def insert(key: str) -> ResponseReturnValue:
    """Put the sections of an outline at the place `at`; with `go=preview` only show what each line becomes."""
    place, text = request.form.get("at", "") or editing.START, request.form.get("text", "")
    if request.form.get("go") == "preview" or not text.strip():
        return show_outline(key, place, text)
    try:
        with writing_here() as session:
            outline = read_outline(text, current.runtime.kinds, load_vocabulary(session))
            made = paste_clip(session, key, place, outline.clip)
    except (Conflict, Invalid, NotFound) as error:
        return show_outline(key, place, text, error=error)
    return pasted(key, made)


def show_outline(key: str, place: str, text: str, *, error: CampaignsError | None = None) -> Response:
    """Return the dialog of an outline, with what each line becomes."""
    with reading_here() as session:
        name = workflows.get_workflow(session, key).name
        editing.gap(drafts.get_draft(session, key).document, place)  # raises NotFound where there is no such place
        vocabulary = load_vocabulary(session)
    try:
        rows = read_rows(text, current.runtime.kinds, vocabulary)
    except Invalid as found:
        rows, error = [], error or found
    context = {
        "title": "Insert an outline", "key": key, "place": place, "text": text, "rows": rows, "error": error,
        "workflow_name": name, "unread": sum(not row.line.understood for row in rows),
        "count": sum(bool(row.line.id) for row in rows),
    }  # fmt: skip
    response = page_or_part("outlines/insert.html", "outlines/_insert.html", **context)
    response.headers["HX-Retarget"], response.headers["HX-Reswap"] = "#modal-body", "innerHTML"
    response.status_code = 422 if error else 200
    return response


def read_rows(text: str, kinds: Kinds, vocabulary: Vocabulary) -> list[Row]:
    """Return the lines of an outline with what they become; raise Invalid when there are too many."""
    outline = read_outline(text, kinds, vocabulary)
    items = {part["id"]: part for one in outline.clip.triggers + outline.clip.sections for part in parts(one)}
    wrong = _problems(outline, kinds, vocabulary)
    return [_row(line, items.get(line.id), wrong.get(line.id, []), kinds, vocabulary) for line in outline.lines]


def _row(line: Line, item: Item | None, problems: list[str], kinds: Kinds, vocabulary: Vocabulary) -> Row:
    kind = kinds.get(item["type"]) if item else None
    if item is None or kind is None or not line.understood:  # what is said of those that were not is said once, above
        return Row(line, "branch" if line.branch else "failed", line.branch or "Not understood", "", [])
    config = typed_item(item, kinds)
    summary = config.summary(vocabulary) if config is not None else ""
    return Row(line, kind.role, str(item.get("name") or kind.label), summary, problems)


def _problems(outline: Outline, kinds: Kinds, vocabulary: Vocabulary) -> dict[str, list[str]]:
    """Return what is wrong with each part, by its id."""
    content = {"format": 1, "triggers": outline.clip.triggers, "sections": outline.clip.sections}
    document = Document.model_validate(content)
    paths = [(path, section.id) for section, path, _ in walk(document.sections)]
    paths += [(path, trigger.id) for trigger, path in walk_triggers(document)]
    found: dict[str, list[str]] = {}
    for problem in find_problems(document, kinds, vocabulary):
        owners = [(path, key) for path, key in paths if f"{problem.path}/".startswith(f"{path}/")]
        if owners:
            found.setdefault(max(owners, key=lambda one: len(one[0]))[1], []).append(problem.message)
    return found
