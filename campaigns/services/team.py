"""The people of a tenant: members, their roles, and invitations by signed link."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from campaigns.errors import Conflict, Forbidden, InUse, NotFound, Problem
from campaigns.services import accounts, audit
from campaigns.services.accounts import Person
from campaigns.services.references import refuse_if_used
from campaigns.services.rights import ROLES, check_role
from campaigns.services.signing import BadLink, read, sign
from campaigns.storage.models import Invitation, Membership, Task, Tenant, User
from campaigns.storage.transaction import Store, TenantSession, reading, writing
from campaigns.tenancy import Actor, Role, Tenancy

PURPOSE = "invitation"
VALID_FOR = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Member:
    """A member as the team page shows them."""

    user_id: UUID
    email: str
    name: str
    role: Role
    since: datetime


@dataclass(frozen=True, slots=True)
class Invited:
    """What an invitation's link says: into which tenant, as what, and whether the invited has an account."""

    id: UUID
    tenant_id: UUID
    tenant_name: str
    tenant_key: str
    email: str
    role: Role
    has_account: bool


def list_members(session: TenantSession) -> list[Member]:
    """Return the members, owners first, then by name."""
    rows = session.execute(select(Membership, User).join(User, User.id == Membership.user_id)).all()
    members = [
        Member(user.id, user.email, user.name or user.email, check_role(row.role), row.created_at) for row, user in rows
    ]
    return sorted(members, key=lambda member: (-ROLES.index(member.role), member.name.casefold()))


def list_invitations(session: TenantSession) -> Sequence[Invitation]:
    """Return the invitations that can still be accepted, the latest first."""
    still_open = (Invitation.accepted_at.is_(None), Invitation.revoked_at.is_(None))
    rows = select(Invitation).where(*still_open, Invitation.expires_at > session.now)
    return session.scalars(rows.order_by(Invitation.id.desc())).all()


def invite(session: TenantSession, *, email: str, role: str, by: Role = "owner") -> Invitation:
    """Invite somebody; an open invitation to the same address is replaced. `by`: the role of who invites."""
    chosen = _within(check_role(role), by)
    address = accounts.check_email(email)
    user = accounts.find_user(session, address)
    if user is not None and session.get(Membership, (session.tenant_id, user.id)) is not None:
        raise Conflict(f"{address} is in the team already.", problems=[Problem("/email", "is in the team already")])
    for former in list_invitations(session):
        if accounts.email_key(former.email) == accounts.email_key(address):
            former.revoked_at = session.now
    row = Invitation(
        email=address,
        role=chosen,
        invited_by=session.actor.id,
        created_at=session.now,
        expires_at=session.now + VALID_FOR,
    )
    session.add(row)
    session.flush()
    audit.record(session, "invitation.sent", kind="invitation", target=str(row.id), role=chosen)
    return row


def invitation_token(secret_key: str, invitation: Invitation) -> str:
    """Return what the invitation's link carries. It can be made again for as long as the invitation is open."""
    expires = int(invitation.expires_at.timestamp())
    return sign(secret_key, PURPOSE, {"tenant": invitation.tenant_id.hex, "id": invitation.id.hex, "expires": expires})


def revoke_invitation(session: TenantSession, invitation_id: UUID) -> None:
    """Take an invitation back; raise NotFound when there is no open one of this id."""
    row = _open_invitation(session, invitation_id)
    row.revoked_at = session.now
    audit.record(session, "invitation.revoked", kind="invitation", target=str(row.id))


def find_invitation(store: Store, secret_key: str, token: str) -> Invited:
    """Return what a link invites to; raise BadLink when it is forged, used, revoked or older than a week."""
    tenant_id, invitation_id = _named(store, secret_key, token)
    with reading(store, Tenancy(tenant_id)) as session:
        row = _open_invitation(session, invitation_id)
        tenant = session.get_one(Tenant, tenant_id)
        known = accounts.find_user(session, row.email)
        has_account = known is not None and known.password_hash is not None
        return Invited(row.id, tenant_id, tenant.name, tenant.key, row.email, check_role(row.role), has_account)


def accept(store: Store, invited: Invited, *, user_id: UUID) -> None:
    """Let a signed-in user into the tenant, once; the invitation must be to their own address."""
    with writing(store, Tenancy(invited.tenant_id, Actor("user", user_id))) as session:
        user = session.get_one(User, user_id)
        if user.email_key != accounts.email_key(invited.email):
            raise Forbidden(f"This invitation is for {invited.email}: sign in with that address.")
        _join(session, invited, user)


def accept_as_new(store: Store, invited: Invited, *, name: str, password: str) -> User:
    """Make the invited an account and let them into the tenant, once; raise AccountExists, BadLink or Invalid."""
    if invited.has_account:
        raise accounts.AccountExists
    person, hashed = accounts.prepare(Person(invited.email, name, password), invited.tenant_name)
    with writing(store, Tenancy(invited.tenant_id, Actor("user", None, person.name))) as session:
        user = accounts.find_user(session, invited.email)
        if user is None:
            user = accounts.add_user(session, person, password_hash=hashed)
        elif user.password_hash is None:
            user.name, user.password_hash = person.name, hashed
        else:
            raise accounts.AccountExists
        _join(session, invited, user)
    return user


def change_role(session: TenantSession, user_id: UUID, *, role: str, by: Role = "owner") -> None:
    """Give a member another role; raise NotFound, Forbidden beyond one's own role, Conflict for the last owner."""
    row = _member(session, user_id)
    chosen = _within(check_role(role), by)
    _within(row.role, by)
    if row.role == "owner" and chosen != "owner":
        _keep_an_owner(session, user_id)
    before, row.role = row.role, chosen
    audit.record(session, "member.role_changed", kind="member", target=str(user_id), before=before, after=chosen)


def remove_member(session: TenantSession, user_id: UUID, *, by: Role = "owner") -> None:
    """Take a member out of the team; raise NotFound, Forbidden, Conflict for the last owner, InUse by workflows.

    Their open tasks are nobody's then.
    """
    row = _member(session, user_id)
    _within(row.role, by)
    if row.role == "owner":
        _keep_an_owner(session, user_id)
    user = session.get_one(User, user_id)
    refuse_if_used(session, "user", [user_id], user.name or user.email)
    audit.record(session, "member.removed", kind="member", target=str(user_id), role=row.role)
    own = (Task.tenant_id == session.tenant_id, Task.user_id == user_id, Task.done_at.is_(None))
    session.execute(update(Task).where(*own).values(user_id=None))
    session.delete(row)
    try:
        session.flush()
    except IntegrityError:
        raise InUse(f"“{user.name or user.email}” is in use by a workflow.") from None


def _within(role: str, by: Role) -> Role:
    """An admin can't make, change or remove owners."""
    checked = check_role(role)
    if ROLES.index(checked) > ROLES.index(by):
        raise Forbidden(f"Only an {checked} can do this.")
    return checked


def _member(session: TenantSession, user_id: UUID) -> Membership:
    row = session.get(Membership, (session.tenant_id, user_id))
    if row is None:
        raise NotFound("There is no such member.")
    return row


def _keep_an_owner(session: TenantSession, user_id: UUID) -> None:
    """Owners are locked, so that two of them can't leave in the same moment."""
    rows = session.scalars(select(Membership).where(Membership.role == "owner").with_for_update()).all()
    if not [row for row in rows if row.user_id != user_id]:
        raise Conflict("This is the only owner: make somebody else an owner first.")


def _named(store: Store, secret_key: str, token: str) -> tuple[UUID, UUID]:
    payload = read(secret_key, PURPOSE, token)
    try:
        tenant_id, invitation_id = UUID(payload["tenant"]), UUID(payload["id"])
        expires = int(payload["expires"])
    except (KeyError, TypeError, ValueError):
        raise BadLink from None
    if expires <= store.clock.now().timestamp():
        raise BadLink("This invitation is older than a week. Ask for a new one.")
    return tenant_id, invitation_id


def _open_invitation(session: TenantSession, invitation_id: UUID, *, lock: bool = False) -> Invitation:
    statement = select(Invitation).where(Invitation.id == invitation_id)
    row = session.scalar(statement.with_for_update() if lock else statement)
    if row is None or row.revoked_at is not None or row.expires_at <= session.now:
        raise BadLink("This invitation is no longer valid. Ask for a new one.")
    if row.accepted_at is not None:
        raise BadLink("This invitation has been used already.")
    return row


def _join(session: TenantSession, invited: Invited, user: User) -> None:
    row = _open_invitation(session, invited.id, lock=True)
    row.accepted_at = session.now
    if session.get(Membership, (session.tenant_id, user.id)) is None:
        session.add(Membership(user_id=user.id, role=row.role, created_at=session.now))
    audit.record(session, "invitation.accepted", kind="invitation", target=str(row.id), role=row.role)
    try:
        session.flush()
    except IntegrityError:
        raise Conflict("You joined this team in the same moment. Reload the page.") from None
