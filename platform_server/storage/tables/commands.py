"""The table of command lines that people have typed in terminals."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from platform_server.storage.columns import Instant, id_column_type
from platform_server.storage.database import metadata

commands = Table(
    "commands",
    metadata,
    Column("id", id_column_type(), primary_key=True),
    Column(
        "project_id",
        id_column_type(),
        ForeignKey("projects.id", ondelete="CASCADE"),
        nullable=False,
    ),
    Column("user_id", id_column_type(), ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    Column("source", String(128), nullable=False),  # of the sandbox, and the number that it gave
    Column("text", Text, nullable=False),
    Column("cwd", Text, nullable=False),
    Column("exit_code", SmallInteger, nullable=False),
    Column("began_at", Instant, nullable=False),
    Column("duration_ms", BigInteger, nullable=False),
    UniqueConstraint("source"),
    Index("ix_commands_owner", "project_id", "user_id", "began_at", "id"),
)
