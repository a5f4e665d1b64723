"""Reviews: submissions and their rounds, threads, decisions, events."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_FOR_EVER = ("submission_rounds", "submission_files", "submission_decisions", "review_events")
_REFUSE = """
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql SET search_path = '' AS
$$ BEGIN RAISE EXCEPTION 'what was submitted, decided or has happened is never changed'; END $$
"""


def upgrade() -> None:
    """Bring the database to this revision."""
    path = sa.String(length=2048).with_variant(sa.String(length=2048, collation="C"), "postgresql")
    is_open = sa.text("state IN ('submitted', 'in_review', 'changes_requested')")
    op.create_table(
        "submissions",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("project_id", sa.String(length=64), nullable=False),
        sa.Column("project_name", sa.String(length=255), nullable=False),
        sa.Column("submitter_id", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("reviewer_id", sa.String(length=64), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "state <> 'in_review' OR reviewer_id IS NOT NULL", name=op.f("ck_submissions_reviewer")
        ),
        sa.CheckConstraint(
            "state IN ('submitted', 'in_review', 'changes_requested', 'approved', 'withdrawn')",
            name=op.f("ck_submissions_state"),
        ),
        sa.CheckConstraint("round > 0", name=op.f("ck_submissions_round")),
        sa.ForeignKeyConstraint(
            ["project_id"],
            ["projects.id"],
            name=op.f("fk_submissions_project_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["reviewer_id"],
            ["users.id"],
            name=op.f("fk_submissions_reviewer_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["submitter_id"],
            ["users.id"],
            name=op.f("fk_submissions_submitter_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_submissions")),
    )
    op.create_index(
        "ix_submissions_state_updated_at", "submissions", ["state", "updated_at"], unique=False
    )
    op.create_index(
        "uq_submissions_project_id",
        "submissions",
        ["project_id"],
        unique=True,
        sqlite_where=is_open,
        postgresql_where=is_open,
    )
    op.create_table(
        "review_events",
        sa.Column("submission_id", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.String(length=64), nullable=False),
        sa.Column("what", sa.String(length=32), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("seal", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["actor_id"], ["users.id"], name=op.f("fk_review_events_actor_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["submission_id"],
            ["submissions.id"],
            name=op.f("fk_review_events_submission_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("submission_id", "number", name=op.f("pk_review_events")),
    )
    op.create_table(
        "submission_rounds",
        sa.Column("submission_id", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("submitter_id", sa.String(length=64), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("files", sa.Integer(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "number > 0 AND files > 0 AND size >= 0", name=op.f("ck_submission_rounds_numbers")
        ),
        sa.ForeignKeyConstraint(
            ["submission_id"],
            ["submissions.id"],
            name=op.f("fk_submission_rounds_submission_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["submitter_id"],
            ["users.id"],
            name=op.f("fk_submission_rounds_submitter_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("submission_id", "number", name=op.f("pk_submission_rounds")),
    )
    op.create_index(
        "ix_submission_rounds_submitter_id", "submission_rounds", ["submitter_id"], unique=False
    )
    op.create_table(
        "review_notices",
        sa.Column("user_id", sa.String(length=64), nullable=False),
        sa.Column("submission_id", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["submission_id", "number"],
            ["review_events.submission_id", "review_events.number"],
            name="fk_review_notices_event",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_review_notices_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint(
            "user_id", "submission_id", "number", name=op.f("pk_review_notices")
        ),
    )
    op.create_table(
        "review_threads",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("submission_id", sa.String(length=64), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("path", path, nullable=True),
        sa.Column("cell_id", sa.String(length=64), nullable=True),
        sa.Column("line", sa.Integer(), nullable=True),
        sa.Column("end_line", sa.Integer(), nullable=True),
        sa.Column("output", sa.Integer(), nullable=True),
        sa.Column("quote", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("resolved_by", sa.String(length=64), nullable=True),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(resolved_at IS NULL) = (resolved_by IS NULL)", name=op.f("ck_review_threads_resolved")
        ),
        sa.CheckConstraint(
            "end_line IS NULL OR (line IS NOT NULL AND end_line >= line)",
            name=op.f("ck_review_threads_lines"),
        ),
        sa.CheckConstraint(
            "path IS NOT NULL OR (cell_id IS NULL AND line IS NULL AND output IS NULL)",
            name=op.f("ck_review_threads_anchor"),
        ),
        sa.ForeignKeyConstraint(
            ["resolved_by"],
            ["users.id"],
            name=op.f("fk_review_threads_resolved_by"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["submission_id", "round"],
            ["submission_rounds.submission_id", "submission_rounds.number"],
            name="fk_review_threads_round",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_threads")),
    )
    op.create_index(
        "ix_review_threads_submission_id", "review_threads", ["submission_id"], unique=False
    )
    op.create_table(
        "submission_decisions",
        sa.Column("submission_id", sa.String(length=64), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("verdict", sa.String(length=32), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("reviewer_id", sa.String(length=64), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "verdict IN ('approve', 'request_changes')",
            name=op.f("ck_submission_decisions_verdict"),
        ),
        sa.ForeignKeyConstraint(
            ["reviewer_id"],
            ["users.id"],
            name=op.f("fk_submission_decisions_reviewer_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["submission_id", "round"],
            ["submission_rounds.submission_id", "submission_rounds.number"],
            name="fk_submission_decisions_round",
        ),
        sa.PrimaryKeyConstraint("submission_id", "round", name=op.f("pk_submission_decisions")),
    )
    op.create_table(
        "submission_files",
        sa.Column("submission_id", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("path", path, nullable=False),
        sa.Column("revision_id", sa.String(length=64), nullable=False),
        sa.Column("blob", sa.String(length=64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["revision_id"],
            ["revisions.id"],
            name=op.f("fk_submission_files_revision_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["submission_id", "number"],
            ["submission_rounds.submission_id", "submission_rounds.number"],
            name="fk_submission_files_round",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint(
            "submission_id", "number", "path", name=op.f("pk_submission_files")
        ),
    )
    op.create_index(
        op.f("ix_submission_files_revision_id"), "submission_files", ["revision_id"], unique=False
    )
    op.create_table(
        "review_comments",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("thread_id", sa.String(length=64), nullable=False),
        sa.Column("author_id", sa.String(length=64), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("suggestion", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("edited_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["author_id"],
            ["users.id"],
            name=op.f("fk_review_comments_author_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["thread_id"],
            ["review_threads.id"],
            name=op.f("fk_review_comments_thread_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_comments")),
    )
    op.create_index(
        op.f("ix_review_comments_thread_id"), "review_comments", ["thread_id"], unique=False
    )
    _keep_for_ever()


def downgrade() -> None:
    """Bring the database back to the revision before."""
    for table in (
        "review_comments",
        "submission_files",
        "submission_decisions",
        "review_threads",
        "review_notices",
        "submission_rounds",
        "review_events",
        "submissions",
    ):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION IF EXISTS refuse_change()")


def _keep_for_ever() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(_REFUSE)
        for table in _FOR_EVER:
            op.execute(
                f"CREATE TRIGGER keep_{table} BEFORE UPDATE OR DELETE ON {table} "
                "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
            )
        return
    for table in _FOR_EVER:
        for change in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER keep_{table}_{change.lower()} BEFORE {change} ON {table} "
                "BEGIN SELECT RAISE(ABORT, 'never changed'); END"
            )
