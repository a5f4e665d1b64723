"""What proves sessions to Supabase."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the database to this revision."""
    op.create_table(
        "supabase_grants",
        sa.Column("session_id", sa.String(length=64), nullable=False),
        sa.Column("grant", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["sessions.id"],
            name=op.f("fk_supabase_grants_session_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("session_id", name=op.f("pk_supabase_grants")),
    )


def downgrade() -> None:
    """Bring the database back to the revision before."""
    op.drop_table("supabase_grants")
