"""The people of a tenant: members, roles, invitations by signed link."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import cast
from uuid import UUID

from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy import func, select

from campaigns.errors import Conflict, Forbidden, Invalid, NotFound, Problem
from campaigns.ids import new_id
from campaigns.imports.contacts import address_and_key
from campaigns.services import audit
from campaigns.storage.models import Invitation, Membership, Tenant, User
from campaigns.storage.transaction import Store, TenantSession, reading, system, writing
from campaigns.tenancy import Actor, Role, Tenancy

ROLES: tuple[Role, ...] = ("owner", "admin", "editor", "viewer")
VALID_FOR = timedelta(days=7)
_PURPOSE = "invitation"


@dataclass(frozen=True, slots=True)
class Member:
    """A member as the team's page shows them."""

    user_id: UUID
    email: str
    name: str
    role: Role


@dataclass(frozen=True, slots=True)
class Invited:
    """An invitation that a link leads to, while it holds."""

    id: UUID
    tenant_id: UUID
    tenant_name: str
    email: str
    role: Role


def list_members(session: TenantSession) -> list[Member]:
    """Return the members, owners first, then by name."""
    rows = session.execute(select(Membership, User).join(User, User.id == Membership.user_id)).all()
    members = [Member(user.id, user.email, user.name or user.email, cast("Role", row.role)) for row, user in rows]
    return sorted(members, key=lambda one: (ROLES.index(one.role), one.name.casefold()))


def change_role(session: TenantSession, user_id: UUID, *, role: str, by: Role) -> None:
    """Give a member another role. Only owners make or unmake owners; the last owner stays one."""
    row = _member(session, user_id)
    if role not in ROLES:
        raise Invalid(problems=[Problem("/role", f"there is no role {role}")])
    if "owner" in {role, row.role} and by != "owner":
        raise Forbidden("Only an owner can make somebody an owner, or an owner something else.")
    if row.role == "owner" and role != "owner":
        _keep_an_owner(session)
    audit.record(session, "member.role_changed", kind="user", target=str(user_id), before=row.role, after=role)
    row.role = role


def remove_member(session: TenantSession, user_id: UUID, *, by: Role) -> None:
    """Take a member out of the tenant; they can't open it from the commit on."""
    row = _member(session, user_id)
    if row.role == "owner":
        if by != "owner":
            raise Forbidden("Only an owner can remove an owner.")
        _keep_an_owner(session)
    audit.record(session, "member.removed", kind="user", target=str(user_id), role=row.role)
    session.delete(row)


def invite(session: TenantSession, *, email: str, role: str, by: Role) -> Invitation:
    """Invite somebody; make the link with `link_token`."""
    try:
        address, key = address_and_key(email.strip())
    except ValueError as error:
        raise Invalid(problems=[Problem("/email", str(error))]) from None
    if role not in ROLES or (role == "owner" and by != "owner"):
        raise Invalid(problems=[Problem("/role", "choose admin, editor or viewer; only owners invite owners")])
    if key in {member.email.casefold() for member in list_members(session)}:
        raise Invalid(problems=[Problem("/email", "is a member already")])
    row = Invitation(
        id=new_id(),
        email=address,
        role=role,
        invited_by=session.actor.id,
        created_at=session.now,
        expires_at=session.now + VALID_FOR,
    )
    session.add(row)
    audit.record(session, "member.invited", kind="invitation", target=str(row.id), role=role)
    return row


def list_invitations(session: TenantSession) -> Sequence[Invitation]:
    """Return the invitations that still hold, the newest first."""
    open_ones = select(Invitation).where(
        Invitation.accepted_at.is_(None), Invitation.revoked_at.is_(None), Invitation.expires_at > session.now
    )
    return session.scalars(open_ones.order_by(Invitation.id.desc())).all()


def revoke_invitation(session: TenantSession, invitation_id: UUID) -> None:
    """End an invitation; its link leads nowhere any more."""
    row = session.get(Invitation, (session.tenant_id, invitation_id))
    if row is None:
        raise NotFound("There is no such invitation.")
    if row.accepted_at is None and row.revoked_at is None:
        row.revoked_at = session.now
        audit.record(session, "invitation.revoked", kind="invitation", target=str(invitation_id))


def link_token(secret_key: str, tenant_id: UUID, invitation_id: UUID) -> str:
    """Return the signed part of an invitation's link: purpose, tenant and id."""
    return _signer(secret_key).dumps([tenant_id.hex, invitation_id.hex])


def find_invitation(store: Store, secret_key: str, token: str) -> Invited:
    """Return the invitation of a link; raise NotFound for a forged, used, revoked or outdated one."""
    try:
        tenant, invitation = (UUID(hex=part) for part in _signer(secret_key).loads(token))
    except (BadSignature, ValueError, TypeError):
        raise NotFound("This invitation does not hold.") from None
    with reading(store, Tenancy(tenant)) as session:
        row = session.get(Invitation, (tenant, invitation))
        holds = row is not None and row.accepted_at is None and row.revoked_at is None and row.expires_at > session.now
    if row is None or not holds:
        raise NotFound("This invitation was used, taken back, or is older than seven days. Ask for a new one.")
    with system(store) as outside:
        name = outside.scalar(select(Tenant.name).where(Tenant.id == tenant)) or ""
    return Invited(row.id, tenant, name, row.email, cast("Role", row.role))


def accept(store: Store, invited: Invited, user_id: UUID, email: str) -> None:
    """Make a user a member by an invitation, once."""
    with writing(store, Tenancy(invited.tenant_id, Actor("user", user_id, email))) as session:
        row = session.get(Invitation, (invited.tenant_id, invited.id), with_for_update=True)
        if row is None or row.accepted_at is not None or row.revoked_at is not None:
            raise Conflict("This invitation was used already.")
        row.accepted_at = session.now
        if session.get(Membership, (invited.tenant_id, user_id)) is None:
            session.add(Membership(user_id=user_id, role=invited.role, created_at=session.now))
        audit.record(session, "member.joined", kind="user", target=str(user_id), role=invited.role)


def _signer(secret_key: str) -> URLSafeSerializer:
    return URLSafeSerializer(secret_key, salt=_PURPOSE)


def _member(session: TenantSession, user_id: UUID) -> Membership:
    row = session.get(Membership, (session.tenant_id, user_id), with_for_update=True)
    if row is None:
        raise NotFound("There is no such member.")
    return row


def _keep_an_owner(session: TenantSession) -> None:
    owners = session.scalar(select(func.count()).select_from(Membership).where(Membership.role == "owner")) or 0
    if owners <= 1:
        raise Conflict("An organisation keeps at least one owner: make somebody else an owner first.")
