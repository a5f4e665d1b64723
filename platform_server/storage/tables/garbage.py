"""The table of blobs that nothing refers to, and that may be removed some time later."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, ForeignKey, String, Table

from platform_server.storage.columns import Instant, id_column_type
from platform_server.storage.database import metadata

blob_candidates = Table(
    "blob_candidates",
    metadata,
    Column(
        "project_id",
        id_column_type(),
        ForeignKey("projects.id", ondelete="CASCADE"),
        primary_key=True,
    ),
    Column("blob", String(64), primary_key=True),
    Column("marked_at", Instant, nullable=False),
    Column("doomed_at", Instant),  # somebody removes it since then
    Column("gone_at", Instant, index=True),
    CheckConstraint("gone_at IS NULL OR doomed_at IS NOT NULL", name="order"),
)
