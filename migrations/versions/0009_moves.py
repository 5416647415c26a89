"""Moves of executions from one version to another.

Revision ID: 0009
Revises: 0008
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from campaigns.storage.types import Instant, Key

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

ROLE = "campaigns_app"
TABLES = ("moves", "moved_executions")
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
        "moves",
        sa.Column("tenant_id", Key(length=16), nullable=False),
        sa.Column("id", Key(length=16), nullable=False),
        sa.Column("workflow_id", Key(length=16), nullable=False),
        sa.Column("version_id", Key(length=16), nullable=False),
        sa.Column("moved", sa.Integer(), nullable=False),
        sa.Column("leaving", sa.Integer(), nullable=False),
        sa.Column("stayed", sa.Integer(), nullable=False),
        sa.Column("returned", sa.Integer(), nullable=True),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("at", Instant(timezone=True), nullable=False),
        sa.Column("settled_at", Instant(timezone=True), nullable=True),
        _refers("moves", "workflow_id", "workflows"),
        _refers("moves", "version_id", "versions"),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_moves"),
    )
    op.create_index("ix_moves_tenant_id_workflow_id_id", "moves", ["tenant_id", "workflow_id", "id"])
    is_open = sa.text("settled_at IS NULL")
    op.create_index("ix_moves_open", "moves", ["tenant_id", "at"], sqlite_where=is_open, postgresql_where=is_open)
    op.create_table(
        "moved_executions",
        sa.Column("tenant_id", Key(length=16), nullable=False),
        sa.Column("move_id", Key(length=16), nullable=False),
        sa.Column("execution_id", Key(length=16), nullable=False),
        sa.Column("version_id", Key(length=16), nullable=False),
        sa.Column("leaves", sa.Boolean(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("steps", sa.Integer(), nullable=False),
        sa.Column("waits", json, nullable=True),
        _refers("moved_executions", "move_id", "moves"),
        _refers("moved_executions", "execution_id", "executions"),
        sa.PrimaryKeyConstraint("tenant_id", "move_id", "execution_id", name="pk_moved_executions"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_moved_executions_tenant_id_execution_id", "moved_executions", ["tenant_id", "execution_id"]
    )


def _refers(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["tenant_id", column],
        [f"{target}.tenant_id", f"{target}.id"],
        name=f"fk_{table}_tenant_id_{column}_{target}",
        ondelete="CASCADE",
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
