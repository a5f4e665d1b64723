"""The table of what admins do. Triggers refuse to change it, and to remove what is young.

It refers to nothing: an act outlives what it was done to, and who did it.
"""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, String, Table, Text

from platform_server.storage.columns import Instant, id_column_type
from platform_server.storage.database import metadata

admin_acts = Table(
    "admin_acts",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("at", Instant, nullable=False),
    Column("actor_id", id_column_type()),
    Column("actor_name", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("act", String(64), nullable=False),
    Column("target_kind", String(32), nullable=False),
    Column("target_id", id_column_type(), nullable=False),
    Column("target_name", Text, nullable=False),
    Column("before", Text, nullable=False),  # JSON
    Column("after", Text, nullable=False),  # JSON
    Column("previous", String(64), nullable=False),
    Column("seal", String(64), nullable=False),
)
Index("ix_admin_acts_at", admin_acts.c.at)
Index("ix_admin_acts_actor_id", admin_acts.c.actor_id)
Index("ix_admin_acts_target_id", admin_acts.c.target_id)
