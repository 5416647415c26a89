"""Lists, statuses, custom fields and tags: keys, uniqueness, and what may be deleted."""

from __future__ import annotations

import pytest

from campaigns.errors import Conflict, InUse, Invalid, NotFound
from campaigns.services import executions, fields, versions, vocabulary, workflows
from campaigns.services.keys import make_key
from campaigns.storage.models import Lead
from campaigns.storage.transaction import reading, writing
from tests.support.workflows import add_leads, counted, delay, document, make_tenant, work


@pytest.fixture
def tenancy(store):
    return make_tenant(store)


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("New Customers 2026", "new-customers-2026"),
        ("  Größte Kunden! ", "groesste-kunden"),
        ("Новые клиенты", "novye-klienty"),
        ("Νέοι πελάτες", "neoi-pelates"),
        ("Émile & Zoë", "emile-zoe"),
        ("東京", "6771-4eac"),
        ("かな", "kana"),
        ("!!!", "item"),
        ("", "item"),
    ],
)
def test_a_name_becomes_a_key_of_ascii_letters_digits_and_hyphens(name, key):
    assert make_key(name, set()) == key.replace("6771-4eac", "67714eac")


def test_a_taken_key_gets_a_number():
    assert make_key("VIP", {"vip", "vip-2"}) == "vip-3"
    assert len(make_key("x" * 500, {"x" * 55})) <= 63


def test_everything_that_can_be_named_is_read_in_two_queries(store, tenancy):
    with writing(store, tenancy) as session:
        vocabulary.create_list(session, name="Customers")
        fields.create_field(session, name="Plan", type="choice", choices=["free", "paid"])
        workflows.create_workflow(session, name="Onboarding")
    with counted(store, tenancy) as (session, statements):
        found = vocabulary.load_vocabulary(session)
    assert len(statements) == 2
    assert found.lists == {"customers": "Customers"}
    assert set(found.statuses) == {"new", "contacted", "qualified", "customer", "lost"}
    assert (found.fields["plan"].type, found.fields["plan"].choices) == ("choice", ("free", "paid"))
    assert found.workflows == {"onboarding": "Onboarding"}
    assert found.users == {"anna@acme.example": "Anna"}


def test_another_tenant_has_a_vocabulary_of_its_own(store, tenancy):
    other = make_tenant(store, "other")
    with writing(store, tenancy) as session:
        vocabulary.create_list(session, name="Customers")
    with writing(store, other) as session:
        assert vocabulary.load_vocabulary(session).lists == {}
        with pytest.raises(NotFound):
            vocabulary.delete_list(session, "customers")
        assert vocabulary.create_list(session, name="Customers").key == "customers"


def test_a_key_that_is_taken_or_no_key_is_refused(store, tenancy):
    with writing(store, tenancy) as session:
        vocabulary.create_list(session, name="Customers", key="customers")
        with pytest.raises(Conflict):
            vocabulary.create_list(session, name="Others", key="customers")
        for key in ("", "Ä", "UPPER", "a b", "-a", "x" * 64):
            with pytest.raises(Invalid) as caught:
                vocabulary.create_list(session, name="Others", key=key)
            assert caught.value.problems[0].path == "/key"


@pytest.mark.parametrize("name", ["", "   ", "x" * 201, "two\nlines"])
def test_a_name_is_one_line_of_at_most_200_characters(store, tenancy, name):
    with writing(store, tenancy) as session, pytest.raises(Invalid) as caught:
        vocabulary.create_list(session, name=name)
    assert caught.value.problems[0].path == "/name"


def test_lists_are_counted_renamed_and_deleted(store, tenancy):
    with writing(store, tenancy) as session:
        vocabulary.create_list(session, name="Customers")
        vocabulary.create_list(session, name="Empty")
    add_leads(store, tenancy, 3, on_list="customers")
    with writing(store, tenancy) as session:
        assert vocabulary.list_sizes(session) == {"customers": 3, "empty": 0}
        assert vocabulary.update_list(session, "customers", name="Clients").key == "customers"
        vocabulary.delete_list(session, "customers")
        assert vocabulary.list_sizes(session) == {"empty": 0}
        assert session.query(Lead).count() == 3


def test_a_list_that_a_live_workflow_uses_is_kept_and_its_users_are_named(store, tenancy):
    step = {"id": "s1", "type": "list.add", "config": {"list": "vip"}}
    with writing(store, tenancy) as session:
        vocabulary.create_list(session, name="VIP")
        workflows.create_workflow(session, name="Greeting", document=document(step))
        versions.activate(session, "greeting")
        with pytest.raises(InUse) as caught:
            vocabulary.delete_list(session, "vip")
        assert "Greeting (version 1)" in caught.value.message
        versions.deactivate(session, "greeting")
        vocabulary.delete_list(session, "vip")
        assert vocabulary.list_sizes(session) == {}


def test_a_list_named_by_a_condition_is_in_use_as_well(store, tenancy):
    step = {"id": "s1", "type": "flow.if", "config": {"condition": {"not": {"in_list": "vip"}}}}
    with writing(store, tenancy) as session:
        vocabulary.create_list(session, name="VIP")
        workflows.create_workflow(session, name="Greeting", document=document(step))
        versions.activate(session, "greeting")
        with pytest.raises(InUse):
            vocabulary.delete_list(session, "vip")


def test_what_a_waiting_execution_will_need_is_kept_after_deactivation(store, tenancy):
    step = {"id": "s1", "type": "list.add", "config": {"list": "vip"}}
    (lead,) = add_leads(store, tenancy, 1)
    with writing(store, tenancy) as session:
        vocabulary.create_list(session, name="VIP")
        workflows.create_workflow(session, name="Greeting", document=document(delay(), step))
        versions.activate(session, "greeting")
        executions.start_by_hand(session, "greeting", lead)
    work(store)
    with writing(store, tenancy) as session:
        versions.deactivate(session, "greeting", running="finish")
    with writing(store, tenancy) as session:
        with pytest.raises(InUse):
            vocabulary.delete_list(session, "vip")
        versions.deactivate(session, "greeting", running="cancel")
        vocabulary.delete_list(session, "vip")


def test_one_status_is_the_default_and_can_only_be_handed_on(store, tenancy):
    with writing(store, tenancy) as session:
        with pytest.raises(InUse):
            vocabulary.delete_status(session, "new")
        vocabulary.update_status(session, "lost", default=True)
        assert [s.key for s in vocabulary.list_statuses(session) if s.is_default] == ["lost"]
        vocabulary.delete_status(session, "new")
        assert "new" not in vocabulary.status_sizes(session)


def test_a_status_that_leads_have_is_kept(store, tenancy):
    add_leads(store, tenancy, 1)
    with writing(store, tenancy) as session:
        vocabulary.update_status(session, "lost", default=True)
        with pytest.raises(InUse, match="leads"):
            vocabulary.delete_status(session, "new")
        assert vocabulary.status_sizes(session)["new"] == 1


def test_new_statuses_come_last(store, tenancy):
    with writing(store, tenancy) as session:
        vocabulary.create_status(session, name="Waiting")
        assert [s.key for s in vocabulary.list_statuses(session)][-1] == "waiting"


@pytest.mark.parametrize("key", ["email", "score", "status", "id", "tags", "fields"])
def test_names_of_built_in_fields_cannot_be_taken(store, tenancy, key):
    with writing(store, tenancy) as session:
        with pytest.raises(Invalid) as caught:
            fields.create_field(session, name="Mine", key=key)
        assert caught.value.problems[0].path == "/key"
        assert fields.create_field(session, name=key.title()).key == f"{key}-2"


@pytest.mark.parametrize(
    ("type", "choices", "path"),
    [
        ("colour", [], "/type"),
        ("choice", [], "/choices"),
        ("choice", ["a", "a"], "/choices"),
        ("choice", ["a", " "], "/choices/1"),
        ("text", ["a"], "/choices"),
    ],
)
def test_a_field_has_a_known_type_and_choices_if_it_is_a_choice(store, tenancy, type, choices, path):
    with writing(store, tenancy) as session, pytest.raises(Invalid) as caught:
        fields.create_field(session, name="Plan", type=type, choices=choices)
    assert caught.value.problems[0].path == path


def test_a_fields_type_is_kept_and_its_choices_may_change(store, tenancy):
    with writing(store, tenancy) as session:
        fields.create_field(session, name="Plan", type="choice", choices=["free"])
        with pytest.raises(Invalid):
            fields.update_field(session, "plan", type="text")
        assert fields.update_field(session, "plan", choices=["free", "paid"]).choices == ["free", "paid"]


def test_deleting_a_field_takes_its_values_from_the_leads(store, tenancy):
    (lead,) = add_leads(store, tenancy, 1)
    with writing(store, tenancy) as session:
        fields.create_field(session, name="City")
        fields.create_field(session, name="Plan")
        session.get_one(Lead, (tenancy.tenant_id, lead)).fields = {"city": "Berlin", "plan": "free"}
    with writing(store, tenancy) as session:
        fields.delete_field(session, "city")
    with reading(store, tenancy) as session:
        row = session.get_one(Lead, (tenancy.tenant_id, lead))
        assert (row.fields, row.revision) == ({"plan": "free"}, 1)
        assert [field.key for field in fields.list_fields(session)] == ["plan"]


def test_a_field_that_a_condition_reads_is_in_use(store, tenancy):
    test = {"field": "lead.city", "op": "eq", "value": "Berlin"}
    with writing(store, tenancy) as session:
        fields.create_field(session, name="City")
        trigger = {"id": "t1", "type": "lead.created", "config": {}, "filter": test}
        workflows.create_workflow(session, name="Local", document=document(triggers=[trigger]))
        versions.activate(session, "local")
        with pytest.raises(InUse, match="Local"):
            fields.delete_field(session, "city")


def test_a_tag_is_made_once_and_deleted_from_everywhere(store, tenancy):
    with writing(store, tenancy) as session:
        vocabulary.create_tag(session, " vip ")
        vocabulary.create_tag(session, "vip")
        assert vocabulary.tag_sizes(session) == {"vip": 0}
        vocabulary.delete_tag(session, "vip")
        assert vocabulary.tag_sizes(session) == {}
        with pytest.raises(NotFound):
            vocabulary.delete_tag(session, "vip")
        with pytest.raises(Invalid):
            vocabulary.create_tag(session, " ")
