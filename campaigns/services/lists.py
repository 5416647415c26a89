"""Who is on a list: put there and taken off, each with its event. The lists themselves stand in `vocabulary`."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import func, select

from campaigns.engine.effects import AddToList, RemoveFromList
from campaigns.services.lead_changes import change_leads
from campaigns.services.lead_search import DEFAULT_SORT, Found, Wanted, search_leads
from campaigns.services.leads import get_lead
from campaigns.services.vocabulary import get_list
from campaigns.storage.models import List, ListMember
from campaigns.storage.queries.bulk import Native
from campaigns.storage.transaction import TenantSession


def add_member(session: TenantSession, key: str, lead_id: UUID) -> bool:
    """Put a lead on a list; say whether it was not there before. Raise NotFound for either."""
    return _change(session, key, lead_id, AddToList(key))


def remove_member(session: TenantSession, key: str, lead_id: UUID) -> bool:
    """Take a lead off a list; say whether it was there. Raise NotFound for either."""
    return _change(session, key, lead_id, RemoveFromList(key))


def search_members(
    session: TenantSession, key: str, *, text: str = "", sort: str = DEFAULT_SORT, limit: int = 50, offset: int = 0
) -> Found:
    """Return a page of the leads on a list; raise NotFound."""
    get_list(session, key)
    return search_leads(session, Wanted(text=text, list=key), sort=sort, limit=limit, offset=offset)


def list_size(session: TenantSession, key: str) -> int:
    """Return how many leads are on a list; raise NotFound."""
    found = get_list(session, key)
    own = (ListMember.tenant_id == session.tenant_id, ListMember.list_id == found.id)
    return session.scalar(select(func.count()).select_from(ListMember).where(*own)) or 0


def _change(session: TenantSession, key: str, lead_id: UUID, effect: AddToList | RemoveFromList) -> bool:
    found: List = get_list(session, key)
    get_lead(session, lead_id)
    lists = {key: Native(session.connection()).id(found.id)}
    return change_leads(session, [lead_id], lambda _subject: (effect,), lists=lists) == 1
