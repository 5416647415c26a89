"""Leads that were merged into another one, and what possible duplicates are found by.

Revision ID: 0012
Revises: 0011
"""

import re

import sqlalchemy as sa
from alembic import op

from campaigns.storage.types import Instant, Key

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

ROLE = "campaigns_app"
TABLE = "merged_leads"
OWN = "tenant_id = (SELECT NULLIF(current_setting('app.tenant', true), '')::uuid)"
_EXTENSION = re.compile(r"[\s,;]*(?:ext\.?|extension|x|#|durchwahl|dw)[\s.:]*\d{1,7}\Z", re.IGNORECASE)
_PAGE = 5000


def upgrade() -> None:
    _create()
    if op.get_bind().dialect.name == "postgresql":
        _guard_on_postgresql()
    else:
        op.execute(
            f"CREATE TRIGGER {TABLE}_tenant_kept BEFORE UPDATE OF tenant_id ON {TABLE} "
            f"WHEN OLD.tenant_id <> NEW.tenant_id BEGIN SELECT RAISE(ABORT, '{TABLE}: the tenant is final'); END"
        )
    op.add_column("leads", sa.Column("phone_key", sa.String(), nullable=True))
    _fill_phone_keys()
    for name, columns in (("phone_key", ["phone_key"]), ("names", ["last_name", "first_name"])):
        there = sa.text(" AND ".join(f"{column} IS NOT NULL" for column in columns))
        op.create_index(f"ix_leads_{name}", "leads", ["tenant_id", *columns], sqlite_where=there, postgresql_where=there)


def downgrade() -> None:
    raise NotImplementedError("the guards stay: restore a backup instead")


def _create() -> None:
    op.create_table(
        TABLE,
        sa.Column("tenant_id", Key(length=16), nullable=False),
        sa.Column("id", Key(length=16), nullable=False),
        sa.Column("lead_id", Key(length=16), nullable=False),
        sa.Column("at", Instant(timezone=True), nullable=False),
        *(
            sa.ForeignKeyConstraint(
                ["tenant_id", column],
                ["leads.tenant_id", "leads.id"],
                name=f"fk_{TABLE}_tenant_id_{column}_leads",
                ondelete="CASCADE",
            )
            for column in ("id", "lead_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=f"pk_{TABLE}"),
        sqlite_with_rowid=False,
    )
    op.create_index(f"ix_{TABLE}_tenant_id_lead_id", TABLE, ["tenant_id", "lead_id"])


def _fill_phone_keys() -> None:
    """Tenant by tenant: row-level security holds for the tables' owner too."""
    bind = op.get_bind()
    leads = sa.table("leads", *(sa.column(name, Key()) for name in ("tenant_id", "id")), sa.column("phone"), sa.column("phone_key"))
    tenants = bind.execute(sa.select(sa.table("tenants", sa.column("id", Key())).c.id)).scalars().all()
    for tenant_id in tenants:
        if bind.dialect.name == "postgresql":
            bind.execute(sa.text("SELECT set_config('app.tenant', :tenant, true)"), {"tenant": str(tenant_id)})
        _fill_tenant(bind, leads, tenant_id)
    if bind.dialect.name == "postgresql":
        bind.execute(sa.text("SELECT set_config('app.tenant', '', true)"))


def _fill_tenant(bind, leads, tenant_id) -> None:
    own = leads.c.tenant_id == tenant_id
    change = (
        sa.update(leads)
        .where(own, leads.c.id == sa.bindparam("lead", type_=Key()))
        .values(phone_key=sa.bindparam("key"))
    )
    page = sa.select(leads.c.id, leads.c.phone).where(own, leads.c.phone.is_not(None)).order_by(leads.c.id).limit(_PAGE)
    rows = bind.execute(page).all()
    while rows:
        keys = [{"lead": lead_id, "key": _phone_key(phone)} for lead_id, phone in rows]
        found = [one for one in keys if one["key"]]
        if found:
            bind.execute(change, found)
        rows = bind.execute(page.where(leads.c.id > rows[-1][0])).all()


def _phone_key(text: str) -> str | None:
    digits = re.sub(r"[^0-9]", "", _EXTENSION.sub("", text).replace("(0)", ""))
    return digits[-9:] if len(digits) >= 7 else None


def _guard_on_postgresql() -> None:
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {TABLE} TO {ROLE}")
    op.execute(f"ALTER TABLE {TABLE} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {TABLE} FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY tenant ON {TABLE} USING ({OWN}) WITH CHECK ({OWN})")
    op.execute(
        f"CREATE TRIGGER tenant_kept BEFORE UPDATE OF tenant_id ON {TABLE} FOR EACH ROW "
        "WHEN (OLD.tenant_id IS DISTINCT FROM NEW.tenant_id) EXECUTE FUNCTION refuse_change()"
    )
