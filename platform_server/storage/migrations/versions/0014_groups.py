"""Groups of learners with their reviewers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_PEOPLE = ("group_members", "group_reviewers")


def upgrade() -> None:
    """Bring the database to this revision."""
    op.create_table(
        "groups",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_groups")),
    )
    op.create_index("uq_groups_name", "groups", ["name"], unique=True)
    for table in _PEOPLE:
        op.create_table(
            table,
            sa.Column("group_id", sa.String(length=64), nullable=False),
            sa.Column("user_id", sa.String(length=64), nullable=False),
            sa.ForeignKeyConstraint(
                ["group_id"],
                ["groups.id"],
                name=op.f(f"fk_{table}_group_id"),
                ondelete="CASCADE",
            ),
            sa.ForeignKeyConstraint(
                ["user_id"],
                ["users.id"],
                name=op.f(f"fk_{table}_user_id"),
                ondelete="CASCADE",
            ),
            sa.PrimaryKeyConstraint("group_id", "user_id", name=op.f(f"pk_{table}")),
        )
        op.create_index(f"ix_{table}_user_id", table, ["user_id"])


def downgrade() -> None:
    """Bring the database back to the revision before."""
    for table in reversed(_PEOPLE):
        op.drop_table(table)
    op.drop_table("groups")
