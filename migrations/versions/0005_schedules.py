"""Schedules, with the guards that every tenant's table has.

Revision ID: 0005
Revises: 0004
"""

import sqlalchemy as sa
from alembic import op

from campaigns.storage.types import Instant, Key

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

TENANT = "NULLIF(current_setting('app.tenant', true), '')::uuid"
OWN = ("tenant_id", "workflow_id", "trigger_id")


def upgrade() -> None:
    op.create_table(
        "schedules",
        sa.Column("tenant_id", Key(length=16), nullable=False),
        sa.Column("workflow_id", Key(length=16), nullable=False),
        sa.Column("trigger_id", sa.String(), nullable=False),
        sa.Column("next_at", Instant(timezone=True), nullable=False),
        sa.Column("zone", sa.String(), nullable=True),
        sa.Column("telling", Instant(timezone=True), nullable=True),
        sa.Column("told_to", Key(length=16), nullable=True),
        sa.ForeignKeyConstraint(
            OWN, [f"subscriptions.{name}" for name in OWN], name="fk_schedules_subscriptions", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint(*OWN, name="pk_schedules"),
    )
    if op.get_bind().dialect.name == "postgresql":
        _guard_on_postgresql()
    else:
        op.execute(
            "CREATE TRIGGER schedules_tenant_kept BEFORE UPDATE OF tenant_id ON schedules "
            "WHEN OLD.tenant_id <> NEW.tenant_id BEGIN SELECT RAISE(ABORT, 'schedules: the tenant is final'); END"
        )


def downgrade() -> None:
    op.drop_table("schedules")


def _guard_on_postgresql() -> None:
    own = f"tenant_id = (SELECT {TENANT})"
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON schedules TO campaigns_app")
    op.execute("ALTER TABLE schedules ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE schedules FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY tenant ON schedules USING ({own}) WITH CHECK ({own})")
    op.execute(
        "CREATE TRIGGER tenant_kept BEFORE UPDATE OF tenant_id ON schedules FOR EACH ROW "
        "WHEN (OLD.tenant_id IS DISTINCT FROM NEW.tenant_id) EXECUTE FUNCTION refuse_change()"
    )
