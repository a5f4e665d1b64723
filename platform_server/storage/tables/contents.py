"""Tables of files: entries, their revisions, checkpoints, and which contents somebody trusts."""

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
    UniqueConstraint,
)

from platform_server.projects.names import MAX_PATH_BYTES
from platform_server.storage.columns import Instant, id_column_type
from platform_server.storage.database import metadata


def _project() -> ForeignKey:
    return ForeignKey("projects.id", ondelete="CASCADE")


def path_type() -> String:
    """Return the type of a path of a file."""
    # As many bytes of UTF-8 are at most as many characters. Compared by bytes, never by locale.
    plain = String(MAX_PATH_BYTES)
    return plain.with_variant(String(MAX_PATH_BYTES, collation="C"), "postgresql")


revisions = Table(
    "revisions",
    metadata,
    Column("id", id_column_type(), primary_key=True),
    Column("project_id", id_column_type(), _project(), nullable=False),
    Column("file_id", id_column_type(), nullable=False),  # one file's history, whatever its path
    Column("number", Integer, nullable=False),  # 1, 2, 3, ... within the history
    Column("path", path_type(), nullable=False),  # where it was saved
    Column("blob", String(64), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("author_id", id_column_type(), ForeignKey("users.id", ondelete="SET NULL")),
    Column("origin", String(16), nullable=False),
    Column("created_at", Instant, nullable=False),
    UniqueConstraint("file_id", "number"),
    CheckConstraint(
        "origin IN ('api', 'sandbox', 'copy', 'restore', 'import', 'recorder')", name="origin"
    ),
    CheckConstraint("size >= 0", name="size"),
)
Index("ix_revisions_project_id_path", revisions.c.project_id, revisions.c.path)
Index("ix_revisions_project_id_blob", revisions.c.project_id, revisions.c.blob)

entries = Table(
    "entries",
    metadata,
    Column("project_id", id_column_type(), _project(), primary_key=True),
    Column("path", path_type(), primary_key=True),
    Column("parent", path_type(), nullable=False),  # the folder's path, "" at the top
    Column("file_id", id_column_type(), index=True),
    Column("revision_id", id_column_type(), ForeignKey("revisions.id", ondelete="RESTRICT")),
    Column("created_at", Instant, nullable=False),
    Column("modified_at", Instant, nullable=False),
    CheckConstraint("(file_id IS NULL) = (revision_id IS NULL)", name="kind"),
)
Index("ix_entries_project_id_parent", entries.c.project_id, entries.c.parent)

checkpoints = Table(
    "checkpoints",
    metadata,
    Column("id", id_column_type(), primary_key=True),
    Column("project_id", id_column_type(), nullable=False),
    Column("path", path_type(), nullable=False),
    Column(
        "revision_id",
        id_column_type(),
        ForeignKey("revisions.id", ondelete="CASCADE"),
        nullable=False,
    ),
    Column("created_at", Instant, nullable=False),
    ForeignKeyConstraint(
        ["project_id", "path"],
        ["entries.project_id", "entries.path"],
        ondelete="CASCADE",
        onupdate="CASCADE",
        name="fk_checkpoints_entry",
    ),
)
Index("ix_checkpoints_project_id_path", checkpoints.c.project_id, checkpoints.c.path)

trusted_contents = Table(
    "trusted_contents",
    metadata,
    Column(
        "user_id",
        id_column_type(),
        ForeignKey("users.id", ondelete="CASCADE"),
        primary_key=True,
    ),
    Column("file_id", id_column_type(), primary_key=True),
    Column("blob", String(64), nullable=False),
)
