"""``jupyter platform gc``."""

from __future__ import annotations

import os
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import update

from platform_server.contents.spool import clear, spooled
from platform_server.paths import Home
from platform_server.projects.model import ProjectId
from platform_server.storage.blobs_folder import FolderBlobStore
from platform_server.storage.database import Database
from platform_server.storage.tables.garbage import blob_candidates
from platform_server.testing.processes import said_by
from platform_server.testing.worlds import WONDER, populate

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

LONG_AGO = datetime.now(UTC) - timedelta(days=3)


@pytest.fixture
async def home(tmp_path: Path) -> Home:
    home = Home(tmp_path / "home")
    home.create()
    clear(home.blobs / "incoming")
    blobs = FolderBlobStore(home.blobs)
    for project in (WONDER, ProjectId("stranger")):
        spool = await spooled(b"left behind", home.blobs / "incoming", limit=99)
        async with aclosing(spool):
            blob = await blobs.put(project, spool)
        path = home.blobs / project / blob[:2] / blob
        os.utime(path, (LONG_AGO.timestamp(), LONG_AGO.timestamp()))
    return home


@pytest.fixture
async def database(home: Home) -> AsyncIterator[Database]:
    database = Database(f"sqlite:///{home.database}")
    await populate(database)
    yield database
    await database.aclose()


async def test_it_marks_then_counts_then_removes(home: Home, database: Database) -> None:
    code, said = await said_by(home.root, "gc")
    assert (code, "Removed: 0 " in said) == (0, True), said
    assert "Not known to be unused for 24 hours yet: 1" in said
    async with database.transaction() as connection:
        await connection.execute(update(blob_candidates).values(marked_at=LONG_AGO))

    code, said = await said_by(home.root, "gc", "--dry-run")
    assert (code, "To be removed: 1 (11 bytes)" in said) == (0, True), said
    code, said = await said_by(home.root, "gc")

    assert (code, "Removed: 1 (11 bytes)" in said) == (0, True), said
    assert "left alone: 1" in said
    blobs = FolderBlobStore(home.blobs)
    assert [project async for project in blobs.projects()] == [ProjectId("stranger")]
