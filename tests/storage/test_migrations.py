"""A database is brought to exactly the tables that the code is written for.

``empty``  the address of a database without tables, on SQLite and on PostgreSQL
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, text

from platform_server.errors import StorageUnavailable
from platform_server.storage.database import Database
from platform_server.storage.migrate import bring_to, is_current, newest, revisions, upgrade
from platform_server.storage.tables import all_tables
from platform_server.testing.databases import KINDS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from sqlalchemy import Connection

    from platform_server.testing.databases import Databases


@pytest.fixture(params=KINDS)
async def empty(
    request: pytest.FixtureRequest, databases: Databases, tmp_path: Path
) -> AsyncIterator[str]:
    async with databases.new(request.param, tmp_path, _nothing) as url:
        yield url


async def _nothing(database: Database) -> None:
    async with database.read() as connection:
        await connection.execute(text("SELECT 1"))


def differences(connection: Connection) -> list[object]:
    context = MigrationContext.configure(connection, opts={"compare_server_default": True})
    return list(compare_metadata(context, all_tables()))


async def test_the_migrations_make_the_tables_that_the_code_wants(empty: str) -> None:
    database = Database(empty)
    await upgrade(database)

    async with database.read() as connection:
        assert await connection.run_sync(differences) == []
        rows = await connection.execute(text("SELECT version_num FROM alembic_version"))
        assert rows.scalar_one() == newest()
    assert await is_current(database)
    await database.aclose()


@pytest.mark.parametrize("revision", revisions())
async def test_every_earlier_version_is_brought_to_this_one(empty: str, revision: str) -> None:
    database = Database(empty)
    async with database.transaction() as connection:
        await connection.run_sync(bring_to, revision)
    assert await is_current(database) is (revision == newest())

    await upgrade(database)

    async with database.read() as connection:
        assert await connection.run_sync(differences) == []
    await database.aclose()


async def test_servers_that_start_together_take_turns(empty: str) -> None:
    one, two = Database(empty), Database(empty)

    await asyncio.gather(upgrade(one), upgrade(two), upgrade(one))

    async with one.read() as connection:
        tables = await connection.run_sync(lambda sync: inspect(sync).get_table_names())
    assert {"users", "projects", "revisions", "entries"} <= set(tables)
    await one.aclose()
    await two.aclose()


async def test_an_upgrade_that_fails_leaves_nothing_behind(empty: str) -> None:
    database = Database(empty)

    async def work() -> None:
        async with database.transaction() as connection:
            await connection.run_sync(bring_to, "head")
            raise StorageUnavailable

    with pytest.raises(StorageUnavailable):
        await work()

    async with database.read() as connection:
        assert await connection.run_sync(lambda sync: inspect(sync).get_table_names()) == []
    await database.aclose()


async def test_a_database_that_cannot_be_opened_is_unavailable(tmp_path: Path) -> None:
    addresses = (
        f"sqlite:///{tmp_path}/none/platform.sqlite",
        f"postgresql://platform@/platform?host={tmp_path}",
    )
    for address in addresses:
        database = Database(address)
        with pytest.raises(StorageUnavailable):
            await upgrade(database)
        await database.aclose()
