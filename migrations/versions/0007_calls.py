"""Calls to other systems, and secrets.

Revision ID: 0007
Revises: 0006
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from campaigns.storage.types import Instant, Key

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

ROLE = "campaigns_app"
TABLES = ("outside_calls", "secrets")
OWN = "tenant_id = (SELECT NULLIF(current_setting('app.tenant', true), '')::uuid)"


def upgrade() -> None:
    _create()
    for table in TABLES:
        if op.get_bind().dialect.name == "postgresql":
            _guard_on_postgresql(table)
        else:
            op.execute(
                f"CREATE TRIGGER {table}_tenant_kept BEFORE UPDATE OF tenant_id ON {table} "
                f"WHEN OLD.tenant_id <> NEW.tenant_id BEGIN SELECT RAISE(ABORT, '{table}: the tenant is final'); END"
            )


def downgrade() -> None:
    raise NotImplementedError("the guards stay: restore a backup instead")


def _create() -> None:
    json = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
    op.create_table(
        "outside_calls",
        sa.Column("tenant_id", Key(length=16), nullable=False),
        sa.Column("id", Key(length=16), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("execution_id", Key(length=16), nullable=False),
        sa.Column("number", sa.SmallInteger(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("section", sa.String(), nullable=False),
        sa.Column("shard", sa.SmallInteger(), nullable=False),
        sa.Column("request", json, nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("attempts", sa.SmallInteger(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("planned_at", Instant(timezone=True), nullable=False),
        sa.Column("begun_at", Instant(timezone=True), nullable=True),
        sa.Column("next_at", Instant(timezone=True), nullable=True),
        sa.Column("owner", Key(length=16), nullable=True),
        sa.CheckConstraint(
            "state IN ('planned','calling','answered','gone')", name=op.f("ck_outside_calls_state")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "execution_id"],
            ["executions.tenant_id", "executions.id"],
            name="fk_outside_calls_tenant_id_execution_id_executions",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_outside_calls"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_outside_calls_tenant_id_shard_next_at", "outside_calls", ["tenant_id", "shard", "next_at"])
    op.create_index("ix_outside_calls_tenant_id_execution_id", "outside_calls", ["tenant_id", "execution_id"])
    op.create_table(
        "secrets",
        sa.Column("tenant_id", Key(length=16), nullable=False),
        sa.Column("id", Key(length=16), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("sealed", sa.String(), nullable=False),
        sa.Column("created_at", Instant(timezone=True), nullable=False),
        sa.Column("changed_at", Instant(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name="fk_secrets_tenant_id_tenants", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_secrets"),
        sa.UniqueConstraint("tenant_id", "key", name="uq_secrets_tenant_id_key"),
    )


def _guard_on_postgresql(table: str) -> None:
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO {ROLE}")
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY tenant ON {table} USING ({OWN}) WITH CHECK ({OWN})")
    op.execute(
        f"CREATE TRIGGER tenant_kept BEFORE UPDATE OF tenant_id ON {table} FOR EACH ROW "
        "WHEN (OLD.tenant_id IS DISTINCT FROM NEW.tenant_id) EXECUTE FUNCTION refuse_change()"
    )
