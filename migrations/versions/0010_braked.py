"""Why a workflow was stopped by the program, and not by a person.

Revision ID: 0010
Revises: 0009
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("workflows", sa.Column("stopped_because", sa.String(), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("workflows", "stopped_because")
