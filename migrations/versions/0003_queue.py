"""The tables of the task queue, on PostgreSQL alone.

Revision ID: 0003
Revises: 0002
"""

from alembic import op

from campaigns.dispatch.schema import apply_schema, drop_schema

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        apply_schema(op.get_bind())


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        drop_schema(op.get_bind())
