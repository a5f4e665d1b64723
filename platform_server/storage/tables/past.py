"""Tables of project checkpoints: what a project had at one moment."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    String,
    Table,
    UniqueConstraint,
)

from platform_server.contents.project_checkpoints import MAX_NAME
from platform_server.storage.columns import Instant, id_column_type
from platform_server.storage.database import metadata
from platform_server.storage.tables.contents import path_type, revisions

project_checkpoints = Table(
    "project_checkpoints",
    metadata,
    Column("id", id_column_type(), primary_key=True),
    Column(
        "project_id",
        id_column_type(),
        ForeignKey("projects.id", ondelete="CASCADE"),
        nullable=False,
    ),
    Column("name", String(MAX_NAME), nullable=False),
    Column("author_id", id_column_type(), ForeignKey("users.id", ondelete="SET NULL")),
    Column("is_automatic", Boolean, nullable=False),
    Column("created_at", Instant, nullable=False),
    UniqueConstraint("project_id", "name"),
)

project_checkpoint_entries = Table(
    "project_checkpoint_entries",
    metadata,
    Column(
        "checkpoint_id",
        id_column_type(),
        ForeignKey("project_checkpoints.id", ondelete="CASCADE"),
        primary_key=True,
    ),
    Column("path", path_type(), primary_key=True),
    # None: a folder. A revision that is marked cannot go; one of a project that goes can.
    Column(
        "revision_id",
        id_column_type(),
        ForeignKey("revisions.id", ondelete="NO ACTION"),
        index=True,
    ),
)

Index("ix_revisions_project_id_created_at", revisions.c.project_id, revisions.c.created_at)
