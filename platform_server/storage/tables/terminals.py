"""The table of open terminals."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, String, Table, Text

from platform_server.storage.columns import Instant, id_column_type
from platform_server.storage.database import metadata

terminals = Table(
    "terminals",
    metadata,
    Column("name", String(64), primary_key=True),
    Column(
        "sandbox_id",
        id_column_type(),
        ForeignKey("sandboxes.id", ondelete="CASCADE"),
        nullable=False,
    ),
    Column(
        "project_id",
        id_column_type(),
        ForeignKey("projects.id", ondelete="CASCADE"),
        nullable=False,
    ),
    Column(
        "owner_id", id_column_type(), ForeignKey("users.id", ondelete="CASCADE"), nullable=False
    ),
    Column("cwd", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
)
