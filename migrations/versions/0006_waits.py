"""What tokens wait for, and which events may be waited for.

Revision ID: 0006
Revises: 0005
"""

import sqlalchemy as sa
from alembic import op

from campaigns.storage.types import Key

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

ROLE = "campaigns_app"
TABLES = ("waits", "awaited")
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
    op.create_table(
        "waits",
        sa.Column("tenant_id", Key(length=16), nullable=False),
        sa.Column("execution_id", Key(length=16), nullable=False),
        sa.Column("number", sa.SmallInteger(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("event_type", sa.String(), nullable=False),
        sa.Column("lead_id", Key(length=16), nullable=True),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "execution_id"],
            ["executions.tenant_id", "executions.id"],
            name="fk_waits_tenant_id_execution_id_executions",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "execution_id", "number", "name", "event_type", name="pk_waits"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_waits_tenant_id_lead_id", "waits", ["tenant_id", "lead_id"])
    op.create_table(
        "awaited",
        sa.Column("tenant_id", Key(length=16), nullable=False),
        sa.Column("version_id", Key(length=16), nullable=False),
        sa.Column("event_type", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "version_id"],
            ["versions.tenant_id", "versions.id"],
            name="fk_awaited_tenant_id_version_id_versions",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "version_id", "event_type", name="pk_awaited"),
        sqlite_with_rowid=False,
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
