"""Brings a database to the tables that this version of the platform wants."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from platform_server.storage.row_security import deny_all

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from platform_server.storage.database import Database

_SCRIPTS = Path(__file__).parent / "migrations"
_LOCK = 0x706C6174  # any number that nobody else locks


async def upgrade(database: Database) -> None:
    """Carry out the migrations that are missing, all or none; several servers take turns.

    On Postgres nobody but the tables' owner may do anything with them afterwards. Raises
    StorageUnavailable when the database cannot be reached.
    """
    async with database.transaction(is_migration=True) as connection:
        if not database.is_sqlite:
            await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        await connection.run_sync(bring_to, "head")


async def is_current(database: Database) -> bool:
    """Tell whether the database has the tables that this version wants.

    Raises StorageUnavailable when it cannot be reached.
    """
    async with database.read() as connection:
        return await connection.run_sync(revision_of) == newest()


def newest() -> str:
    """Return the revision that ``upgrade`` brings a database to."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    assert head is not None
    return head


def bring_to(connection: Connection, revision: str) -> None:
    """Carry out the migrations up to a revision, in the transaction that is open."""
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, revision)
    if connection.dialect.name == "postgresql":
        deny_all(connection)


def revisions() -> list[str]:
    """Return every revision that this version knows, the oldest first."""
    known = ScriptDirectory.from_config(_config()).walk_revisions()
    return [one.revision for one in known][::-1]


def revision_of(connection: Connection) -> str | None:
    """Return the revision that a database is at, None before the first."""
    return MigrationContext.configure(connection).get_current_revision()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config
