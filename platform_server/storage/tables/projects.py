"""Tables of projects and their members."""

from __future__ import annotations

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    SmallInteger,
    String,
    Table,
    text,
)

from platform_server.storage.columns import Instant, id_column_type
from platform_server.storage.database import metadata

projects = Table(
    "projects",
    metadata,
    Column("id", id_column_type(), primary_key=True),
    Column(
        "owner_id", id_column_type(), ForeignKey("users.id", ondelete="RESTRICT"), nullable=False
    ),
    Column("name", String(255), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    Column("archived_at", Instant),
    Column("deleted_at", Instant),
)

# A deleted project's name is free again.
Index(
    "uq_projects_owner_id_name",
    projects.c.owner_id,
    projects.c.name,
    unique=True,
    sqlite_where=text("deleted_at IS NULL"),
    postgresql_where=text("deleted_at IS NULL"),
)

project_members = Table(
    "project_members",
    metadata,
    Column(
        "project_id",
        id_column_type(),
        ForeignKey("projects.id", ondelete="CASCADE"),
        primary_key=True,
    ),
    Column(
        "user_id",
        id_column_type(),
        ForeignKey("users.id", ondelete="CASCADE"),
        primary_key=True,
        index=True,
    ),
    Column("access", SmallInteger, nullable=False),
    Column("added_at", Instant, nullable=False),
    CheckConstraint("access IN (1, 2, 3)", name="access"),
)
