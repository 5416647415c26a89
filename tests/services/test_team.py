"""The team: who may invite and change whom, and how often an invitation can be used."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from campaigns.errors import Conflict, Forbidden, InUse, Invalid, NotFound
from campaigns.sections.registry import kinds
from campaigns.services import accounts, signing, team, versions, workflows
from campaigns.services.accounts import AccountExists, Person
from campaigns.services.signing import BadLink
from campaigns.storage.models import AuditEntry, Invitation, Membership
from campaigns.storage.transaction import reading, writing
from campaigns.tenancy import Actor, Tenancy

SECRET = "k3y-for-tests-" * 4
GOOD = "violet lantern orbit 27"


@pytest.fixture
def acme(store):
    return accounts.create_tenant(store, name="Acme", owner=Person("ada@acme.example", "Ada"))


@pytest.fixture
def tenancy(store, acme):
    return Tenancy(acme.id, Actor("user", members(store, Tenancy(acme.id))["ada@acme.example"].user_id, "Ada"))


def members(store, tenancy):
    with reading(store, tenancy) as session:
        return {member.email: member for member in team.list_members(session)}


def invite(store, tenancy, email="bob@acme.example", *, role="editor", by="owner"):
    with writing(store, tenancy) as session:
        return team.invitation_token(SECRET, team.invite(session, email=email, role=role, by=by))


def join(store, token, *, password=GOOD):
    invited = team.find_invitation(store, SECRET, token)
    return team.accept_as_new(store, invited, name="Bob", password=password)


def test_a_new_person_joins_with_the_role_of_the_invitation(store, tenancy):
    token = invite(store, tenancy)
    assert team.find_invitation(store, SECRET, token).tenant_name == "Acme"
    bob = join(store, token)
    assert members(store, tenancy)["bob@acme.example"].role == "editor"
    with reading(store, tenancy) as session:
        assert session.scalars(select(Invitation.accepted_at)).one() is not None
        actions = session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)).all()
        assert actions == ["tenant.created", "invitation.sent", "invitation.accepted"]
    assert accounts.sign_in(store, email=bob.email, password=GOOD, browser=accounts.Browser())


def test_an_invitation_is_used_once(store, tenancy):
    token = invite(store, tenancy)
    invited = team.find_invitation(store, SECRET, token)
    bob = join(store, token)
    with pytest.raises(BadLink):
        team.accept(store, invited, user_id=bob.id)
    with pytest.raises(BadLink):
        team.find_invitation(store, SECRET, token)


def test_an_invitation_ends_after_a_week_and_when_it_is_taken_back(store, tenancy, clock):
    old, revoked = invite(store, tenancy), invite(store, tenancy, "eve@acme.example")
    with writing(store, tenancy) as session:
        team.revoke_invitation(session, team.list_invitations(session)[0].id)
    with pytest.raises(BadLink):
        team.find_invitation(store, SECRET, revoked)
    clock.advance(timedelta(days=7))
    with pytest.raises(BadLink):
        team.find_invitation(store, SECRET, old)


def test_inviting_again_replaces_the_former_invitation(store, tenancy):
    first, second = invite(store, tenancy), invite(store, tenancy, "BOB@acme.example", role="viewer")
    with pytest.raises(BadLink):
        team.find_invitation(store, SECRET, first)
    assert team.find_invitation(store, SECRET, second).role == "viewer"


def test_an_invitation_is_for_its_own_address_alone(store, tenancy):
    invited = team.find_invitation(store, SECRET, invite(store, tenancy))
    eve = accounts.create_tenant(store, name="Eve's", owner=Person("eve@evil.example"))
    with reading(store, Tenancy(eve.id)) as session:
        eve_id = session.scalars(select(Membership.user_id)).one()
    with pytest.raises(Forbidden):
        team.accept(store, invited, user_id=eve_id)
    assert "eve@evil.example" not in members(store, tenancy)


def test_who_has_an_account_joins_with_it(store, tenancy):
    user, _ = accounts.sign_up(store, Person("bob@acme.example", "Bob", GOOD), organisation="Bob's")
    invited = team.find_invitation(store, SECRET, invite(store, tenancy))
    assert invited.has_account
    with pytest.raises(AccountExists):
        team.accept_as_new(store, invited, name="Bob", password="amber thicket sonar 9")
    team.accept(store, invited, user_id=user.id)
    assert members(store, tenancy)["bob@acme.example"].user_id == user.id


def test_no_other_signed_text_passes_for_an_invitation(store, tenancy):
    token = invite(store, tenancy)
    payload = signing.read(SECRET, team.PURPOSE, token)
    for forged in (
        signing.sign(SECRET, "device", payload),
        signing.sign("another-key-" * 4, team.PURPOSE, payload),
        token[:-2] + ("aa" if not token.endswith("aa") else "bb"),
        signing.sign(SECRET, team.PURPOSE, {"tenant": payload["tenant"]}),
        "nonsense",
    ):
        with pytest.raises(BadLink):
            team.find_invitation(store, SECRET, forged)


def test_an_admin_neither_makes_nor_unmakes_owners(store, tenancy):
    bob = join(store, invite(store, tenancy, role="admin"))
    ada = members(store, tenancy)["ada@acme.example"]
    for change in (
        lambda session: team.change_role(session, bob.id, role="owner", by="admin"),
        lambda session: team.change_role(session, ada.user_id, role="viewer", by="admin"),
        lambda session: team.remove_member(session, ada.user_id, by="admin"),
        lambda session: team.invite(session, email="kim@acme.example", role="owner", by="admin"),
    ):
        with pytest.raises(Forbidden), writing(store, tenancy) as session:
            change(session)


def test_the_last_owner_stays(store, tenancy):
    ada = members(store, tenancy)["ada@acme.example"]
    with pytest.raises(Conflict), writing(store, tenancy) as session:
        team.change_role(session, ada.user_id, role="viewer")
    with pytest.raises(Conflict), writing(store, tenancy) as session:
        team.remove_member(session, ada.user_id)
    bob = join(store, invite(store, tenancy, role="owner"))
    with writing(store, tenancy) as session:
        team.change_role(session, ada.user_id, role="viewer")
    assert members(store, tenancy)["bob@acme.example"].user_id == bob.id
    assert members(store, tenancy)["ada@acme.example"].role == "viewer"


def test_a_removed_member_can_not_open_the_tenant(store, tenancy):
    bob = join(store, invite(store, tenancy))
    token = accounts.open_session(store, bob.id, accounts.Browser())
    from campaigns.services import sessions

    assert [access.key for access in sessions.find(store, token).access] == ["acme"]
    with writing(store, tenancy) as session:
        team.remove_member(session, bob.id)
    assert sessions.find(store, token).access == ()


def test_a_member_whom_a_version_names_can_not_be_removed(store, tenancy):
    bob = join(store, invite(store, tenancy))
    document = {
        "format": 1,
        "settings": {},
        "triggers": [{"id": "t1", "type": "lead.created", "config": {}}],
        "sections": [{"id": "s1", "type": "lead.assign_owner", "config": {"owner": "bob@acme.example"}}],
    }
    with writing(store, tenancy) as session:
        workflows.create_workflow(session, name="Assign", document=document)
        versions.activate(session, "assign", kinds=kinds())
    with pytest.raises(InUse), writing(store, tenancy) as session:
        team.remove_member(session, bob.id)


def test_what_is_no_role_address_or_member_is_refused(store, tenancy):
    from campaigns.ids import new_id

    ada = members(store, tenancy)["ada@acme.example"]
    for error, change in (
        (Invalid, lambda session: team.invite(session, email="bob@acme.example", role="king")),
        (Invalid, lambda session: team.invite(session, email="nobody", role="viewer")),
        (Conflict, lambda session: team.invite(session, email="ADA@acme.example", role="viewer")),
        (Invalid, lambda session: team.change_role(session, ada.user_id, role="king")),
        (NotFound, lambda session: team.change_role(session, new_id(), role="viewer")),
        (NotFound, lambda session: team.remove_member(session, new_id())),
        (NotFound, lambda session: team.revoke_invitation(session, new_id())),
    ):
        with pytest.raises(error), writing(store, tenancy) as session:
            change(session)
