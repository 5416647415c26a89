"""Documents are kept as they were written: JSONB forgets in which order a fork's branches stand.

Revision ID: 0014
Revises: 0013
"""

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

TABLES = ("drafts", "revisions", "versions")


def upgrade() -> None:
    _change("json")


def downgrade() -> None:
    _change("jsonb")


def _change(kind: str) -> None:
    """A change of type writes the table anew and fires no trigger: versions stay frozen. SQLite keeps text anyway."""
    if op.get_bind().dialect.name == "postgresql":
        for table in TABLES:
            op.execute(f"ALTER TABLE {table} ALTER COLUMN document TYPE {kind} USING document::{kind}")
