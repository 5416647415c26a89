"""What has passed limits of late, by key.

Revision ID: 0011
Revises: 0010
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from campaigns.storage.types import Instant, Key

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

ROLE = "campaigns_app"
TABLE = "limit_passes"
OWN = "tenant_id = (SELECT NULLIF(current_setting('app.tenant', true), '')::uuid)"


def upgrade() -> None:
    _create()
    if op.get_bind().dialect.name == "postgresql":
        _guard_on_postgresql()
    else:
        op.execute(
            f"CREATE TRIGGER {TABLE}_tenant_kept BEFORE UPDATE OF tenant_id ON {TABLE} "
            f"WHEN OLD.tenant_id <> NEW.tenant_id BEGIN SELECT RAISE(ABORT, '{TABLE}: the tenant is final'); END"
        )


def downgrade() -> None:
    raise NotImplementedError("the guards stay: restore a backup instead")


def _create() -> None:
    json = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
    op.create_table(
        TABLE,
        sa.Column("tenant_id", Key(length=16), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("passes", json, nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("seconds", sa.Integer(), nullable=False),
        sa.Column("kept_until", Instant(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name="fk_limit_passes_tenant_id_tenants", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("tenant_id", "key", name="pk_limit_passes"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_limit_passes_tenant_id_kept_until", TABLE, ["tenant_id", "kept_until"])


def _guard_on_postgresql() -> None:
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {TABLE} TO {ROLE}")
    op.execute(f"ALTER TABLE {TABLE} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {TABLE} FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY tenant ON {TABLE} USING ({OWN}) WITH CHECK ({OWN})")
    op.execute(
        f"CREATE TRIGGER tenant_kept BEFORE UPDATE OF tenant_id ON {TABLE} FOR EACH ROW "
        "WHEN (OLD.tenant_id IS DISTINCT FROM NEW.tenant_id) EXECUTE FUNCTION refuse_change()"
    )
