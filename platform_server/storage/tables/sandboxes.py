"""The tables of sandboxes, past and present, and of their kernels."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Integer,
    String,
    Table,
    Text,
)

from platform_server.storage.columns import Instant, id_column_type
from platform_server.storage.database import metadata

sandboxes = Table(
    "sandboxes",
    metadata,
    Column("id", id_column_type(), primary_key=True),
    Column(
        "project_id",
        id_column_type(),
        ForeignKey("projects.id", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    Column("state", String(16), nullable=False),
    Column("cpus", Float, nullable=False),
    Column("memory_bytes", BigInteger, nullable=False),
    Column("pids", Integer, nullable=False),
    Column("tmp_bytes", BigInteger, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("started_at", Instant),
    Column("ended_at", Instant),
    Column("ended_cause", String(32)),
    Column("ended_exit_code", Integer),
    Column("ended_signal", Integer),
    Column("ended_detail", String(1000)),
    Column("ended_evidence", Text),  # a JSON object
    CheckConstraint("state IN ('starting', 'running', 'stopped', 'failed')", name="state"),
    CheckConstraint("(ended_at IS NULL) = (ended_cause IS NULL)", name="ended"),
)

# Whoever can read the keys can speak to the kernels, if they reach the server's sockets too.
sandbox_kernels = Table(
    "sandbox_kernels",
    metadata,
    Column("id", id_column_type(), primary_key=True),
    Column(
        "sandbox_id",
        id_column_type(),
        ForeignKey("sandboxes.id", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    Column("name", String(256), nullable=False),
    Column(
        "owner_id", id_column_type(), ForeignKey("users.id", ondelete="CASCADE"), nullable=False
    ),
    Column("key", String(256), nullable=False),
    Column("cwd", Text, nullable=False),
    Column("env", Text, nullable=False),  # a JSON object of strings
    Column("socket_name", String(64), nullable=False),
    Column("generation", Integer, nullable=False),
    Column("oom_kills", Integer, nullable=False),
    CheckConstraint("generation > 0", name="generation"),
)

# What an admin set for a project's sandbox; NULL: as for everybody.
project_limits = Table(
    "project_limits",
    metadata,
    Column(
        "project_id",
        id_column_type(),
        ForeignKey("projects.id", ondelete="CASCADE"),
        primary_key=True,
    ),
    Column("cpus", Float),
    Column("memory_bytes", BigInteger),
    Column("pids", Integer),
    Column("changed_at", Instant, nullable=False),
)
