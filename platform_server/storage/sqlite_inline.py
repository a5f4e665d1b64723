"""SQLite for SQLAlchemy's asyncio engine, without a thread per connection.

A statement finds its pages in memory and takes some microseconds; handing it to another thread and
waiting for the answer takes a hundred times as long, once each for the cursor, the statement, the
rows and the end. So statements run where they are called. What may wait for the disk or for another
process, the beginning and the end of a writing transaction, runs in a thread.

The classes have the part of aiosqlite's interface that SQLAlchemy's dialect uses; it gets them by
the connect argument ``async_creator_fn``.
"""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_IN_MEMORY = ":memory:"
_PRIVATE = 0o600
_OTHERS = 0o077


async def connect(database: str, **options: Any) -> InlineConnection:
    """Open a database. The options are those of ``sqlite3.connect``.

    Its file is made readable by this process's user only; SQLite gives those beside it its mode.
    """
    options |= {"check_same_thread": False}
    if database != _IN_MEMORY:
        _make_private(Path(database))
    return InlineConnection(sqlite3.connect(database, **options))


def _make_private(file: Path) -> None:
    # Never opened if it is there: to close it would end SQLite's locks on it in this process.
    with suppress(OSError):  # then SQLite says what is wrong, unless it is not ours to change
        file.touch(_PRIVATE)
        if file.stat().st_mode & _OTHERS:
            file.chmod(_PRIVATE)


class InlineConnection:
    """A connection, for one task at a time."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    @property
    def isolation_level(self) -> str | None:
        """As sqlite3 has it."""
        return self._connection.isolation_level

    def cursor(self) -> InlineCursor:
        """Return a new cursor."""
        return InlineCursor(self._connection.cursor())

    async def create_function(
        self, name: str, count: int, function: Callable[..., Any], **options: Any
    ) -> None:
        """Let statements call a function."""
        self._connection.create_function(name, count, function, **options)

    async def commit(self) -> None:
        """End the transaction well; returns when it is on the disk."""
        if self._connection.in_transaction:
            await asyncio.to_thread(self._connection.commit)

    async def rollback(self) -> None:
        """End the transaction as if it had not been."""
        self._connection.rollback()

    async def close(self) -> None:
        """Close it."""
        self._connection.close()

    def stop(self) -> None:
        """Close it, outside any task."""
        self._connection.close()


class InlineCursor:
    """A cursor."""

    def __init__(self, cursor: sqlite3.Cursor) -> None:
        self._cursor = cursor

    async def __aenter__(self) -> Self:
        return self

    def __getattr__(self, name: str) -> Any:  # description, rowcount, lastrowid, arraysize
        return getattr(self._cursor, name)

    async def execute(self, statement: str, parameters: Sequence[Any] = ()) -> Self:
        """Run a statement."""
        if statement.startswith("BEGIN"):  # waits for other processes' transactions
            await asyncio.to_thread(self._cursor.execute, statement)
        else:
            self._cursor.execute(statement, parameters)
        return self

    async def executemany(self, statement: str, parameters: Sequence[Sequence[Any]]) -> Self:
        """Run a statement once with each parameters."""
        self._cursor.executemany(statement, parameters)
        return self

    async def fetchall(self) -> list[Any]:
        """Return all rows."""
        return self._cursor.fetchall()

    async def close(self) -> None:
        """Close it."""
        self._cursor.close()
