"""Fixtures of the tests of the record of what admins do.

record   where acts are kept: in memory, on SQLite and on PostgreSQL
kept_in  a database that has the record, on SQLite and on PostgreSQL
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from platform_server.storage.acts import SqlActRepository
from platform_server.storage.database import Database
from platform_server.testing.acts import MemoryActs
from platform_server.testing.databases import KINDS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from platform_server.acts.service import ActRepository
    from platform_server.testing.databases import Databases


@pytest.fixture(params=["memory", *KINDS])
async def record(
    request: pytest.FixtureRequest, databases: Databases, tmp_path: Path
) -> AsyncIterator[ActRepository]:
    if request.param == "memory":
        yield MemoryActs()
        return
    async with databases.open(request.param, tmp_path) as database:
        yield SqlActRepository(database)


@pytest.fixture
async def kept_in(database_url: str) -> AsyncIterator[Database]:
    database = Database(database_url)
    yield database
    await database.aclose()
