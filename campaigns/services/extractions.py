"""Sections of a draft taken into a workflow of their own: both are written, or neither is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from campaigns.engine.extracting import extracted, replace_by_start, start_of
from campaigns.engine.kinds import Kinds
from campaigns.services.drafts import edit_draft, get_draft, lock_draft
from campaigns.services.section_ids import new_section_id
from campaigns.services.workflows import create_workflow, get_workflow
from campaigns.storage.models import Workflow
from campaigns.storage.transaction import TenantSession


@dataclass(frozen=True, slots=True)
class Extraction:
    """The workflow that was made, the section that starts it, and the draft's revision with that."""

    workflow: Workflow
    section: str
    count: int
    revision: int


def check_extraction(session: TenantSession, key: str, sections: Sequence[str], kinds: Kinds) -> int:
    """Return how many sections would be taken; raise Conflict with the reason why they can't be, and NotFound."""
    document = get_draft(session, key).document
    return len(extracted(document, sections, new_section_id, kinds)["sections"])


def extract_sections(
    session: TenantSession, key: str, sections: Sequence[str], *, name: str, wait: bool, kinds: Kinds
) -> Extraction:
    """Make an inactive workflow of neighbouring sections, and put a section that starts it in their place.

    `wait`: the lead waits there for its end. Raise Conflict with the reason when the sections can't stand alone,
    Invalid when the name is none, NotFound.
    """
    identifier = new_section_id()
    draft = lock_draft(session, get_workflow(session, key))  # nobody changes it between the two
    made = extracted(draft.document, sections, new_section_id, kinds)
    workflow = create_workflow(session, name=name, document=made, kinds=kinds)

    def edit(document: dict[str, Any]) -> str:
        start = start_of(workflow.key, wait=wait, name=workflow.name, key=identifier)
        replace_by_start(document, sections, start, kinds)
        return f"Extracted “{workflow.name}”"

    revision = edit_draft(session, key, edit, kinds=kinds).revision
    return Extraction(workflow, identifier, len(made["sections"]), revision)
