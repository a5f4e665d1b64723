"""A database that goes away and comes back, and values that it cannot keep.

``database``  one on PostgreSQL, opened
``name``      what PostgreSQL calls it
"""

from __future__ import annotations

import asyncio
import signal
import stat
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, insert, select, text
from sqlalchemy.exc import IntegrityError

from platform_server.errors import InvalidInput, StorageUnavailable
from platform_server.storage import database as database_module
from platform_server.storage.database import Database, async_url
from platform_server.storage.tables.identity import password_hashes, users
from platform_server.testing.people import BEGAN

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from platform_server.testing.databases import Databases
    from platform_server.testing.postgres import Cluster


@pytest.fixture
async def database(postgres_url: str) -> AsyncIterator[Database]:
    database = Database(postgres_url)
    yield database
    await database.aclose()


@pytest.fixture
def name(database: Database) -> str:
    name = database.engine.url.database
    assert name is not None
    return name


def user(number: int, called: str = "Ada") -> dict[str, object]:
    who = {"id": f"u{number}", "email": f"u{number}@example.org", "name": called}
    return who | {"role": "learner", "created_at": BEGAN}


async def add(database: Database, *numbers: int) -> None:
    async with database.transaction() as connection:
        for number in numbers:
            await connection.execute(insert(users).values(user(number)))


async def count(database: Database) -> int:
    async with database.read() as connection:
        return int((await connection.execute(select(func.count()).select_from(users))).scalar_one())


async def test_connections_that_ended_while_idle_fail_nobody(
    database: Database, postgres: Cluster, name: str
) -> None:
    await asyncio.gather(*(count(database) for _ in range(4)))
    assert await postgres.end_connections(name) > 0

    await asyncio.gather(*(add(database, number) for number in range(4)))

    assert await count(database) == 4


async def test_a_transaction_whose_connection_ends_has_no_effect(
    database: Database, postgres: Cluster, name: str
) -> None:
    async def work() -> None:
        async with database.transaction() as connection:
            await connection.execute(insert(users).values(user(1)))
            await postgres.end_connections(name)
            await connection.execute(insert(users).values(user(2)))

    with pytest.raises(StorageUnavailable):
        await work()
    assert await count(database) == 0


async def test_a_connection_that_ends_before_the_commit_is_reported(
    database: Database, postgres: Cluster, name: str
) -> None:
    async def work() -> None:
        async with database.transaction() as connection:
            await connection.execute(insert(users).values(user(1)))
            await postgres.end_connections(name)

    with pytest.raises(StorageUnavailable):
        await work()
    assert await count(database) == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGQUIT])
async def test_a_server_that_stops_and_starts_is_used_again(
    database: Database, postgres: Cluster, number: signal.Signals
) -> None:
    await add(database, 1)
    await postgres.stop(number)
    try:
        with pytest.raises(StorageUnavailable):
            await count(database)
        with pytest.raises(StorageUnavailable):
            await add(database, 2)
    finally:
        await postgres.start()

    await add(database, 3)
    assert await count(database) == 2


async def test_what_was_acknowledged_is_there_however_often_connections_end(
    database: Database, postgres: Cluster, name: str
) -> None:
    acknowledged: set[int] = set()
    wanted = 120

    async def write(numbers: range) -> None:
        for number in numbers:
            try:
                await add(database, 2 * number, 2 * number + 1)
            except StorageUnavailable:
                continue
            acknowledged.add(number)

    async def disturb() -> None:
        while not writers.done():
            await postgres.end_connections(name)

    writers = asyncio.gather(*(write(range(start, wanted, 4)) for start in range(4)))
    await asyncio.gather(writers, disturb())

    async with database.read() as connection:
        found = set((await connection.execute(select(users.c.id))).scalars())
    pairs = [{f"u{2 * number}", f"u{2 * number + 1}"} for number in range(wanted)]
    assert [pair for pair in pairs if len(pair & found) == 1] == []  # nothing half done
    assert [number for number in acknowledged if not pairs[number] <= found] == []


async def test_a_server_that_is_frozen_is_unavailable_and_is_used_again_when_it_thaws(
    postgres_url: str, postgres: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database_module, "STATEMENT", 0.3)
    monkeypatch.setattr(database_module, "CHECK", 0.2)
    database = Database(f"{postgres_url}&connect_timeout=2")  # the shortest there is
    await add(database, 1)

    with pytest.raises(StorageUnavailable):  # noqa: PT012 - frozen in the middle of it
        async with database.transaction() as connection:
            await connection.execute(insert(users).values(user(2)))
            with postgres.frozen():
                with pytest.raises(StorageUnavailable):
                    await count(database)
                with pytest.raises(StorageUnavailable):
                    await add(database, 9)
                await connection.execute(select(users))
    assert await count(database) == 1
    await add(database, 2)
    assert await count(database) == 2
    await database.aclose()


async def test_more_readers_than_connections_take_turns(database: Database) -> None:
    assert await asyncio.gather(*(count(database) for _ in range(60))) == [0] * 60


@pytest.mark.parametrize("called", ["nul \0", "long" * 100])
async def test_what_postgres_cannot_store_is_refused(database: Database, called: str) -> None:
    async def work() -> None:
        async with database.transaction() as connection:
            await connection.execute(insert(users).values(user(1, called)))

    with pytest.raises(InvalidInput):
        await work()


async def test_a_constraint_speaks_for_itself(database: Database) -> None:
    await add(database, 1)
    with pytest.raises(IntegrityError):
        await add(database, 2, 1)
    assert await count(database) == 1


async def test_a_snapshot_does_not_see_what_others_do(database_url: str) -> None:
    database = Database(database_url)
    await add(database, 1)
    counted = select(func.count()).select_from(users)

    async with database.snapshot() as connection:
        assert (await connection.execute(counted)).scalar_one() == 1
        await add(database, 2)
        assert (await connection.execute(counted)).scalar_one() == 1

    assert await count(database) == 2
    await database.aclose()


REBUILT = (
    "CREATE TABLE rebuilt AS SELECT * FROM users",
    "DROP TABLE users",
    "ALTER TABLE rebuilt RENAME TO users",
)


async def test_a_migration_may_replace_a_table_that_others_refer_to(
    databases: Databases, tmp_path: Path
) -> None:
    async with databases.open("sqlite", tmp_path) as database:
        await add(database, 1)
        secret = {"user_id": "u1", "password_hash": "hash"}
        async with database.transaction() as connection:
            await connection.execute(insert(password_hashes).values(secret))

        # As Alembic changes tables on SQLite, which can alter next to nothing in place.
        async with database.transaction(is_migration=True) as connection:
            for statement in (*REBUILT, "CREATE UNIQUE INDEX key ON users (id)"):
                await connection.exec_driver_sql(statement)

        async with database.read() as connection:
            assert len((await connection.execute(select(password_hashes))).all()) == 1


async def test_a_migration_that_leaves_a_reference_to_nothing_is_undone(
    databases: Databases, tmp_path: Path
) -> None:
    async with databases.open("sqlite", tmp_path) as database:

        async def work() -> None:
            async with database.transaction(is_migration=True) as connection:
                await connection.execute(
                    insert(password_hashes).values(user_id="nobody", password_hash="hash")
                )

        with pytest.raises(IntegrityError):
            await work()
        async with database.transaction() as connection:
            assert (await connection.execute(select(password_hashes))).all() == []
            with pytest.raises(IntegrityError):  # the keys are watched again
                await connection.execute(
                    insert(password_hashes).values(user_id="nobody", password_hash="hash")
                )


async def test_what_sqlite_writes_is_readable_by_nobody_else(tmp_path: Path) -> None:
    (tmp_path / "public").touch(0o644)
    for name in ("new", "public"):
        database = Database(f"sqlite:///{tmp_path / name}")
        async with database.transaction() as connection:
            await connection.execute(text("CREATE TABLE kept (it TEXT)"))
            beside = sorted(tmp_path.glob(f"{name}*"))
            modes = {one.name: stat.S_IMODE(one.stat().st_mode) for one in beside}
        await database.aclose()
        assert modes == dict.fromkeys((name, f"{name}-shm", f"{name}-wal"), 0o600)


def test_the_driver_is_added_to_every_form_of_address() -> None:
    for form in ("postgres", "postgresql", "postgresql+psycopg"):
        url = async_url(f"{form}://u:p%40@db.example.org:6543/x?sslmode=require")
        assert url == "postgresql+psycopg://u:p%40@db.example.org:6543/x?sslmode=require"
