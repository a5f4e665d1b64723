"""Table of Jupyter's sessions."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, String, Table, Text, UniqueConstraint

from platform_server.storage.columns import Instant, id_column_type
from platform_server.storage.database import metadata

kernel_sessions = Table(
    "kernel_sessions",
    metadata,
    Column("id", id_column_type(), primary_key=True),
    Column("user_id", id_column_type(), ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    Column(
        "project_id",
        id_column_type(),
        ForeignKey("projects.id", ondelete="CASCADE"),
        nullable=False,
    ),
    Column("path", Text, nullable=False),
    Column("is_addressed", Boolean, nullable=False),
    Column("name", Text, nullable=False),
    Column("type", String(64), nullable=False),
    Column("kernel_id", id_column_type(), nullable=False, index=True),
    Column("created_at", Instant, nullable=False),
    # Of the document rather than the document itself: an index entry has to be short.
    Column("document_digest", String(64), nullable=False),
    UniqueConstraint("user_id", "document_digest"),
)
