"""The tables of what projects have installed, and of what they took from the package index."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    String,
    Table,
    Text,
)

from platform_server.storage.columns import Instant, id_column_type
from platform_server.storage.database import metadata

package_environments = Table(
    "package_environments",
    metadata,
    Column(
        "project_id",
        id_column_type(),
        ForeignKey("projects.id", ondelete="CASCADE"),
        primary_key=True,
    ),
    Column("identity", String(64), nullable=False),
    Column("recorded_at", Instant, nullable=False),
)

recorded_packages = Table(
    "recorded_packages",
    metadata,
    Column(
        "project_id",
        id_column_type(),
        ForeignKey("package_environments.project_id", ondelete="CASCADE"),
        primary_key=True,
    ),
    Column("name", String(255), primary_key=True),
    Column("version", String(255), nullable=False),
    Column("requested", Boolean, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("sha256s", Text, nullable=False),  # with a space between
)

# Rows are added and never changed. Projects are not referred to: what they took outlives them.
package_takes = Table(
    "package_takes",
    metadata,
    Column("id", id_column_type(), primary_key=True),
    Column("at", Instant, nullable=False),
    Column("project_id", id_column_type(), nullable=False),
    Column("outcome", String(16), nullable=False),
    Column("package", String(255), nullable=False),
    Column("version", String(255), nullable=False),
    Column("filename", String(255), nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("reason", String(500), nullable=False),
    CheckConstraint("outcome IN ('taken', 'refused')", name="outcome"),
    Index("ix_package_takes_at_id", "at", "id"),
    Index("ix_package_takes_project_id_package", "project_id", "package"),
)
