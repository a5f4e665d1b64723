"""A database is brought to exactly the tables that the code is written for."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, text

from platform_server.errors import StorageUnavailable
from platform_server.storage.database import Database
from platform_server.storage.migrate import newest, upgrade
from platform_server.storage.tables import all_tables

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Connection


def differences(connection: Connection) -> list[object]:
    return list(compare_metadata(MigrationContext.configure(connection), all_tables()))


async def test_the_migrations_make_the_tables_that_the_code_wants(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/platform.sqlite")
    await upgrade(database)

    async with database.read() as connection:
        assert await connection.run_sync(differences) == []
        rows = await connection.execute(text("SELECT version_num FROM alembic_version"))
        assert rows.scalar_one() == newest()
    await database.aclose()


async def test_servers_that_start_together_take_turns(tmp_path: Path) -> None:
    one, two = (Database(f"sqlite:///{tmp_path}/platform.sqlite") for _ in range(2))

    await asyncio.gather(upgrade(one), upgrade(two), upgrade(one))

    async with one.read() as connection:
        tables = await connection.run_sync(lambda sync: inspect(sync).get_table_names())
    assert {"users", "projects", "revisions", "entries"} <= set(tables)
    await one.aclose()
    await two.aclose()


async def test_a_database_that_cannot_be_opened_is_unavailable(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/none/platform.sqlite")

    with pytest.raises(StorageUnavailable):
        await upgrade(database)
    await database.aclose()
