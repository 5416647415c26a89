"""Tenants: founded with what each begins with, found by key, and who may open them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from uuid import UUID
from zoneinfo import available_timezones

from sqlalchemy import select
from sqlalchemy.orm import Session

from campaigns.engine.business_hours import BusinessHours, Span, read_spans
from campaigns.engine.schedule import WEEKDAYS
from campaigns.errors import Conflict, Invalid, NotFound, Problem
from campaigns.services import audit, vocabulary
from campaigns.services.keys import check_key, check_name, make_key
from campaigns.services.rights import ROLES, check_role
from campaigns.services.vocabulary import save_new
from campaigns.storage.models import Membership, Tenant, User
from campaigns.storage.queries.notified import TYPE
from campaigns.storage.transaction import SystemSession, TenantSession
from campaigns.tenancy import Role

MAX_TYPE = 80
STATUSES = ("New", "Contacted", "Qualified", "Customer", "Lost")  # the first is the default


@dataclass(frozen=True, slots=True)
class Access:
    """A tenant that a user may open. `inherited`: as an admin of a tenant above it, not as its member."""

    tenant_id: UUID
    key: str
    name: str
    time_zone: str
    role: Role
    inherited: bool = False

    @property
    def id(self) -> UUID:
        return self.tenant_id


def found_tenant(
    session: TenantSession, *, name: str, owner: User, key: str | None = None, parent_key: str | None = None
) -> Tenant:
    """Make the tenant that the session is bound to, with its owner and its first statuses."""
    name = check_name(name)
    tenant = Tenant(
        id=session.tenant_id,
        key=_new_key(session, name, key),
        name=name,
        parent_id=find_tenant(session, parent_key).id if parent_key else None,
        time_zone=owner.time_zone,
        created_at=session.now,
    )
    save_new(session, tenant)
    session.add(Membership(user_id=owner.id, role="owner", created_at=session.now))
    seed_tenant(session)
    audit.record(session, "tenant.created", kind="tenant", target=tenant.key)
    session.flush()
    return tenant


def seed_tenant(session: TenantSession) -> None:
    """Give a new tenant the statuses that each begins with."""
    for name in STATUSES:
        vocabulary.create_status(session, name=name)


def find_tenant(session: Session, key: str) -> Tenant:
    """Return a tenant by its key; raise NotFound."""
    tenant = session.scalar(select(Tenant).where(Tenant.key == key))
    if tenant is None:
        raise NotFound(f"There is no tenant {key}.")
    return tenant


def list_tenants(session: Session) -> list[Tenant]:
    """Return all tenants by key: for operators; what a user may open is `list_access`."""
    return list(session.scalars(select(Tenant).order_by(Tenant.key)))


def get_tenant(session: TenantSession) -> Tenant:
    """Return the tenant that the session is bound to."""
    return session.get_one(Tenant, session.tenant_id)


def update_tenant(session: TenantSession, *, name: str, time_zone: str, organisation_type: str | None = None) -> Tenant:
    """Rename the tenant or move it to another time zone; its key stays, since addresses carry it.

    `organisation_type`: what kind of organisation of its tree it is, by which notices find it; None leaves it.
    """
    tenant = get_tenant(session)
    tenant.name, tenant.time_zone = check_name(name), check_time_zone(time_zone)
    if organisation_type is not None:
        kind = organisation_type.strip()
        if len(kind) > MAX_TYPE:
            raise Invalid(problems=[Problem("/organisation_type", f"has at most {MAX_TYPE} characters")])
        rest = {key: value for key, value in tenant.settings.items() if key != TYPE}
        tenant.settings = rest | ({TYPE: kind} if kind else {})
    audit.record(session, "tenant.changed", kind="tenant", target=tenant.key, time_zone=tenant.time_zone)
    return tenant


def set_business_hours(session: TenantSession, *, days: Mapping[str, str], holidays: str) -> BusinessHours:
    """Set when the organisation is open: spans by weekday as text, holidays one a line. Raise Invalid by field."""
    spans: dict[str, tuple[Span, ...]] = {}
    problems = []
    for day in WEEKDAYS:
        try:
            spans[day] = read_spans(days.get(day, ""))
        except ValueError as error:
            problems.append(Problem(f"/{day}", str(error)))
    closed = set()
    for line in filter(None, (line.strip() for line in holidays.splitlines())):
        try:
            closed.add(date.fromisoformat(line))
        except ValueError:
            problems.append(Problem("/holidays", f"{line[:40]} is no date: write 2026-12-25"))
    if problems:
        raise Invalid(problems=problems)
    tenant, hours = get_tenant(session), BusinessHours(spans, frozenset(closed))
    tenant.settings = {**tenant.settings, "business_hours": hours.as_json()}
    audit.record(session, "tenant.changed", kind="tenant", target=tenant.key, business_hours=True)
    return hours


def list_access(session: SystemSession, user_id: UUID) -> list[Access]:
    """Return the tenants that a user may open, by name; the session must be bound to that user."""
    own = select(Tenant, Membership.role).join(Membership, Membership.tenant_id == Tenant.id)
    rows = session.execute(own.where(Membership.user_id == user_id)).all()
    found = {tenant.id: _access(tenant, check_role(role)) for tenant, role in rows}
    managed = [access.tenant_id for access in found.values() if access.role in ("owner", "admin")]
    for tenant in _below(session, managed) if managed else ():
        inherited = _inherited(tenant, found)
        present = found.get(tenant.id)
        if inherited and (present is None or ROLES.index(inherited) > ROLES.index(present.role)):
            found[tenant.id] = _access(tenant, inherited, inherited=present is None)
    return sorted(found.values(), key=lambda access: (access.name.casefold(), access.key))


def check_time_zone(name: str, *, path: str = "/time_zone") -> str:
    """Return the name of a time zone; raise Invalid when there is none of this name."""
    if name not in time_zones():
        raise Invalid(problems=[Problem(path, "is no time zone, such as Europe/Madrid")])
    return name


@lru_cache(maxsize=1)
def time_zones() -> tuple[str, ...]:
    """Return the names of all time zones."""
    return tuple(sorted(name for name in available_timezones() if "/" in name or name == "UTC"))


def _new_key(session: Session, name: str, key: str | None) -> str:
    start = check_key(key) if key is not None else make_key(name, (), otherwise="tenant")
    taken = set(session.scalars(select(Tenant.key).where(Tenant.key.startswith(start, autoescape=True))))
    if key is not None and key in taken:
        raise Conflict(f"The key {key} is taken already.", problems=[Problem("/key", "is taken already")])
    return key or make_key(name, taken, otherwise="tenant")


def _below(session: Session, above: Iterable[UUID]) -> list[Tenant]:
    """Return all tenants below these, parents before their children."""
    tree = select(Tenant.id).where(Tenant.parent_id.in_(list(above))).cte("below", recursive=True)
    tree = tree.union(select(Tenant.id).where(Tenant.parent_id == tree.c.id))
    rows = session.scalars(select(Tenant).where(Tenant.id.in_(select(tree.c.id)))).all()
    return _parents_first(list(rows))


def _parents_first(tenants: list[Tenant]) -> list[Tenant]:
    left, ordered = {tenant.id: tenant for tenant in tenants}, []
    while left:
        ready = [tenant for tenant in left.values() if tenant.parent_id not in left]
        if not ready:
            break  # a ring of parents; nobody above it can be told
        ordered += ready
        left = {key: tenant for key, tenant in left.items() if tenant not in ready}
    return ordered


def _inherited(tenant: Tenant, found: dict[UUID, Access]) -> Role | None:
    above = found.get(tenant.parent_id) if tenant.parent_id else None
    return above.role if above is not None and above.role in ("owner", "admin") else None


def _access(tenant: Tenant, role: Role, *, inherited: bool = False) -> Access:
    return Access(tenant.id, tenant.key, tenant.name, tenant.time_zone, role, inherited)
