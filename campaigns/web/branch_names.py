"""The branches of a section whose document names them: rows of names, each with the name it had before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from campaigns.engine.document import MAX_BRANCHES
from campaigns.engine.structure import MAX_NAME
from campaigns.errors import Invalid, Problem
from campaigns.web.config_forms.rows import count
from campaigns.web.config_forms.widget import Sent, Widget, sentence

NAME = "branches"
FIRST = ("first", "second")  # what a new fork begins with
Rows = list[tuple[str, str]]  # (name before, name now); "" before is a new one


def form_of_branches(branches: Mapping[str, Any] | None) -> Sent:
    """Return a section's branches as form values; of a new one those that it begins with."""
    rows = [(name, name) for name in branches] if branches is not None else [("", name) for name in FIRST]
    form = Sent()
    form[f"{NAME}.rows"] = str(len(rows))
    for index, (was, now) in enumerate(rows):
        form[f"{NAME}.{index}.was"], form[f"{NAME}.{index}.name"] = was, now
    return form


def branches_sent(form: Sent) -> Rows | None:
    """Return the rows of a form, or None where it has none; raise Invalid for names that are none."""
    if f"{NAME}.rows" not in form:
        return None
    rows = _rows(form)
    names = [now for _, now in rows]
    if any(not name or len(name) > MAX_NAME for name in names):
        raise Invalid(problems=[Problem(f"/{NAME}", f"a branch has a name of at most {MAX_NAME} characters")])
    if len(set(names)) < len(names):
        raise Invalid(problems=[Problem(f"/{NAME}", "branches need names of their own")])
    if len(rows) > MAX_BRANCHES:
        raise Invalid(problems=[Problem(f"/{NAME}", f"there are at most {MAX_BRANCHES} branches")])
    return rows


def branches_widget(form: Sent, problems: Sequence[Problem]) -> Widget:
    """Return the widget of the rows."""
    own = sentence(p.message for p in problems if p.path == f"/{NAME}" or p.path.startswith(f"/{NAME}/"))
    return Widget("names", NAME, "Branches", error=own, parts=_rows(form))


def _rows(form: Sent) -> Rows:
    return [
        (form.get(f"{NAME}.{index}.was", ""), form.get(f"{NAME}.{index}.name", "").strip())
        for index in range(count(NAME, form))
    ]
