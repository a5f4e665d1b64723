"""What projects have installed, and what they took from the package index."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_REFUSE = """
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql SET search_path = '' AS
$$ BEGIN RAISE EXCEPTION 'what was submitted, decided or has happened is never changed'; END $$
"""


def upgrade() -> None:
    """Bring the database to this revision."""
    op.create_table(
        "package_environments",
        sa.Column("project_id", sa.String(length=64), nullable=False),
        sa.Column("identity", sa.String(length=64), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"],
            ["projects.id"],
            name=op.f("fk_package_environments_project_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("project_id", name=op.f("pk_package_environments")),
    )
    op.create_table(
        "recorded_packages",
        sa.Column("project_id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("version", sa.String(length=255), nullable=False),
        sa.Column("requested", sa.Boolean(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256s", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"],
            ["package_environments.project_id"],
            name=op.f("fk_recorded_packages_project_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("project_id", "name", name=op.f("pk_recorded_packages")),
    )
    op.create_table(
        "package_takes",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("project_id", sa.String(length=64), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("package", sa.String(length=255), nullable=False),
        sa.Column("version", sa.String(length=255), nullable=False),
        sa.Column("filename", sa.String(length=255), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.CheckConstraint(
            "outcome IN ('taken', 'refused')", name=op.f("ck_package_takes_outcome")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_package_takes")),
    )
    op.create_index("ix_package_takes_at_id", "package_takes", ["at", "id"], unique=False)
    op.create_index(
        "ix_package_takes_project_id_package",
        "package_takes",
        ["project_id", "package"],
        unique=False,
    )
    _keep_takes_for_ever()


def downgrade() -> None:
    """Bring the database back to the revision before."""
    for table in ("package_takes", "recorded_packages", "package_environments"):
        op.drop_table(table)


def _keep_takes_for_ever() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(_REFUSE)
        op.execute(
            "CREATE TRIGGER keep_package_takes BEFORE UPDATE OR DELETE ON package_takes "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
        return
    for change in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER keep_package_takes_{change.lower()} BEFORE {change} ON package_takes "
            "BEGIN SELECT RAISE(ABORT, 'never changed'); END"
        )
