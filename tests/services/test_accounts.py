"""Signing up and in: what is made, what is refused, and what strangers can learn from it."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
from sqlalchemy import select

from campaigns.errors import Conflict, Invalid, NotFound, TooMany
from campaigns.services import accounts, passwords, sessions, tenants
from campaigns.services.accounts import AccountExists, Browser, Person, WrongPassword
from campaigns.storage.models import AuditEntry, LeadStatus, Membership, SignInAttempt, SignInSession, User
from campaigns.storage.transaction import reading, system
from campaigns.tenancy import Tenancy

GOOD = "violet lantern orbit 27"
ADA = Person("Ada@Acme.example", "Ada Lovelace", GOOD)


@pytest.fixture
def ada(store):
    return accounts.sign_up(store, ADA, organisation="Acme Größe")


def sign_in(store, password=GOOD, *, email="ada@acme.example", **browser):
    return accounts.sign_in(store, email=email, password=password, browser=Browser(**browser))


def test_signing_up_makes_a_tenant_with_its_owner_and_statuses(store, ada):
    user, tenant = ada
    assert tenant.key == "acme-groesse"
    with reading(store, Tenancy(tenant.id)) as session:
        statuses = session.scalars(select(LeadStatus).order_by(LeadStatus.position)).all()
        assert [status.key for status in statuses] == ["new", "contacted", "qualified", "customer", "lost"]
        assert [status.key for status in statuses if status.is_default] == ["new"]
        member = session.scalars(select(Membership)).one()
        assert (member.user_id, member.role) == (user.id, "owner")
        assert [entry.action for entry in session.scalars(select(AuditEntry))] == ["tenant.created"]


def test_a_second_tenant_of_the_same_name_gets_another_key(store, ada):
    made = accounts.create_tenant(store, name="Acme Größe", owner=Person("bob@acme.example"))
    assert made.key == "acme-groesse-2"


def test_a_key_that_is_taken_is_refused(store, ada):
    with pytest.raises(Conflict):
        accounts.create_tenant(store, name="Other", owner=Person("bob@acme.example"), key="acme-groesse")


def test_an_address_has_one_account_in_whatever_case(store, ada):
    with pytest.raises(AccountExists):
        accounts.sign_up(store, Person("ADA@acme.EXAMPLE", "Eve", GOOD), organisation="Other")
    with system(store) as session, pytest.raises(NotFound):
        tenants.find_tenant(session, "other")


def test_all_that_is_wrong_is_named_at_once(store):
    with pytest.raises(Invalid) as caught:
        accounts.sign_up(store, Person("nobody", "Ada", "short"), organisation="Acme")
    assert {problem.path for problem in caught.value.problems} == {"/email", "/password"}


def test_the_right_password_opens_a_session_whose_token_is_not_stored(store, ada):
    token = sign_in(store, email=" ADA@acme.example ", address="192.0.2.1", user_agent="Firefox")
    found = sessions.find(store, token)
    assert (found.user_id, [access.key for access in found.access]) == (ada[0].id, ["acme-groesse"])
    with system(store) as session:
        row = session.scalars(select(SignInSession)).one()
        assert token not in (row.token_hash, str(row.id))
        assert (row.address, row.user_agent) == ("192.0.2.1", "Firefox")


@pytest.mark.parametrize("email", ["ada@acme.example", "nobody@acme.example", "no address"])
def test_a_wrong_password_and_an_unknown_account_get_the_same_answer(store, ada, email):
    with pytest.raises(WrongPassword) as caught:
        sign_in(store, "wrong password 1", email=email)
    assert caught.value.message == "The email address or the password is not right."
    assert caught.value.problems == []


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_an_unknown_account_takes_as_long_as_a_known_one(store, ada):
    def seconds(email):
        began = time.perf_counter()
        with pytest.raises(WrongPassword):
            sign_in(store, "wrong password 1", email=email)
        return time.perf_counter() - began

    seconds("warm@up.example")
    known, unknown = seconds("ada@acme.example"), seconds("nobody@acme.example")
    assert unknown > known / 3  # a hash is worked out in both; without it, it would be a hundredth


def test_guessing_an_account_gets_slower_and_slower(store, ada, clock):
    waits = []
    for _ in range(8):
        waits.append(wrong_until_told_to_wait(store))
        clock.advance(timedelta(seconds=waits[-1]))
    assert waits == sorted(waits)
    assert waits[-1] >= 60
    assert sign_in(store)  # after the wait the owner gets in
    with system(store) as session:
        assert not [row for row in session.scalars(select(SignInAttempt)) if row.subject.startswith("account")]


def wrong_until_told_to_wait(store):
    for number in range(10):
        try:
            with pytest.raises(WrongPassword):
                sign_in(store, "wrong password 1", address=f"192.0.2.{number}")
        except TooMany as error:
            return error.retry_after_seconds
    raise AssertionError("nobody was told to wait")


def test_a_right_password_does_not_help_while_waiting(store, ada):
    wrong_until_told_to_wait(store)
    with pytest.raises(TooMany):
        sign_in(store)


def test_a_known_browser_gets_in_while_strangers_are_kept_out(store, ada):
    wrong_until_told_to_wait(store)
    assert sign_in(store, device="kept", device_user=ada[0].id)
    with pytest.raises(TooMany):
        sign_in(store, device="kept", device_user=None)


def test_one_address_guessing_at_many_accounts_is_slowed_down(store):
    def guess(number):
        with pytest.raises(WrongPassword):
            sign_in(store, "wrong password 1", email=f"user{number}@acme.example", address="192.0.2.1")

    for number in range(20):
        guess(number)
    with pytest.raises(TooMany):
        guess(20)


def test_no_address_of_a_person_is_kept_with_the_attempts(store):
    with pytest.raises(WrongPassword):
        sign_in(store, "wrong password 1", address="192.0.2.1")
    with system(store) as session:
        assert not [row.subject for row in session.scalars(select(SignInAttempt)) if "@" in row.subject]


def test_a_session_ends_by_idling_by_age_and_by_hand(store, ada, clock):
    token = sign_in(store)
    clock.advance(sessions.IDLE - timedelta(seconds=1))
    assert sessions.find(store, token)
    clock.advance(sessions.IDLE)
    assert sessions.find(store, token) is None
    token = sign_in(store)
    for _ in range(28):
        clock.advance(timedelta(hours=11, minutes=59))
        sessions.find(store, token)
    clock.advance(timedelta(hours=1))
    assert sessions.find(store, token) is None
    found = sessions.find(store, token := sign_in(store))
    with system(store, writes=True) as session:
        sessions.end(session, ada[0].id, found.session_id)
    assert sessions.find(store, token) is None


def test_nobody_ends_the_session_of_somebody_else(store, ada):
    found = sessions.find(store, token := sign_in(store))
    accounts.create_tenant(store, name="Other", owner=Person("eve@other.example"))
    with system(store, writes=True) as session:
        eve = accounts.find_user(session, "eve@other.example")
        with pytest.raises(NotFound):
            sessions.end(session, eve.id, found.session_id)
    assert sessions.find(store, token)


def test_changing_the_password_ends_all_other_sessions(store, ada):
    mine, other = sign_in(store), sign_in(store)
    keep = sessions.find(store, mine).session_id
    with pytest.raises(WrongPassword):
        accounts.change_password(store, ada[0].id, current="not this one", new="amber thicket sonar 9", keep=keep)
    accounts.change_password(store, ada[0].id, current=GOOD, new="amber thicket sonar 9", keep=keep)
    assert sessions.find(store, mine)
    assert sessions.find(store, other) is None
    with pytest.raises(WrongPassword):
        sign_in(store, GOOD)
    assert sign_in(store, "amber thicket sonar 9")


def test_an_older_hash_is_renewed_at_sign_in(store, ada):
    from pwdlib import PasswordHash
    from pwdlib.hashers.argon2 import Argon2Hasher

    old = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=8192, parallelism=1),)).hash(GOOD)
    with system(store, writes=True) as session:
        session.get(User, ada[0].id).password_hash = old
    sign_in(store)
    with system(store) as session:
        renewed = session.get(User, ada[0].id).password_hash
    assert renewed != old
    assert renewed.startswith("$argon2id$")


@pytest.mark.parametrize(
    "password",
    "password1234 P4ssw0rd!2026 passwordpassword 123456789012 qwertyuiop12 aaaaaaaaaaaa welcome2026!! 01012000-1999 "
    "iloveyou12345 acmeacmeacme adalovelace1".split(),
)
def test_passwords_that_are_guessed_first_are_refused(password):
    with pytest.raises(Invalid):
        passwords.check_password(password, own=("ada@acme.example", "Adalovelace"))


@pytest.mark.parametrize(
    "password", ["violet lantern orbit 27", "x" * 5 + "Yp3#kq9-Zt", "пароль из пяти слов", "e9" + "vT4$" * 31 + "QQ"]
)
def test_long_passwords_of_any_characters_are_taken(password):
    assert passwords.check_password(password) == password


@pytest.mark.parametrize(("length", "taken"), [(11, False), (12, True), (128, True), (129, False)])
def test_the_length_has_limits(length, taken):
    password = ("tHe7quIck-bRown+fOx" * 7)[:length]
    if taken:
        assert passwords.check_password(password)
    else:
        with pytest.raises(Invalid):
            passwords.check_password(password)


def test_nothing_of_a_long_password_is_cut_off():
    known = passwords.make_hash("q7" * 36 + "Lantern")
    assert passwords.verify("q7" * 36 + "Lantern", known)[0]
    assert not passwords.verify("q7" * 36 + "Lanterm", known)[0]


def test_the_admins_of_a_parent_open_its_children_and_others_do_not(store, ada):
    child = accounts.create_tenant(store, name="Child", owner=Person("kim@child.example"), parent_key="acme-groesse")
    accounts.create_tenant(store, name="Grandchild", owner=Person("kim@child.example"), parent_key=child.key)
    assert access_of(store, "ada@acme.example") == {"acme-groesse": "owner", "child": "owner", "grandchild": "owner"}
    assert access_of(store, "kim@child.example") == {"child": "owner", "grandchild": "owner"}


def access_of(store, email):
    with system(store) as session:
        user = accounts.find_user(session, email)
    with system(store, user_id=user.id) as session:
        return {access.key: access.role for access in tenants.list_access(session, user.id)}
