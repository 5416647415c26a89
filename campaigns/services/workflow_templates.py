"""Ready-made workflows: read from the files that come with the program, found by words, shown before they are made.

A file holds a document and what it needs: lists, statuses, fields and mails. In the document and in the mails such a
thing is named by a marker, `<<list:newsletter>>`, since a tenant may have it under another key; `<<members>>` is a list
of members that a person chooses. What comes of a template is in `workflow_making`.
"""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from campaigns import resources
from campaigns.engine.kinds import FieldType, Vocabulary
from campaigns.errors import NotFound
from campaigns.services.workflow_template_mails import Mail

CATEGORIES = ("Welcome", "Sales", "Nurture", "Customers")
MEMBERS = "<<members>>"
_MARKER = re.compile(r"<<(list|status|field|template):([a-z0-9_-]+)>>")
Keys = Mapping[tuple[str, str], str]  # (kind, key of the template): key in the tenant


class FieldSpec(BaseModel):
    """A custom field that a workflow looks at."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    key: str
    name: str
    type: str = "text"
    choices: list[str] = Field(default_factory=list)


class WorkflowTemplate(BaseModel):
    """A ready-made workflow. Lists and statuses by key are names; `members`: somebody has to be chosen."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    key: str
    name: str
    category: Literal["Welcome", "Sales", "Nurture", "Customers"]
    description: str
    lists: dict[str, str] = Field(default_factory=dict)
    statuses: dict[str, str] = Field(default_factory=dict)
    fields: list[FieldSpec] = Field(default_factory=list)
    emails: dict[str, Mail] = Field(default_factory=dict)
    members: bool = False
    document: dict[str, Any]

    def filled(self, keys: Keys, members: Sequence[str]) -> dict[str, Any]:
        """Return the document with the keys of a tenant in place of the markers."""
        filled: dict[str, Any] = _replaced(self.document, keys, list(members))
        return filled

    def mail(self, key: str, keys: Keys) -> Mail:
        """Return one of its mails with the keys of a tenant in place of the markers."""
        return Mail.model_validate(_replaced(self.emails[key].model_dump(), keys, []))

    def imagined(self, vocabulary: Vocabulary) -> Vocabulary:
        """Return a tenant's vocabulary as if it had all that this template needs: for drawing and for checks."""
        specs = {one.key: FieldType(one.type, tuple(one.choices), one.name) for one in self.fields}
        classes = {key: mail.message_class for key, mail in self.emails.items()}
        mails = {key: mail.name for key, mail in self.emails.items()}
        return dataclasses.replace(
            vocabulary,
            lists={**self.lists, **vocabulary.lists},
            statuses={**self.statuses, **vocabulary.statuses},
            fields={**specs, **vocabulary.fields},
            templates={**mails, **vocabulary.templates},
            template_classes={**classes, **vocabulary.template_classes},
        )


def list_workflow_templates(*, search: str = "", category: str = "") -> list[WorkflowTemplate]:
    """Return those of a category (all: "") whose name, category or description has all the words, by category."""
    words = search.casefold().split()
    return [
        one
        for one in _all().values()
        if category in ("", one.category)
        and all(word in f"{one.name} {one.category} {one.description}".casefold() for word in words)
    ]


def get_workflow_template(key: str) -> WorkflowTemplate:
    """Return a ready-made workflow by its key; raise NotFound."""
    found = _all().get(key)
    if found is None:
        raise NotFound(f"There is no ready-made workflow {key[:80]}.")
    return found


@cache
def _all() -> dict[str, WorkflowTemplate]:
    files = sorted(resources.workflow_templates().glob("*.json"))
    found = [
        WorkflowTemplate.model_validate({"key": file.stem, **json.loads(file.read_text(encoding="utf-8"))})
        for file in files
    ]
    return {one.key: one for one in sorted(found, key=lambda one: (CATEGORIES.index(one.category), one.name))}


def _replaced(value: Any, keys: Keys, members: list[str]) -> Any:
    """Return a value with all markers in it replaced; what has no other key keeps the template's own."""
    if isinstance(value, str):
        return _MARKER.sub(lambda found: keys.get((found[1], found[2]), found[2]), value)
    if isinstance(value, list):
        return list(members) if value == [MEMBERS] else [_replaced(part, keys, members) for part in value]
    if isinstance(value, dict):
        return {key: _replaced(part, keys, members) for key, part in value.items()}
    return value
