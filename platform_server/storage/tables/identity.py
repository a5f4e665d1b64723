"""Tables of accounts, sessions, tokens and preferences."""

from __future__ import annotations

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from platform_server.identity.model import Role
from platform_server.storage.columns import Instant, id_column_type
from platform_server.storage.database import metadata

_ROLES = ", ".join(f"'{role.value}'" for role in Role)


def _user_column(*, primary_key: bool = False) -> Column[str]:
    return Column(
        "user_id",
        id_column_type(),
        ForeignKey("users.id", ondelete="CASCADE"),
        primary_key=primary_key,
        nullable=False,
        index=not primary_key,
    )


users = Table(
    "users",
    metadata,
    Column("id", id_column_type(), primary_key=True),
    Column("email", String(254), nullable=False),  # lower case
    Column("name", String(100), nullable=False),
    Column("role", String(16), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("disabled_at", Instant),
    UniqueConstraint("email"),
    CheckConstraint(f"role IN ({_ROLES})", name="role"),
)

# Only of accounts whose passwords we keep ourselves.
password_hashes = Table(
    "password_hashes",
    metadata,
    _user_column(primary_key=True),
    Column("password_hash", String(255), nullable=False),  # argon2id with its parameters
)

sessions = Table(
    "sessions",
    metadata,
    Column("id", id_column_type(), primary_key=True),
    _user_column(),
    Column("digest", String(64), nullable=False),  # SHA-256 of the cookie's secret
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False, index=True),
    Column("last_seen_at", Instant, nullable=False),
    Column("user_agent", String(256), nullable=False),
    UniqueConstraint("digest"),
)

# What proves sessions to Supabase, if it keeps the accounts: secrets, which are of use only to us.
supabase_grants = Table(
    "supabase_grants",
    metadata,
    Column(
        "session_id",
        id_column_type(),
        ForeignKey("sessions.id", ondelete="CASCADE"),
        primary_key=True,
    ),
    Column("grant", Text, nullable=False),  # JSON
)

api_tokens = Table(
    "api_tokens",
    metadata,
    Column("id", id_column_type(), primary_key=True),
    _user_column(),
    Column("name", String(100), nullable=False),
    Column("digest", String(64), nullable=False),  # SHA-256 of the secret
    Column("scopes", String(64), nullable=False),  # in alphabetical order, separated by spaces
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant),
    Column("last_used_at", Instant),
    UniqueConstraint("digest"),
    UniqueConstraint("user_id", "name"),
)

preferences = Table(
    "preferences",
    metadata,
    _user_column(primary_key=True),
    Column("kind", String(16), primary_key=True),
    Column("name", String(255), primary_key=True),
    Column("text", Text, nullable=False),
    Column("size", Integer, nullable=False),  # bytes
    Column("modified_at", Instant, nullable=False),
    CheckConstraint("kind IN ('settings', 'workspace')", name="kind"),
)
