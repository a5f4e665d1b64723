"""Tables of the review: submissions and their rounds, threads, decisions, events.

What was submitted, decided or has happened is never changed: triggers refuse it.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    String,
    Table,
    Text,
    text,
)

from platform_server.storage.columns import Instant, id_column_type
from platform_server.storage.database import metadata
from platform_server.storage.tables.contents import path_type

_OPEN = text("state IN ('submitted', 'in_review', 'changes_requested')")


def _person(name: str, *, nullable: bool = False) -> Column[str]:
    return Column(
        name, id_column_type(), ForeignKey("users.id", ondelete="RESTRICT"), nullable=nullable
    )


def _submission(*, primary_key: bool = False) -> Column[str]:
    return Column(
        "submission_id",
        id_column_type(),
        ForeignKey("submissions.id", ondelete="RESTRICT"),
        primary_key=primary_key,
        nullable=False,
    )


submissions = Table(
    "submissions",
    metadata,
    Column("id", id_column_type(), primary_key=True),
    Column(
        "project_id",
        id_column_type(),
        ForeignKey("projects.id", ondelete="RESTRICT"),
        nullable=False,
    ),
    Column("project_name", String(255), nullable=False),
    _person("submitter_id"),
    Column("state", String(32), nullable=False),
    Column("round", Integer, nullable=False),
    _person("reviewer_id", nullable=True),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    CheckConstraint(
        "state IN ('submitted', 'in_review', 'changes_requested', 'approved', 'withdrawn')",
        name="state",
    ),
    CheckConstraint("round > 0", name="round"),
    CheckConstraint("state <> 'in_review' OR reviewer_id IS NOT NULL", name="reviewer"),
)
Index("ix_submissions_state_updated_at", submissions.c.state, submissions.c.updated_at)
Index(
    "uq_submissions_project_id",
    submissions.c.project_id,
    unique=True,
    sqlite_where=_OPEN,
    postgresql_where=_OPEN,
)

submission_rounds = Table(
    "submission_rounds",
    metadata,
    _submission(primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("message", Text, nullable=False),
    _person("submitter_id"),
    Column("submitted_at", Instant, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("files", Integer, nullable=False),
    Column("size", BigInteger, nullable=False),
    CheckConstraint("number > 0 AND files > 0 AND size >= 0", name="numbers"),
)
Index("ix_submission_rounds_submitter_id", submission_rounds.c.submitter_id)

submission_files = Table(
    "submission_files",
    metadata,
    Column("submission_id", id_column_type(), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("path", path_type(), primary_key=True),
    Column(
        "revision_id",
        id_column_type(),
        ForeignKey("revisions.id", ondelete="RESTRICT"),
        nullable=False,
        index=True,
    ),
    Column("blob", String(64), nullable=False),
    Column("size", BigInteger, nullable=False),
    # Files come first: what they add up to is in the round.
    ForeignKeyConstraint(
        ["submission_id", "number"],
        ["submission_rounds.submission_id", "submission_rounds.number"],
        name="fk_submission_files_round",
        deferrable=True,
        initially="DEFERRED",
    ),
)

submission_decisions = Table(
    "submission_decisions",
    metadata,
    Column("submission_id", id_column_type(), primary_key=True),
    Column("round", Integer, primary_key=True),
    Column("verdict", String(32), nullable=False),
    Column("summary", Text, nullable=False),
    _person("reviewer_id"),
    Column("decided_at", Instant, nullable=False),
    Column("scores", Text, nullable=False, server_default="[]"),  # JSON
    ForeignKeyConstraint(
        ["submission_id", "round"],
        ["submission_rounds.submission_id", "submission_rounds.number"],
        name="fk_submission_decisions_round",
    ),
    CheckConstraint("verdict IN ('approve', 'request_changes')", name="verdict"),
)

review_threads = Table(
    "review_threads",
    metadata,
    Column("id", id_column_type(), primary_key=True),
    Column("submission_id", id_column_type(), nullable=False),
    Column("round", Integer, nullable=False),
    Column("path", path_type()),
    Column("cell_id", String(64)),
    Column("line", Integer),
    Column("end_line", Integer),
    Column("output", Integer),
    Column("quote", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("resolved_at", Instant),
    _person("resolved_by", nullable=True),
    Column("applied_at", Instant),
    ForeignKeyConstraint(
        ["submission_id", "round"],
        ["submission_rounds.submission_id", "submission_rounds.number"],
        name="fk_review_threads_round",
    ),
    CheckConstraint("(resolved_at IS NULL) = (resolved_by IS NULL)", name="resolved"),
    CheckConstraint(
        "path IS NOT NULL OR (cell_id IS NULL AND line IS NULL AND output IS NULL)", name="anchor"
    ),
    CheckConstraint("end_line IS NULL OR (line IS NOT NULL AND end_line >= line)", name="lines"),
)
Index("ix_review_threads_submission_id", review_threads.c.submission_id)

review_comments = Table(
    "review_comments",
    metadata,
    Column("id", id_column_type(), primary_key=True),
    Column(
        "thread_id",
        id_column_type(),
        ForeignKey("review_threads.id", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    _person("author_id"),
    Column("body", Text, nullable=False),
    Column("suggestion", Text),
    Column("created_at", Instant, nullable=False),
    Column("edited_at", Instant),
    Column("published_at", Instant),
)

review_events = Table(
    "review_events",
    metadata,
    _submission(primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("at", Instant, nullable=False),
    _person("actor_id"),
    Column("what", String(32), nullable=False),
    Column("detail", Text, nullable=False),  # JSON
    Column("seal", String(64), nullable=False),
)

review_notices = Table(
    "review_notices",
    metadata,
    Column(
        "user_id", id_column_type(), ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    ),
    Column("submission_id", id_column_type(), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("read_at", Instant),
    ForeignKeyConstraint(
        ["submission_id", "number"],
        ["review_events.submission_id", "review_events.number"],
        name="fk_review_notices_event",
    ),
)

reproductions = Table(
    "reproductions",
    metadata,
    Column("submission_id", id_column_type(), primary_key=True),
    Column("round", Integer, primary_key=True),
    Column("state", String(32), nullable=False),
    Column("requested_at", Instant, nullable=False),
    _person("requested_by"),
    Column("started_at", Instant),
    Column("finished_at", Instant),
    Column("message", Text, nullable=False),
    Column("outcome", String(32)),
    Column("notebooks", Text, nullable=False),  # JSON
    ForeignKeyConstraint(
        ["submission_id", "round"],
        ["submission_rounds.submission_id", "submission_rounds.number"],
        name="fk_reproductions_round",
    ),
    CheckConstraint(
        "state IN ('queued', 'running', 'done', 'failed', 'cancelled')",
        name="state",
    ),
)
Index("ix_reproductions_state", reproductions.c.state, reproductions.c.requested_at)

project_reviewers = Table(
    "project_reviewers",
    metadata,
    Column(
        "project_id",
        id_column_type(),
        ForeignKey("projects.id", ondelete="CASCADE"),
        primary_key=True,
    ),
    Column(
        "user_id", id_column_type(), ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    ),
)
Index("ix_project_reviewers_user_id", project_reviewers.c.user_id)

rubrics = Table(
    "rubrics",
    metadata,
    Column("scope", id_column_type(), primary_key=True),  # a project's id, "" for the installation
    Column("criteria", Text, nullable=False),  # JSON
)

saved_comments = Table(
    "saved_comments",
    metadata,
    Column("id", id_column_type(), primary_key=True),
    Column("user_id", id_column_type(), ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    Column("title", String(200), nullable=False),
    Column("body", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
)
Index("ix_saved_comments_user_id", saved_comments.c.user_id)
