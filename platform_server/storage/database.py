"""The connection to the SQL database: SQLite embedded, Postgres in production."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from sqlalchemy import MetaData, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.ext.asyncio import create_async_engine

from platform_server.errors import StorageUnavailable
from platform_server.storage import sqlite_inline

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from sqlalchemy.engine.interfaces import DBAPIConnection
    from sqlalchemy.ext.asyncio import AsyncConnection
    from sqlalchemy.pool import ConnectionPoolEntry

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

_DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+psycopg"}


def async_url(url: str) -> str:
    """Return the database URL with the asynchronous driver named (``postgres://`` included)."""
    parsed = make_url(url.replace("postgres://", "postgresql://", 1))
    return parsed.set(drivername=_DRIVERS[parsed.get_backend_name()]).render_as_string(
        hide_password=False
    )


class Database:
    """Hands out transactions. One per process; ``aclose`` when done."""

    def __init__(self, url: str) -> None:
        drivers_url = async_url(url)
        self.is_sqlite = drivers_url.startswith("sqlite")
        options = {"async_creator_fn": sqlite_inline.connect} if self.is_sqlite else {}
        self.engine = create_async_engine(drivers_url, connect_args=options)
        # SQLite lets one writer in at a time; queueing here is fair, its busy handler is not.
        self._writers = asyncio.Lock() if self.is_sqlite else None
        if self.is_sqlite:
            event.listen(self.engine.sync_engine, "connect", _prepare_sqlite)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """Give a connection for statements that change nothing.

        Raises StorageUnavailable when the database cannot be reached.
        """
        try:
            async with self.engine.connect() as connection:
                yield connection
        except (OperationalError, InterfaceError) as error:
            raise StorageUnavailable from error

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection]:
        """Give a connection whose statements take effect together, when the block ends well.

        Raises StorageUnavailable when the database cannot be reached; then nothing took effect.
        """
        try:
            if self._writers is None:
                async with self.engine.begin() as connection:
                    yield connection
            else:
                async with self._writers, self.engine.connect() as connection:
                    await connection.exec_driver_sql("BEGIN IMMEDIATE")
                    try:
                        yield connection
                    except BaseException:
                        await connection.rollback()
                        raise
                    await connection.commit()
        except (OperationalError, InterfaceError) as error:
            raise StorageUnavailable from error

    async def aclose(self) -> None:
        """Close every connection. May be called twice."""
        await self.engine.dispose()


def _prepare_sqlite(connection: DBAPIConnection, _record: ConnectionPoolEntry) -> None:
    """Set what SQLite needs per connection: foreign keys, WAL, and commits that survive a crash."""
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "busy_timeout=10000",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
