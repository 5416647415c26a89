"""What the database itself refuses, whoever asks: final things stay final, rows stay with their tenant."""

import pytest
from sqlalchemy import delete, insert, update
from sqlalchemy.exc import DBAPIError

from campaigns.ids import new_id
from campaigns.storage.base import Base
from campaigns.storage.models import AuditEntry, EmailTemplate, Execution, TemplateVersion, Version
from campaigns.storage.scoping import tenant_tables
from campaigns.storage.transaction import tenant_connection
from tests.support.factories import digest, plant

FINAL = ("finished", "stopped", "cancelled")
OPEN = ("ready", "running", "waiting", "listening", "held", "failed")
TABLES = [table for table in Base.metadata.sorted_tables if table.name in tenant_tables()]


@pytest.fixture
def planted(store):
    return plant(store, "acme")


def execute(store, tenant_id, statement):
    with tenant_connection(store, tenant_id, writes=True) as connection:
        return connection.execute(statement).rowcount


def set_status(store, planted, status):
    own = (Execution.tenant_id == planted.tenant_id, Execution.id == planted.value(Execution, "id"))
    return execute(store, planted.tenant_id, update(Execution).where(*own).values(status=status))


@pytest.mark.parametrize("status", FINAL)
def test_an_execution_that_has_ended_stays_so(store, planted, status):
    assert set_status(store, planted, status) == 1
    for other in {*FINAL, *OPEN} - {status}:
        with pytest.raises(DBAPIError, match="executions rows are final"):
            set_status(store, planted, other)
    assert set_status(store, planted, status) == 1


def test_an_execution_that_has_not_ended_may_change_and_what_failed_may_be_tried_again(store, planted):
    for status in (*OPEN, "ready", "finished"):
        assert set_status(store, planted, status) == 1


def test_a_status_that_is_none_is_refused(store, planted):
    with pytest.raises(DBAPIError):
        set_status(store, planted, "sleeping")


@pytest.mark.parametrize(
    ("model", "values"),
    [(Version, {"note": "other"}), (Version, {"document": {}}), (TemplateVersion, {"subject": "other"})],
    ids=lambda value: getattr(value, "__tablename__", None),
)
def test_versions_are_frozen(store, planted, model, values):
    with pytest.raises(DBAPIError, match="rows are final"):
        execute(store, planted.tenant_id, update(model).where(model.tenant_id == planted.tenant_id).values(**values))


def test_a_draft_of_a_template_is_not_frozen(store, planted):
    own = update(EmailTemplate).where(EmailTemplate.tenant_id == planted.tenant_id)
    assert execute(store, planted.tenant_id, own.values(name="Other")) == 1


@pytest.mark.parametrize("statement", [update, delete])
def test_the_audit_log_only_grows(store, planted, statement):
    before = digest(store, planted.tenant_id)
    asked = statement(AuditEntry).where(AuditEntry.tenant_id == planted.tenant_id)
    with pytest.raises(DBAPIError, match=r"rows are final|permission denied"):
        execute(store, planted.tenant_id, asked.values(actor_name="Nobody") if statement is update else asked)
    assert digest(store, planted.tenant_id) == before
    row = planted.rows["audit"] | {"id": new_id()}
    execute(store, planted.tenant_id, insert(AuditEntry).values(row))
    assert digest(store, planted.tenant_id) != before


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_no_row_changes_its_tenant(store, planted, table):
    other = plant(store, "rival")
    before = digest(store, planted.tenant_id), digest(store, other.tenant_id)
    moved = update(table).where(table.c.tenant_id == planted.tenant_id).values(tenant_id=other.tenant_id)
    with pytest.raises(DBAPIError):
        execute(store, planted.tenant_id, moved)
    assert (digest(store, planted.tenant_id), digest(store, other.tenant_id)) == before


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_on_sqlite_every_tenant_table_has_the_guard_of_its_tenant(store):
    """On PostgreSQL row-level security refuses first; there the trigger is the second lock."""
    with store.database.reader.connect() as connection:
        rows = connection.exec_driver_sql(
            "SELECT tbl_name FROM sqlite_master WHERE type = 'trigger' AND name LIKE '%tenant_kept'"
        )
        assert {row[0] for row in rows} == tenant_tables()


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_on_postgresql_every_tenant_table_has_the_guard_of_its_tenant(store):
    with store.database.reader.connect() as connection:
        rows = connection.exec_driver_sql(
            "SELECT c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid WHERE t.tgname = 'tenant_kept'"
        )
        assert {row[0] for row in rows} == tenant_tables()
