"""Blobs that nothing refers to, on their way out of the store."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the database to this revision."""
    op.create_table(
        "blob_candidates",
        sa.Column("project_id", sa.String(length=64), nullable=False),
        sa.Column("blob", sa.String(length=64), nullable=False),
        sa.Column("marked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("doomed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("gone_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "gone_at IS NULL OR doomed_at IS NOT NULL", name=op.f("ck_blob_candidates_order")
        ),
        sa.ForeignKeyConstraint(
            ["project_id"],
            ["projects.id"],
            name=op.f("fk_blob_candidates_project_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("project_id", "blob", name=op.f("pk_blob_candidates")),
    )
    op.create_index(op.f("ix_blob_candidates_gone_at"), "blob_candidates", ["gone_at"])


def downgrade() -> None:
    """Bring the database back to the revision before."""
    op.drop_table("blob_candidates")
