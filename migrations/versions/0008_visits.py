"""Visits: sessions of people whose lead may not be known yet.

Revision ID: 0008
Revises: 0007
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from campaigns.storage.types import Instant, Key

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

ROLE = "campaigns_app"
TABLES = ("visits",)
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
        "visits",
        sa.Column("tenant_id", Key(length=16), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("lead_id", Key(length=16), nullable=True),
        sa.Column("data", json, nullable=False),
        sa.Column("kept", json, nullable=False),
        sa.Column("first_at", Instant(timezone=True), nullable=False),
        sa.Column("last_at", Instant(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "lead_id"],
            ["leads.tenant_id", "leads.id"],
            name="fk_visits_tenant_id_lead_id_leads",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "key", name="pk_visits"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_visits_tenant_id_lead_id", "visits", ["tenant_id", "lead_id"])


def _guard_on_postgresql(table: str) -> None:
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO {ROLE}")
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY tenant ON {table} USING ({OWN}) WITH CHECK ({OWN})")
    op.execute(
        f"CREATE TRIGGER tenant_kept BEFORE UPDATE OF tenant_id ON {table} FOR EACH ROW "
        "WHEN (OLD.tenant_id IS DISTINCT FROM NEW.tenant_id) EXECUTE FUNCTION refuse_change()"
    )
