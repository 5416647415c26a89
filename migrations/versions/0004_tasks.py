"""Tasks, with the guards that every tenant's table has.

Revision ID: 0004
Revises: 0003
"""

import sqlalchemy as sa
from alembic import op

from campaigns.storage.types import Instant, Key

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

TENANT = "NULLIF(current_setting('app.tenant', true), '')::uuid"


def upgrade() -> None:
    _create_table()
    if op.get_bind().dialect.name == "postgresql":
        _guard_on_postgresql()
    else:
        op.execute(
            "CREATE TRIGGER tasks_tenant_kept BEFORE UPDATE OF tenant_id ON tasks "
            "WHEN OLD.tenant_id <> NEW.tenant_id BEGIN SELECT RAISE(ABORT, 'tasks: the tenant is final'); END"
        )


def downgrade() -> None:
    op.drop_table("tasks")


def _create_table() -> None:
    own_lead = (["tenant_id", "lead_id"], ["leads.tenant_id", "leads.id"])
    op.create_table(
        "tasks",
        sa.Column("tenant_id", Key(length=16), nullable=False),
        sa.Column("id", Key(length=16), nullable=False),
        sa.Column("lead_id", Key(length=16), nullable=False),
        sa.Column("user_id", Key(length=16), nullable=True),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("due_at", Instant(timezone=True), nullable=True),
        sa.Column("done_at", Instant(timezone=True), nullable=True),
        sa.Column("done_by", Key(length=16), nullable=True),
        sa.Column("execution_id", Key(length=16), nullable=True),
        sa.Column("section", sa.String(), nullable=False),
        sa.Column("created_at", Instant(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(*own_lead, name="fk_tasks_tenant_id_lead_id_leads", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_tasks_user_id_users"),
        sa.ForeignKeyConstraint(["done_by"], ["users.id"], name="fk_tasks_done_by_users"),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_tasks"),
    )
    for columns in (("lead_id", "id"), ("user_id", "done_at", "due_at"), ("done_at", "due_at")):
        op.create_index("_".join(["ix_tasks_tenant_id", *columns]), "tasks", ["tenant_id", *columns])


def _guard_on_postgresql() -> None:
    own = f"tenant_id = (SELECT {TENANT})"
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON tasks TO campaigns_app")
    op.execute("ALTER TABLE tasks ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE tasks FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY tenant ON tasks USING ({own}) WITH CHECK ({own})")
    op.execute(
        "CREATE TRIGGER tenant_kept BEFORE UPDATE OF tenant_id ON tasks FOR EACH ROW "
        "WHEN (OLD.tenant_id IS DISTINCT FROM NEW.tenant_id) EXECUTE FUNCTION refuse_change()"
    )
