"""Story tests of workflows.

Revision ID: 0015
Revises: 0014
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from campaigns.storage.types import Instant, Key

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

ROLE = "campaigns_app"
TABLE = "story_tests"
OWN = "tenant_id = (SELECT NULLIF(current_setting('app.tenant', true), '')::uuid)"


def upgrade() -> None:
    json = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
    op.create_table(
        TABLE,
        sa.Column("tenant_id", Key(length=16), nullable=False),
        sa.Column("id", Key(length=16), nullable=False),
        sa.Column("workflow_id", Key(length=16), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("blocks", sa.Boolean(), nullable=False),
        sa.Column("trial", json, nullable=False),
        sa.Column("checks", json, nullable=False),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("created_at", Instant(timezone=True), nullable=False),
        sa.Column("last_at", Instant(timezone=True), nullable=True),
        sa.Column("last_failures", json, nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "workflow_id"],
            ["workflows.tenant_id", "workflows.id"],
            name="fk_story_tests_tenant_id_workflow_id_workflows",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_story_tests"),
        sa.UniqueConstraint("tenant_id", "workflow_id", "name", name="uq_story_tests_tenant_id_workflow_id_name"),
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
