"""How much each workflow does an hour of its own accord.

Revision ID: 0013
Revises: 0012
"""

import sqlalchemy as sa
from alembic import op

from campaigns.storage.types import Instant, Key

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

ROLE = "campaigns_app"
TABLE = "workflow_hours"
OWN = "tenant_id = (SELECT NULLIF(current_setting('app.tenant', true), '')::uuid)"


def upgrade() -> None:
    for name in ("unasked", "unasked_mails"):
        op.add_column("workflow_totals", sa.Column(name, sa.Integer(), nullable=False, server_default="0"))
    op.create_table(
        TABLE,
        sa.Column("tenant_id", Key(length=16), nullable=False),
        sa.Column("workflow_id", Key(length=16), nullable=False),
        sa.Column("slot", sa.SmallInteger(), nullable=False),
        sa.Column("hour", Instant(timezone=True), nullable=False),
        sa.Column("unasked", sa.Integer(), nullable=False),
        sa.Column("unasked_mails", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "workflow_id"],
            ["workflows.tenant_id", "workflows.id"],
            name=f"fk_{TABLE}_tenant_id_workflow_id_workflows",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "workflow_id", "slot", name=f"pk_{TABLE}"),
        sqlite_with_rowid=False,
    )
    if op.get_bind().dialect.name == "postgresql":
        _guard_on_postgresql()
    else:
        op.execute(
            f"CREATE TRIGGER {TABLE}_tenant_kept BEFORE UPDATE OF tenant_id ON {TABLE} "
            f"WHEN OLD.tenant_id <> NEW.tenant_id BEGIN SELECT RAISE(ABORT, '{TABLE}: the tenant is final'); END"
        )


def downgrade() -> None:
    raise NotImplementedError("the guards stay: restore a backup instead")


def _guard_on_postgresql() -> None:
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {TABLE} TO {ROLE}")
    op.execute(f"ALTER TABLE {TABLE} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {TABLE} FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY tenant ON {TABLE} USING ({OWN}) WITH CHECK ({OWN})")
    op.execute(
        f"CREATE TRIGGER tenant_kept BEFORE UPDATE OF tenant_id ON {TABLE} FOR EACH ROW "
        "WHEN (OLD.tenant_id IS DISTINCT FROM NEW.tenant_id) EXECUTE FUNCTION refuse_change()"
    )
