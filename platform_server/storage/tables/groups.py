"""Tables of groups: their members, and who reviews what these make."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, String, Table

from platform_server.storage.columns import id_column_type
from platform_server.storage.database import metadata


def _part(name: str, of: str) -> Column[str]:
    """Return a column of a table that goes with what it refers to."""
    return Column(
        name,
        id_column_type(),
        ForeignKey(f"{of}.id", ondelete="CASCADE"),
        primary_key=True,
    )


groups = Table(
    "groups",
    metadata,
    Column("id", id_column_type(), primary_key=True),
    Column("name", String(255), nullable=False),
)
Index("uq_groups_name", groups.c.name, unique=True)

group_members = Table(
    "group_members", metadata, _part("group_id", "groups"), _part("user_id", "users")
)
Index("ix_group_members_user_id", group_members.c.user_id)

group_reviewers = Table(
    "group_reviewers", metadata, _part("group_id", "groups"), _part("user_id", "users")
)
Index("ix_group_reviewers_user_id", group_reviewers.c.user_id)
