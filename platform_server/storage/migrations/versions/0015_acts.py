"""The record of what admins do."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_LEAST = 30  # days
_POSTGRES = (
    f"""
    CREATE OR REPLACE FUNCTION refuse_forgetting() RETURNS trigger LANGUAGE plpgsql
    SET search_path = '' AS
    $$ BEGIN
        IF OLD.at > now() - interval '{_LEAST} days' THEN
            RAISE EXCEPTION 'what admins did is kept for {_LEAST} days at least';
        END IF;
        RETURN OLD;
    END $$
    """,
    (
        "CREATE TRIGGER keep_admin_acts_update BEFORE UPDATE ON admin_acts "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    ),
    (
        "CREATE TRIGGER keep_admin_acts_delete BEFORE DELETE ON admin_acts "
        "FOR EACH ROW EXECUTE FUNCTION refuse_forgetting()"
    ),
    (
        "CREATE TRIGGER keep_admin_acts_truncate BEFORE TRUNCATE ON admin_acts "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    ),
)
_SQLITE = (
    (
        "CREATE TRIGGER keep_admin_acts_update BEFORE UPDATE ON admin_acts "
        "BEGIN SELECT RAISE(ABORT, 'never changed'); END"
    ),
    (
        "CREATE TRIGGER keep_admin_acts_delete BEFORE DELETE ON admin_acts "
        f"WHEN OLD.at > datetime('now', '-{_LEAST} days') "
        f"BEGIN SELECT RAISE(ABORT, 'kept for {_LEAST} days at least'); END"
    ),
)


def upgrade() -> None:
    """Bring the database to this revision."""
    op.create_table(
        "admin_acts",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.String(length=64), nullable=True),
        sa.Column("actor_name", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("act", sa.String(length=64), nullable=False),
        sa.Column("target_kind", sa.String(length=32), nullable=False),
        sa.Column("target_id", sa.String(length=64), nullable=False),
        sa.Column("target_name", sa.Text(), nullable=False),
        sa.Column("before", sa.Text(), nullable=False),
        sa.Column("after", sa.Text(), nullable=False),
        sa.Column("previous", sa.String(length=64), nullable=False),
        sa.Column("seal", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_admin_acts")),
    )
    for column in ("at", "actor_id", "target_id"):
        op.create_index(f"ix_admin_acts_{column}", "admin_acts", [column])
    is_postgres = op.get_bind().dialect.name == "postgresql"
    for statement in _POSTGRES if is_postgres else _SQLITE:
        op.execute(statement)


def downgrade() -> None:
    """Bring the database back to the revision before."""
    op.drop_table("admin_acts")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION IF EXISTS refuse_forgetting()")
