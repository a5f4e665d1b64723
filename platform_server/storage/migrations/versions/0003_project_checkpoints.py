"""Checkpoints of whole projects, and their history."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the database to this revision."""
    path = sa.String(length=2048).with_variant(sa.String(length=2048, collation="C"), "postgresql")
    op.create_table(
        "project_checkpoints",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("project_id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("author_id", sa.String(length=64), nullable=True),
        sa.Column("is_automatic", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"],
            ["projects.id"],
            name=op.f("fk_project_checkpoints_project_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["author_id"],
            ["users.id"],
            name=op.f("fk_project_checkpoints_author_id"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_project_checkpoints")),
        sa.UniqueConstraint("project_id", "name", name=op.f("uq_project_checkpoints_project_id")),
    )
    op.create_table(
        "project_checkpoint_entries",
        sa.Column("checkpoint_id", sa.String(length=64), nullable=False),
        sa.Column("path", path, nullable=False),
        sa.Column("revision_id", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(
            ["checkpoint_id"],
            ["project_checkpoints.id"],
            name=op.f("fk_project_checkpoint_entries_checkpoint_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["revision_id"],
            ["revisions.id"],
            name=op.f("fk_project_checkpoint_entries_revision_id"),
            ondelete="NO ACTION",
        ),
        sa.PrimaryKeyConstraint(
            "checkpoint_id", "path", name=op.f("pk_project_checkpoint_entries")
        ),
    )
    op.create_index(
        op.f("ix_project_checkpoint_entries_revision_id"),
        "project_checkpoint_entries",
        ["revision_id"],
    )
    op.create_index("ix_revisions_project_id_created_at", "revisions", ["project_id", "created_at"])


def downgrade() -> None:
    """Bring the database back to the revision before."""
    op.drop_index("ix_revisions_project_id_created_at", "revisions")
    op.drop_table("project_checkpoint_entries")
    op.drop_table("project_checkpoints")
