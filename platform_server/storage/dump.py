"""All rows of a database as lines of JSON, the same on SQLite and Postgres, and back.

A line is a list of one row's values, in the order of the columns; a moment is ISO 8601 in UTC.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import DateTime, MetaData, func, insert, select, tuple_

from platform_server.storage.tables import all_tables

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Iterator

    from sqlalchemy import Connection, Row, Table
    from sqlalchemy.ext.asyncio import AsyncConnection

_AT_ONCE = 500  # rows
# What runs in the sandboxes of this machine now; no other installation can do anything with it,
# and the keys of kernels are for nobody else.
_OF_THIS_MACHINE = frozenset({"sandbox_kernels", "terminals"})


@dataclass(frozen=True, kw_only=True)
class Lines:
    """Some rows of a table."""

    table: str
    columns: tuple[str, ...]
    lines: bytes  # each with its newline; nothing if the table is empty


async def dump(connection: AsyncConnection) -> AsyncIterator[Lines]:
    """Give all rows, table by table: those that others refer to come first.

    Each table comes at least once. What is in the transaction's snapshot comes, whichever version
    of the platform made the tables; but not the kernels and terminals that run on this machine now.
    """
    for table in (await connection.run_sync(present_tables)).sorted_tables:
        columns = tuple(table.columns.keys())
        if table.name in _OF_THIS_MACHINE:
            yield Lines(table=table.name, columns=columns, lines=b"")
            continue
        rows = await _page(connection, table, None)
        yield Lines(table=table.name, columns=columns, lines=_written(rows))
        while len(rows) == _AT_ONCE:
            rows = await _page(connection, table, rows[-1])
            yield Lines(table=table.name, columns=columns, lines=_written(rows))


async def load(
    connection: AsyncConnection, table: Table, columns: tuple[str, ...], lines: Iterable[bytes]
) -> int:
    """Add rows that ``dump`` gave to a table, and return how many. Raises ValueError if damaged."""
    moments = {name for name in columns if isinstance(table.columns[name].type, DateTime)}
    added, rows = 0, []
    for row in _read(lines, columns, moments):
        rows.append(row)
        if len(rows) == _AT_ONCE:
            await connection.execute(insert(table), rows)
            added, rows = added + len(rows), []
    if rows:
        await connection.execute(insert(table), rows)
    return added + len(rows)


async def count(connection: AsyncConnection) -> int:
    """Return how many rows there are in all tables."""
    tables = (await connection.run_sync(present_tables)).sorted_tables
    counts = [
        (await connection.execute(select(func.count()).select_from(table))).scalar_one()
        for table in tables
    ]
    return sum(counts)


def present_tables(connection: Connection) -> MetaData:
    """Return those of our tables that the database has, as they are in it."""
    ours = set(all_tables().tables)
    present = MetaData()
    present.reflect(connection, only=lambda name, _: name in ours)
    return present


async def _page(connection: AsyncConnection, table: Table, last: Row[Any] | None) -> list[Row[Any]]:
    key = list(table.primary_key.columns)
    statement = select(table).order_by(*key).limit(_AT_ONCE)
    if last is not None:
        values = [last._mapping[column] for column in key]  # noqa: SLF001 - its public name
        statement = statement.where(tuple_(*key) > tuple_(*values))
    return list(await connection.execute(statement))


def _written(rows: list[Row[Any]]) -> bytes:
    return b"".join(
        json.dumps([_plain(value) for value in row], ensure_ascii=False).encode() + b"\n"
        for row in rows
    )


def _plain(value: Any) -> str | int | float | bool | None:
    if isinstance(value, datetime):
        # SQLite keeps no time zone; what we store there is UTC.
        aware = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
        return aware.isoformat()
    assert value is None or isinstance(value, str | int | float)
    return value


def _read(
    lines: Iterable[bytes], columns: tuple[str, ...], moments: set[str]
) -> Iterator[dict[str, Any]]:
    for line in lines:
        row = dict(zip(columns, json.loads(line), strict=True))
        for name in moments:
            if row[name] is not None:
                row[name] = datetime.fromisoformat(row[name]).astimezone(UTC)
        yield row
