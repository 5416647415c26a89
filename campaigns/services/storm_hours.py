"""The brake's second rule: a workflow that does far more in an hour than it has done in its last 7 days is stopped.

What counts is what nobody has asked for (`services.unasked`): starts, and the mails of such executions. The batches and
the outbox count them with what they write anyway; here the counters are looked at, every half minute, by workflow.

A workflow is stopped in an hour with more than 5 times its mean an hour, unless that is less than 500, or less than
twice its busiest hour of the last 8 days: so one that mails all at nine o'clock may do so, and more than last week.
One that has not been at it for 24 hours has no mean yet. Hours are those of the clock, in UTC.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from uuid import UUID

import structlog
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from campaigns.services.storm_brake import stop_those
from campaigns.storage.models import Tenant, Workflow
from campaigns.storage.queries import workflow_hours as hours
from campaigns.storage.transaction import Store, TenantSession, reading, system, writing
from campaigns.tenancy import Tenancy

log = structlog.get_logger()

TIMES = 5
WITHIN = timedelta(days=7)
AT_LEAST = 500  # an hour; less is no storm, whatever the mean is
BASELINE = timedelta(hours=24)
TIMES_THE_BUSIEST = 2
_COUNTED = ("starts", "mails")
History = Sequence[tuple[datetime, int]]


def look(store: Store) -> int:
    """Stop the workflows of all tenants that storm; return how many."""
    with system(store) as session:
        tenants = session.scalars(select(Tenant.id)).all()
    return sum(look_in(store, Tenancy(tenant_id)) for tenant_id in tenants)


def look_in(store: Store, tenancy: Tenancy) -> int:
    """Look at one tenant's workflows; a failure stops none, and they are looked at again."""
    try:
        with reading(store, tenancy) as session:
            rows = hours.standings(session)
            storms = list(_storms(session, rows))
        new = [row for row in rows if row.before is None]
        if new:
            with writing(store, tenancy) as session:
                hours.begin_hour(session, new)
        for workflow_id, because in storms:
            with writing(store, tenancy) as session:
                stop_those(session, Workflow.id == workflow_id, because=because)
    except SQLAlchemyError:
        log.exception("storm_hours.failed", tenant=str(tenancy.tenant_id))
        return 0
    return len(storms)


def most_an_hour(history: History, now: datetime) -> int | None:
    """Return how much may be done in this hour; None while there is no mean.

    `history`: a counter at the beginning of each known hour, this one last.
    """
    week = [entry for entry in history if entry[0] > now - WITHIN]
    began = next((before for before, after in pairwise(week) if after[1] > before[1]), None)
    if began is None or week[-1][0] - began[0] < BASELINE:
        return None
    mean = (week[-1][1] - began[1]) / ((week[-1][0] - began[0]) / hours.HOUR)
    busiest = max(after[1] - before[1] for before, after in pairwise(history))
    return max(AT_LEAST, round(TIMES * mean), TIMES_THE_BUSIEST * busiest)


def _storms(session: TenantSession, rows: Sequence[hours.Standing]) -> Iterator[tuple[UUID, str]]:
    for row in rows:
        done = [now - before for now, before in zip(row.now, row.before or row.now, strict=True)]
        if max(done) <= AT_LEAST:
            continue
        known = hours.history(session, row.workflow_id)
        for place, what in enumerate(_COUNTED):
            most = most_an_hour([(hour, counters[place]) for hour, counters in known], session.now)
            if most is not None and done[place] > most:
                yield row.workflow_id, _because(done[place], what, most)
                break


def _because(done: int, what: str, most: int) -> str:
    return (
        f"{done:,} {what} that nobody had asked for came within an hour, where its last 7 days make {most:,} the most"
    )
