"""A Liquid text of a section as one lead would have it: the value, what is unknown or missing. Nothing is stored."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from campaigns.errors import CampaignsError
from campaigns.personalise import SOURCE_LIMIT, as_text, compile_value
from campaigns.sections.values import check_templates
from campaigns.services.leads import get_lead
from campaigns.services.template_preview import lead_values
from campaigns.services.vocabulary import load_vocabulary
from campaigns.storage.models import Lead
from campaigns.storage.transaction import TenantSession

MOST_SHOWN = 500  # characters of what a text gives


@dataclass(frozen=True, slots=True)
class ValuePreview:
    """What a text gives for a lead. `problems`: why it can't be saved or filled in, in words.

    `missing`: variables that this lead has no value for; `later`: those that are known only while a workflow runs.
    """

    lead: Lead | None
    text: str = ""
    problems: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    later: tuple[str, ...] = ()


def preview_value(session: TenantSession, source: str, lead_id: UUID | None = None) -> ValuePreview:
    """Fill a text in for a lead, else for the one that was changed last; raise NotFound for another's lead."""
    recent = select(Lead).order_by(Lead.updated_at.desc(), Lead.id.desc()).limit(1)
    lead = get_lead(session, lead_id) if lead_id else session.scalar(recent)
    if len(source) > SOURCE_LIMIT:
        return ValuePreview(lead, problems=("This text is too long.",))
    problems = tuple(p.message for p in check_templates({"template": source}, "", load_vocabulary(session)))
    known = {"lead": lead_values(session, lead), "event": {}, "state": {}, "session": {}, "now": session.now}
    try:
        value, missing = compile_value(source).render(known)
    except CampaignsError as error:
        return ValuePreview(lead, problems=problems or (error.message,))
    unknown = {name for name in missing if any(problem.endswith(f" {name}") for problem in problems)}
    known_later = tuple(name for name in missing if not name.startswith("lead.") and name not in unknown)
    absent = tuple(name for name in missing if name.startswith("lead.") and name not in unknown)
    return ValuePreview(lead, as_text(value)[:MOST_SHOWN], problems, absent, known_later)
