"""Reviewers that projects name, rubrics with their scores, and saved comments."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the database to this revision."""
    op.add_column(
        "submission_decisions",
        sa.Column("scores", sa.Text(), nullable=False, server_default="[]"),
    )
    op.create_table(
        "project_reviewers",
        sa.Column("project_id", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"],
            ["projects.id"],
            name=op.f("fk_project_reviewers_project_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["users.id"],
            name=op.f("fk_project_reviewers_user_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("project_id", "user_id", name=op.f("pk_project_reviewers")),
    )
    op.create_index("ix_project_reviewers_user_id", "project_reviewers", ["user_id"])
    op.create_table(
        "rubrics",
        sa.Column("scope", sa.String(length=64), nullable=False),
        sa.Column("criteria", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("scope", name=op.f("pk_rubrics")),
    )
    op.create_table(
        "saved_comments",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.String(length=64), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["users.id"],
            name=op.f("fk_saved_comments_user_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_comments")),
    )
    op.create_index("ix_saved_comments_user_id", "saved_comments", ["user_id"])


def downgrade() -> None:
    """Bring the database back to the revision before."""
    op.drop_table("saved_comments")
    op.drop_table("rubrics")
    op.drop_table("project_reviewers")
    op.drop_column("submission_decisions", "scores")
