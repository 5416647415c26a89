"""Switches at a set time, and letting in the leads who match when a workflow is activated.

Revision ID: 0016
Revises: 0015
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from campaigns.storage.types import Instant, Key

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

ROLE = "campaigns_app"
OWN = "tenant_id = (SELECT NULLIF(current_setting('app.tenant', true), '')::uuid)"


def upgrade() -> None:
    _add_switches()
    _add_admissions()
    for table in ("planned_switches", "admissions"):
        if op.get_bind().dialect.name == "postgresql":
            _guard_on_postgresql(table)
        else:
            op.execute(
                f"CREATE TRIGGER {table}_tenant_kept BEFORE UPDATE OF tenant_id ON {table} "
                f"WHEN OLD.tenant_id <> NEW.tenant_id BEGIN SELECT RAISE(ABORT, '{table}: the tenant is final'); END"
            )


def downgrade() -> None:
    raise NotImplementedError("the guards stay: restore a backup instead")


def _add_switches() -> None:
    json = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
    op.create_table(
        "planned_switches",
        sa.Column("tenant_id", Key(length=16), nullable=False),
        sa.Column("id", Key(length=16), nullable=False),
        sa.Column("workflow_id", Key(length=16), nullable=False),
        sa.Column("turn", sa.String(), nullable=False),
        sa.Column("at", Instant(timezone=True), nullable=False),
        sa.Column("options", json, nullable=False),
        sa.Column("failed_because", sa.String(), nullable=False),
        sa.Column("actor_kind", sa.String(), nullable=False),
        sa.Column("actor_id", Key(length=16), nullable=True),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("created_at", Instant(timezone=True), nullable=False),
        sa.CheckConstraint("turn IN ('activate','deactivate')", name="ck_planned_switches_turn"),
        _of("planned_switches", "workflow_id", "workflows"),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_planned_switches"),
        sa.UniqueConstraint("tenant_id", "workflow_id", "turn", name="uq_planned_switches_tenant_id_workflow_id_turn"),
    )


def _add_admissions() -> None:
    counts = [sa.Column(name, sa.Integer(), nullable=False) for name in ("total", "looked", "admitted", "refused")]
    op.create_table(
        "admissions",
        sa.Column("tenant_id", Key(length=16), nullable=False),
        sa.Column("id", Key(length=16), nullable=False),
        sa.Column("workflow_id", Key(length=16), nullable=False),
        sa.Column("version_id", Key(length=16), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        *counts,
        sa.Column("after", Key(length=16), nullable=True),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("created_at", Instant(timezone=True), nullable=False),
        sa.Column("ended_at", Instant(timezone=True), nullable=True),
        sa.CheckConstraint("status IN ('running','done','cancelled','stopped')", name="ck_admissions_status"),
        _of("admissions", "workflow_id", "workflows"),
        _of("admissions", "version_id", "versions"),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_admissions"),
    )
    running = sa.text("status = 'running'")
    op.create_index(
        "uq_admissions_running", "admissions", ["tenant_id", "workflow_id"], unique=True,
        sqlite_where=running, postgresql_where=running,
    )  # fmt: skip


def _of(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
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
