"""Guards in the database: tenants kept apart, final things kept final.

Revision ID: 0002
Revises: 0001
"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

ROLE = "campaigns_app"
TENANT_TABLES = (
    "api_keys audit dates_reached drafts email_templates enrolments event_keys events executions idempotency_keys "
    "import_problems imports invitations lead_fields lead_statuses lead_tags leads list_members lists "
    "memberships messages notes outbox pending_events refusals revisions section_counts steps subscriptions "
    "suppressions tags template_versions tokens version_refs versions workflow_totals workflows"
).split()
SHARED_TABLES = "tenants users sessions sign_in_attempts due".split()
FROZEN_TABLES = "versions template_versions".split()
FINAL = "('finished', 'stopped', 'cancelled')"
TENANT = "NULLIF(current_setting('app.tenant', true), '')::uuid"
USER = "NULLIF(current_setting('app.user', true), '')::uuid"


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        _create_role()
        _secure_rows()
        _freeze_on_postgresql()
    else:
        _freeze_on_sqlite()


def downgrade() -> None:
    raise NotImplementedError("the guards stay: restore a backup instead")


def _create_role() -> None:
    """The role that pages and workers take: it may read and write rows, and owns nothing."""
    op.execute(
        f"""
        DO $$ BEGIN
            CREATE ROLE {ROLE} NOLOGIN NOSUPERUSER NOBYPASSRLS;
        EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
        END $$
        """
    )
    op.execute(f"GRANT {ROLE} TO CURRENT_USER")
    op.execute(f"GRANT USAGE ON SCHEMA public TO {ROLE}")
    names = ", ".join([*TENANT_TABLES, *SHARED_TABLES])
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {names} TO {ROLE}")
    op.execute(f"REVOKE UPDATE, DELETE ON audit FROM {ROLE}")
    op.execute(f"GRANT SELECT ON alembic_version TO {ROLE}")


def _secure_rows() -> None:
    """One policy a table; the setting is read once a statement. No setting, no rows."""
    for table in TENANT_TABLES:
        own = f"tenant_id = (SELECT {TENANT})"
        seen = f"{own} OR user_id = (SELECT {USER})" if table == "memberships" else own
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY tenant ON {table} USING ({seen}) WITH CHECK ({own})")


def _freeze_on_postgresql() -> None:
    op.execute(
        """
        CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
        BEGIN RAISE EXCEPTION '% rows are final', TG_TABLE_NAME USING ERRCODE = 'restrict_violation'; END $$
        """
    )
    for table in (*FROZEN_TABLES, "audit"):
        op.execute(f"CREATE TRIGGER frozen BEFORE UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION refuse_change()")
    op.execute("CREATE TRIGGER kept BEFORE DELETE ON audit FOR EACH ROW EXECUTE FUNCTION refuse_change()")
    op.execute(
        f"""
        CREATE TRIGGER final BEFORE UPDATE OF status ON executions FOR EACH ROW
        WHEN (OLD.status IN {FINAL} AND NEW.status IS DISTINCT FROM OLD.status) EXECUTE FUNCTION refuse_change()
        """
    )
    for table in TENANT_TABLES:
        op.execute(
            f"CREATE TRIGGER tenant_kept BEFORE UPDATE OF tenant_id ON {table} FOR EACH ROW "
            "WHEN (OLD.tenant_id IS DISTINCT FROM NEW.tenant_id) EXECUTE FUNCTION refuse_change()"
        )


def _freeze_on_sqlite() -> None:
    for table in (*FROZEN_TABLES, "audit"):
        op.execute(
            f"CREATE TRIGGER {table}_frozen BEFORE UPDATE ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} rows are final'); END"
        )
    op.execute("CREATE TRIGGER audit_kept BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'audit rows are final'); END")
    op.execute(
        f"CREATE TRIGGER executions_final BEFORE UPDATE OF status ON executions "
        f"WHEN OLD.status IN {FINAL} AND NEW.status <> OLD.status "
        "BEGIN SELECT RAISE(ABORT, 'executions rows are final'); END"
    )
    for table in TENANT_TABLES:
        op.execute(
            f"CREATE TRIGGER {table}_tenant_kept BEFORE UPDATE OF tenant_id ON {table} "
            f"WHEN OLD.tenant_id <> NEW.tenant_id BEGIN SELECT RAISE(ABORT, '{table}: the tenant is final'); END"
        )
