"""Pytest fixtures for what keeps data in SQL.

``postgres``       a PostgreSQL cluster of the test run's own
``databases``      gives new databases that have their tables: ``databases.new("postgres")``
``postgres_url``   the address of one on PostgreSQL
``database_url``   the address of one; the test runs on SQLite and on PostgreSQL
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from platform_server.testing.databases import KINDS, Databases
from platform_server.testing.postgres import Cluster


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def postgres() -> AsyncIterator[Cluster]:
    """A PostgreSQL cluster."""
    async with Cluster.running() as cluster:
        yield cluster


@pytest.fixture(scope="session")
def databases(postgres: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Databases:
    """New databases that have their tables."""
    return Databases(postgres, tmp_path_factory.mktemp("databases"))


@pytest_asyncio.fixture(loop_scope="session")
async def postgres_url(databases: Databases, tmp_path: Path) -> AsyncIterator[str]:
    """The address of a database of the test's own on PostgreSQL."""
    async with databases.new("postgres", tmp_path) as url:
        yield url


@pytest_asyncio.fixture(params=KINDS, loop_scope="session")
async def database_url(
    request: pytest.FixtureRequest, databases: Databases, tmp_path: Path
) -> AsyncIterator[str]:
    """The address of a database of the test's own, on SQLite and on PostgreSQL."""
    async with databases.new(request.param, tmp_path) as url:
        yield url
