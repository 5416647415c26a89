"""People's accounts: signing up and in, their names and passwords.

Hashing a password takes a tenth of a second, so these take the store and hash between transactions, never inside.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from campaigns.errors import Conflict, Invalid, Problem
from campaigns.ids import new_id
from campaigns.imports.contacts import address_and_key
from campaigns.services import attempts, passwords, sessions
from campaigns.services.keys import check_name
from campaigns.services.tenants import check_time_zone, found_tenant
from campaigns.storage.models import Tenant, User
from campaigns.storage.transaction import Store, SystemSession, system, writing
from campaigns.tenancy import SYSTEM, Actor, Tenancy


class WrongPassword(Invalid):
    """The email address or the password is not right."""

    code = "wrong_password"


class AccountExists(Conflict):
    """There is an account with this email address already: sign in instead."""

    code = "account_exists"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who is to have an account. Without a password they can't sign in until they get one."""

    email: str
    name: str = ""
    password: str | None = field(default=None, repr=False)
    time_zone: str = "UTC"


@dataclass(frozen=True, slots=True)
class Browser:
    """Where a sign-in comes from. `device` is what a browser kept from an earlier sign-in of the user `device_user`."""

    address: str = ""
    user_agent: str = ""
    device: str = ""
    device_user: UUID | None = None


def sign_up(store: Store, person: Person, *, organisation: str) -> tuple[User, Tenant]:
    """Make an account and a tenant that it owns; raise AccountExists or Invalid."""
    if person.password is None:
        raise Invalid(problems=[Problem("/password", "is required")])
    organisation = check_name(organisation, path="/tenant_name")
    checked, hashed = prepare(person, organisation)
    tenant_id, user_id = new_id(), new_id()
    with writing(store, Tenancy(tenant_id, Actor("user", user_id, checked.name))) as session:
        user = add_user(session, checked, password_hash=hashed, user_id=user_id)
        return user, found_tenant(session, name=organisation, owner=user)


def create_tenant(
    store: Store,
    *,
    name: str,
    owner: Person,
    key: str | None = None,
    parent_key: str | None = None,
    actor: Actor = SYSTEM,
) -> Tenant:
    """Make a tenant for an owner, who may have an account already; a known one keeps name and password."""
    checked, hashed = prepare(owner, name)
    with writing(store, Tenancy(new_id(), actor)) as session:
        user = find_user(session, checked.email) or add_user(session, checked, password_hash=hashed)
        return found_tenant(session, name=name, owner=user, key=key, parent_key=parent_key)


def sign_in(store: Store, *, email: str, password: str, browser: Browser) -> str:
    """Return the token of a new session; raise WrongPassword, or TooMany with the seconds to wait.

    Whether the account exists can't be told from the answer, nor from the time it takes.
    """
    key = _key_or_text(email)
    with system(store) as session:
        user = session.scalar(select(User).where(User.email_key == key))
    is_known = bool(browser.device) and user is not None and browser.device_user == user.id
    account = attempts.of_device(browser.device) if is_known else attempts.of_account(key)
    address = attempts.of_address(browser.address)
    attempts.count(store, [account, address])
    fits, fresh = passwords.verify(password, user.password_hash if user else None)
    if user is None or not fits:
        raise WrongPassword
    with system(store, writes=True) as session:
        attempts.settle(session, right=account, address=address)
        if fresh is not None:
            session.get_one(User, user.id).password_hash = fresh
        return sessions.start(session, user.id, address=browser.address, user_agent=browser.user_agent)


def open_session(store: Store, user_id: UUID, browser: Browser) -> str:
    """Sign in a user who has just proved who they are in another way; return the token."""
    with system(store, writes=True) as session:
        return sessions.start(session, user_id, address=browser.address, user_agent=browser.user_agent)


def change_password(store: Store, user_id: UUID, *, current: str, new: str, keep: UUID) -> None:
    """Set another password and end all sessions but `keep`; raise WrongPassword or Invalid."""
    with system(store) as session:
        user = session.get_one(User, user_id)
    account = attempts.of_account(f"change:{user_id}")
    attempts.count(store, [account])
    fits, _ = passwords.verify(current, user.password_hash)
    if not fits:
        raise WrongPassword(problems=[Problem("/current", "is not your present password")])
    passwords.check_password(new, path="/new", own=(user.email, user.name))
    hashed = passwords.make_hash(new)
    with system(store, writes=True) as session:
        session.get_one(User, user_id).password_hash = hashed
        attempts.settle(session, right=account, address=account)
        sessions.end_others(session, user_id, keep=keep)


def update_profile(session: SystemSession, user_id: UUID, *, name: str, time_zone: str) -> User:
    """Change how a user is called, and in which time zone they read times."""
    user = session.get_one(User, user_id)
    user.name, user.time_zone = check_name(name), check_time_zone(time_zone)
    return user


def find_user(session: Session, email: str) -> User | None:
    """Return the user with an email address, in whatever case it is written."""
    return session.scalar(select(User).where(User.email_key == _key_or_text(email)))


def prepare(person: Person, *own: str) -> tuple[Person, str | None]:
    """Return a person with everything checked, and the password's hash; raise Invalid naming all that is wrong."""
    problems: list[Problem] = []
    email, name, hashed = "", "", None
    try:
        email = check_email(person.email)
    except Invalid as error:
        problems += error.problems
    try:
        name = check_name(person.name or email.partition("@")[0] or "?")
        check_time_zone(person.time_zone)
        if person.password is not None:
            passwords.check_password(person.password, own=(person.email, person.name, *own))
    except Invalid as error:
        problems += error.problems
    if problems:
        raise Invalid(problems=problems)
    if person.password is not None:
        hashed = passwords.make_hash(person.password)
    return Person(email, name, time_zone=person.time_zone), hashed


def check_email(email: str, *, path: str = "/email") -> str:
    """Return the address as typed, without spaces around it; raise Invalid when it is none."""
    try:
        return address_and_key(email.strip())[0]
    except ValueError as error:
        raise Invalid(problems=[Problem(path, str(error))]) from None


def email_key(email: str) -> str:
    """Return that by which two addresses are the same; the address must be a good one."""
    return address_and_key(email.strip())[1]


def add_user(session: Session, person: Person, *, password_hash: str | None, user_id: UUID | None = None) -> User:
    """Write a new user from what `prepare` gave; raise AccountExists."""
    now = getattr(session, "now")  # noqa: B009 - both kinds of our sessions have it, their base has not
    user = User(
        id=user_id or new_id(),
        email=person.email,
        email_key=email_key(person.email),
        name=person.name,
        password_hash=password_hash,
        time_zone=person.time_zone,
        created_at=now,
    )
    session.add(user)
    try:
        session.flush()
    except IntegrityError:
        raise AccountExists(problems=[Problem("/email", "has an account already: sign in instead")]) from None
    return user


def _key_or_text(email: str) -> str:
    try:
        return email_key(email)
    except ValueError:
        return email.strip().casefold()[:254]
