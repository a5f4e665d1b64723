"""Fixtures of the project tests.

``projects``  a project service in memory, on SQLite and on PostgreSQL, with the accounts alice,
              bob, carol (who is called Alice, too) and dave (who has no name)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from platform_server.projects.service import ProjectService
from platform_server.storage.identity import SqlUserRepository
from platform_server.storage.projects import SqlProjectRepository
from platform_server.testing.databases import KINDS
from platform_server.testing.people import person
from platform_server.testing.projects import MemoryProjectRepository, MemoryUserDirectory

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from platform_server.testing.databases import Databases

NAMES = {"alice": "Alice", "bob": "Bob", "carol": "Alice", "dave": ""}


@pytest.fixture(params=["memory", *KINDS])
async def projects(
    request: pytest.FixtureRequest, databases: Databases, tmp_path: Path
) -> AsyncIterator[ProjectService]:
    people = [person(name, called=called) for name, called in NAMES.items()]
    directory = MemoryUserDirectory(people)
    if request.param == "memory":
        yield ProjectService(MemoryProjectRepository(directory), directory)
        return
    async with databases.open(request.param, tmp_path) as database:
        for one in people:
            await SqlUserRepository(database).add(one, None)
        yield ProjectService(SqlProjectRepository(database), directory)
