"""Run by Alembic: carries out or drafts migrations on the connection it is handed.

To draft one after a change of the tables, against an embedded database that is up to date::

    DATABASE_URL=sqlite:///.platform/platform.sqlite alembic revision --autogenerate -m "Add x"
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Literal

from alembic import context
from sqlalchemy import create_engine

from platform_server.storage.columns import Instant
from platform_server.storage.tables import all_tables

if TYPE_CHECKING:
    from sqlalchemy import Connection


def rendered(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    """Write our own types as what they are in the database: a migration never changes again."""
    if kind == "type" and isinstance(item, Instant):
        return "sa.DateTime(timezone=True)"
    return False


def run(connection: Connection) -> None:
    """Carry out what Alembic asks for, in the transaction that is open."""
    context.configure(
        connection=connection,
        target_metadata=all_tables(),
        render_as_batch=True,  # SQLite cannot alter most of a table in place
        compare_server_default=True,
        render_item=rendered,
    )
    with context.begin_transaction():
        context.run_migrations()


handed = context.config.attributes.get("connection")
if handed is not None:
    run(handed)
else:
    with create_engine(os.environ["DATABASE_URL"]).begin() as opened:
        run(opened)
