"""Sections put into a draft from outside: what was pasted, and the builder that shows it selected."""

from __future__ import annotations

from typing import Any

from flask import Response
from flask.typing import ResponseReturnValue

from campaigns.engine import pasting
from campaigns.engine.pasting import Clip
from campaigns.services.section_ids import new_section_id
from campaigns.storage.transaction import TenantSession
from campaigns.web.builder_changes import Changed, edit_by
from campaigns.web.builder_scene import changed
from campaigns.web.group_changes import Made, sections_told
from campaigns.web.htmx import trigger
from campaigns.web.requests import current


def paste_clip(session: TenantSession, key: str, place: str, clip: Clip) -> tuple[Changed, list[str]]:
    """Put sections into the draft; return the change and the new ids. Raise Conflict, Invalid, NotFound."""
    kinds, made = current.runtime.kinds, list[str]()

    def act(document: dict[str, Any]) -> Made:
        made.extend(pasting.paste(document, place, clip, new_section_id, kinds))
        return Made(f"Pasted {sections_told(len(made))}", made[0])

    return edit_by(session, key, act, kinds), made


def pasted(key: str, made: tuple[Changed, list[str]]) -> ResponseReturnValue:
    """Answer what was pasted: the builder, where it is selected."""
    change, ids = made
    answer = changed(key, f"{change.words}.", section=change.section, revision=change.revision)
    return trigger(answer, selectSections=ids) if isinstance(answer, Response) and len(ids) > 1 else answer
