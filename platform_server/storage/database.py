"""The connection to the SQL database: SQLite embedded, Postgres in production."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING

from sqlalchemy import MetaData, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import (
    DataError,
    IntegrityError,
    InterfaceError,
    InternalError,
    OperationalError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import create_async_engine

from platform_server.errors import InvalidInput, StorageUnavailable
from platform_server.storage import sqlite_inline
from platform_server.storage.patience import CHECK, STATEMENT, WORK, PatientConnection, patience

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Mapping

    from sqlalchemy import Table
    from sqlalchemy.engine.interfaces import DBAPIConnection
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
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

_NO_ANSWER = (OperationalError, InterfaceError, InternalError, PoolTimeout)
_AWAY = (
    "The database does not answer, so nothing is saved now. What is not saved stays in its page, "
    "which saves it again by itself; what runs goes on."
)
_REFUSED = "That has a character, or a length, that cannot be stored."

# How a connection to Postgres behaves unless DATABASE_URL says otherwise. One that is dead while it
# lies idle is noticed within half a minute, whether the other side said so or not.
_POSTGRES_OPTIONS: Mapping[str, str | int | None] = {
    "application_name": "platform-server",
    "connect_timeout": 5,
    "keepalives_idle": 15,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
    "prepare_threshold": None,  # a pooler between may hand each transaction to another connection
}


def async_url(url: str) -> str:
    """Return the database URL with the asynchronous driver named (``postgres://`` included)."""
    parsed = make_url(url.replace("postgres://", "postgresql://", 1))
    return parsed.set(drivername=_DRIVERS[parsed.get_backend_name()]).render_as_string(
        hide_password=False
    )


class Database:
    """Hands out transactions. One per process; ``aclose`` when done.

    A database that went away is connected to again by whoever needs it next. One on Postgres that
    does not answer is as one that cannot be reached, after some seconds.
    """

    def __init__(self, url: str) -> None:
        drivers_url = async_url(url)
        self.is_sqlite = drivers_url.startswith("sqlite")
        self.engine = _sqlite(drivers_url) if self.is_sqlite else _postgres(drivers_url)
        # SQLite lets one writer in at a time; queueing here is fair, its busy handler is not.
        self._writers = asyncio.Lock() if self.is_sqlite else None
        # On Postgres each statement that reads is on its own: no round trips for BEGIN and END.
        self._reading = (
            self.engine
            if self.is_sqlite
            else self.engine.execution_options(isolation_level="AUTOCOMMIT")
        )

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """Give a connection for statements that change nothing.

        Raises StorageUnavailable when the database cannot be reached, InvalidInput when what is
        looked for cannot be in it.
        """
        with _translated():
            async with self._connection(self._reading) as connection:
                yield connection

    @asynccontextmanager
    async def transaction(self, *, is_migration: bool = False) -> AsyncIterator[AsyncConnection]:
        """Give a connection whose statements take effect together, when the block ends well.

        A migration may replace tables that others refer to; references are checked at its end.
        Raises StorageUnavailable when the database cannot be reached, InvalidInput when it cannot
        store such values. Then nothing took effect, except if the connection broke while the
        transaction ended: then all or nothing did.
        """
        with _translated():
            if self._writers is None:
                seconds = WORK if is_migration else STATEMENT
                async with self._connection(self.engine, seconds) as connection, connection.begin():
                    yield connection
            else:
                writing = _rebuilding if is_migration else _writing
                async with self._writers, self.engine.connect() as connection, writing(connection):
                    yield connection

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[AsyncConnection]:
        """Give a connection that sees the database as it is now, whatever others do meanwhile.

        Nobody waits for it. Raises StorageUnavailable when the database cannot be reached.
        """
        with _translated():
            async with self._connection(self.engine, WORK) as connection:
                if self.is_sqlite:
                    await connection.exec_driver_sql("BEGIN")
                else:
                    await connection.execution_options(
                        isolation_level="REPEATABLE READ", postgresql_readonly=True
                    )
                yield connection

    @asynccontextmanager
    async def _connection(
        self, engine: AsyncEngine, seconds: float = STATEMENT
    ) -> AsyncIterator[AsyncConnection]:
        """Give a connection on which each statement may take so long."""
        with patience(CHECK):
            connection = await engine.connect()
        try:
            with patience(seconds):
                yield connection
        finally:
            await connection.close()

    async def aclose(self) -> None:
        """Close every connection. May be called twice."""
        await self.engine.dispose()


async def alone(connection: AsyncConnection, table: Table) -> None:
    """Let nobody else write to a table until the transaction ends; who reads does not wait.

    On SQLite nobody else does in any case.
    """
    if connection.dialect.name == "postgresql":
        await connection.exec_driver_sql(f"LOCK TABLE {table.name} IN SHARE ROW EXCLUSIVE MODE")


@asynccontextmanager
async def _writing(connection: AsyncConnection) -> AsyncIterator[None]:
    """Begin a transaction of SQLite's that writes, and end it."""
    await connection.exec_driver_sql("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        await connection.rollback()
        raise
    await connection.commit()


@asynccontextmanager
async def _rebuilding(connection: AsyncConnection) -> AsyncIterator[None]:
    """Do the same without the foreign keys: dropping a table would take along what refers to it."""
    await connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
    try:
        async with _writing(connection):
            yield
            dangling = (await connection.exec_driver_sql("PRAGMA foreign_key_check")).all()
            if dangling:
                refused = ValueError(f"{len(dangling)} references lead nowhere")
                raise IntegrityError("PRAGMA foreign_key_check", None, refused)
    finally:
        await connection.exec_driver_sql("PRAGMA foreign_keys=ON")


def _sqlite(url: str) -> AsyncEngine:
    engine = create_async_engine(url, connect_args={"async_creator_fn": sqlite_inline.connect})
    event.listen(engine.sync_engine, "connect", _prepare_sqlite)
    return engine


def _postgres(url: str) -> AsyncEngine:
    said = make_url(url).query
    options = {name: value for name, value in _POSTGRES_OPTIONS.items() if name not in said}
    return create_async_engine(
        url,
        connect_args={"async_creator_fn": PatientConnection.connect, **options},
        pool_pre_ping=True,  # what ended while it lay idle fails nobody's request
        pool_size=5,
        max_overflow=10,
        pool_timeout=10,  # seconds
    )


@contextmanager
def _translated() -> Iterator[None]:
    """Let no error of the database's own get out, but those of constraints."""
    try:
        yield
    except DataError as error:
        raise InvalidInput(_REFUSED) from error
    except _NO_ANSWER as error:
        raise StorageUnavailable(_AWAY) from error


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
