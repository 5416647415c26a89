"""Tenants kept apart in the database: by the schema on both stores, by row-level security on PostgreSQL."""

from __future__ import annotations

import pytest
from sqlalchemy import ForeignKeyConstraint, delete, insert, select, text, update
from sqlalchemy.exc import DBAPIError

from campaigns.errors import NoTenant, NotFound
from campaigns.storage.base import Base
from campaigns.storage.db import APP_ROLE, owner_engine
from campaigns.storage.models import Lead, LeadStatus
from campaigns.storage.scoping import tenant_tables
from campaigns.storage.transaction import reading, tenant_connection, writing
from campaigns.tenancy import Tenancy
from tests.support.factories import digest, plant

TABLES = [table for table in Base.metadata.sorted_tables if table.name in tenant_tables()]
ON_POSTGRESQL = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


@pytest.fixture
def tenants(store):
    return plant(store, "acme"), plant(store, "rival")


def references():
    """Return every foreign key between tenant tables."""
    for table in TABLES:
        for key in table.constraints:
            if isinstance(key, ForeignKeyConstraint) and key.referred_table.name in tenant_tables():
                yield table, key


def test_every_key_and_reference_of_a_tenant_table_begins_with_the_tenant():
    for table in TABLES:
        assert not table.c.tenant_id.nullable
        assert next(iter(table.primary_key.columns)).name == "tenant_id", table.name
    for table, key in references():
        assert next(iter(key.column_keys)) == "tenant_id", f"{table.name}: {key.name}"
        assert key.elements[0].column.name == "tenant_id", f"{table.name}: {key.name}"


def test_every_unique_key_of_a_tenant_table_begins_with_the_tenant():
    for table in TABLES:
        unique = [index.columns for index in table.indexes if index.unique]
        unique += [c.columns for c in table.constraints if type(c).__name__ == "UniqueConstraint"]
        assert [next(iter(columns)).name for columns in unique] == ["tenant_id"] * len(unique), table.name


def test_no_reference_can_cross_tenants(store, tenants):
    ours, theirs = tenants
    crossed = []
    for table, key in references():
        column, target = key.columns.values()[1], key.elements[1].column
        foreign = theirs.rows[key.referred_table.name][target.name]
        change = update(table).where(table.c.tenant_id == ours.tenant_id).values({column.name: foreign})
        try:
            with tenant_connection(store, ours.tenant_id, writes=True) as connection:
                connection.execute(change)
                crossed.append(f"{table.name}.{column.name}")
        except DBAPIError:
            continue
    assert crossed == []


def test_the_orm_shows_and_touches_only_the_open_tenant(store, tenants):
    ours, theirs = tenants
    with reading(store, Tenancy(ours.tenant_id)) as session:
        for mapper in Base.registry.mappers:
            if mapper.class_.__tablename__ in tenant_tables():
                found = session.scalars(select(mapper.class_)).all()
                assert {row.tenant_id for row in found} == {ours.tenant_id}, mapper.class_.__tablename__
        assert session.scalar(select(Lead).where(Lead.id == theirs.value(Lead, "id"))) is None
    before = digest(store, theirs.tenant_id)
    with writing(store, Tenancy(ours.tenant_id)) as session:
        session.execute(update(Lead).where(Lead.tenant_id == ours.tenant_id).values(first_name="changed"))
    assert digest(store, theirs.tenant_id) == before
    with pytest.raises(NotFound), writing(store, Tenancy(ours.tenant_id)) as session:
        session.add(LeadStatus(tenant_id=theirs.tenant_id, key="x", name="X"))


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_a_statement_that_names_no_tenant_is_refused(store, table):
    for statement in (select(table), delete(table)):
        with pytest.raises(NoTenant), store.database.writer.begin() as connection:
            connection.execute(statement)


@ON_POSTGRESQL
def test_row_level_security_is_forced_on_every_tenant_table_and_the_app_owns_none(store, database_url):
    query = """
        SELECT c.relname, c.relrowsecurity AND c.relforcerowsecurity, r.rolname,
               (SELECT count(*) FROM pg_policy p WHERE p.polrelid = c.oid)
        FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner
        WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace
    """
    engine = owner_engine(database_url)
    with engine.connect() as connection:
        rows = {row[0]: tuple(row)[1:] for row in connection.execute(text(query))}
        role = connection.execute(
            text("SELECT rolsuper, rolbypassrls, rolcanlogin FROM pg_roles WHERE rolname = :role"), {"role": APP_ROLE}
        ).one()
    engine.dispose()
    assert {name for name in tenant_tables() if not rows[name][0] or not rows[name][2]} == set()
    assert APP_ROLE not in {owner for _, owner, _ in rows.values()}
    assert tuple(role) == (False, False, False)


@ON_POSTGRESQL
def test_row_level_security_holds_alone(store, tenants):
    """Without the ORM and the statement guard: raw statements see and change nothing of another tenant."""
    ours, theirs = tenants
    before = digest(store, theirs.tenant_id)
    with store.database.writer.connect() as connection:
        connection.info["unguarded"] = True
        for table in TABLES:
            with connection.begin():
                assert connection.execute(select(table)).all() == [], f"{table.name} without a tenant"
            with connection.begin():
                open_tenant(connection, ours.tenant_id)
                seen = {row.tenant_id for row in connection.execute(select(table))}
                assert seen == {ours.tenant_id}, table.name
                foreign = table.c.tenant_id == theirs.tenant_id
                if table.name != "audit":
                    assert connection.execute(delete(table).where(foreign)).rowcount == 0
            with pytest.raises(DBAPIError, match=r"row-level security|duplicate key"):
                insert_as(connection, ours.tenant_id, table, theirs.rows[table.name])
        connection.info.pop("unguarded")
    assert digest(store, theirs.tenant_id) == before


def insert_as(connection, tenant_id, table, row):
    with connection.begin():
        open_tenant(connection, tenant_id)
        connection.execute(insert(table).values(row))


def open_tenant(connection, tenant_id):
    connection.execute(text("SELECT set_config('app.tenant', :tenant, true)"), {"tenant": str(tenant_id)})


@ON_POSTGRESQL
def test_the_app_may_only_read_and_write_rows(store, database_url):
    engine = owner_engine(database_url)
    query = text("SELECT DISTINCT privilege_type FROM information_schema.role_table_grants WHERE grantee = :role")
    with engine.connect() as connection:
        granted = set(connection.scalars(query, {"role": APP_ROLE}))
    engine.dispose()
    assert granted == {"SELECT", "INSERT", "UPDATE", "DELETE"}
