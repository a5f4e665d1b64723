"""What every repository of packages' records and takes promises."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import delete, update
from sqlalchemy.exc import DBAPIError

from platform_server.environments.records import EnvironmentRecord, RecordedPackage
from platform_server.environments.takes import Outcome, Take, TakeQuery
from platform_server.errors import PlatformError
from platform_server.storage.packages import SqlRecordRepository, SqlTakeRepository
from platform_server.storage.tables.packages import package_takes
from platform_server.testing.databases import KINDS
from platform_server.testing.packages import MemoryRecords, MemoryTakes
from platform_server.testing.worlds import BUILDER, WONDER, populate

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from platform_server.environments.records import RecordRepository
    from platform_server.environments.takes import TakeRepository
    from platform_server.storage.database import Database
    from platform_server.testing.databases import Databases

BEGAN = datetime(2026, 1, 1, 12, 30, 15, 123456, tzinfo=UTC)
FIRST = RecordedPackage(
    name="a", version="1!2.0+local.1", requested=True, size=1 << 40, sha256s=("a" * 64, "b" * 64)
)
SECOND = RecordedPackage(name="b", version="1.0", requested=False)
RECORD = EnvironmentRecord(
    project_id=WONDER, identity="12-34", recorded_at=BEGAN, packages=(FIRST, SECOND)
)
TAKE = Take(
    id="t1",
    at=BEGAN,
    project_id=WONDER,
    outcome=Outcome.TAKEN,
    package="a",
    version="1.0",
    filename="a-1.0.whl",
    sha256="a" * 64,
    size=1 << 40,
    reason="it was uploaded less than 7 days ago",
)
LATER = replace(TAKE, id="t2", at=BEGAN + timedelta(seconds=1), sha256="b" * 64)
REFUSED = replace(LATER, id="t3", outcome=Outcome.REFUSED, package="", sha256="")
OTHERS = replace(LATER, id="t4", project_id=BUILDER)


@dataclass(frozen=True, kw_only=True)
class Kept:
    """Both repositories."""

    records: RecordRepository
    takes: TakeRepository
    database: Database | None = None


@pytest.fixture(params=["memory", *KINDS])
async def kept(
    request: pytest.FixtureRequest, databases: Databases, tmp_path: Path
) -> AsyncIterator[Kept]:
    if request.param == "memory":
        yield Kept(records=MemoryRecords(), takes=MemoryTakes())
        return
    async with databases.open(request.param, tmp_path, populate) as database:
        yield Kept(
            records=SqlRecordRepository(database),
            takes=SqlTakeRepository(database),
            database=database,
        )


async def test_a_record_takes_the_place_of_an_earlier_one(kept: Kept) -> None:
    assert await kept.records.get(WONDER) is None
    await kept.records.save(RECORD)
    assert await kept.records.get(WONDER) == RECORD
    changed = replace(RECORD, identity="56", packages=(replace(SECOND, version="2"),))
    await kept.records.save(changed)
    assert await kept.records.get(WONDER) == changed
    await kept.records.save(replace(RECORD, packages=()))
    assert await kept.records.get(WONDER) == replace(RECORD, packages=())


async def test_takes_are_found_newest_first_and_page_by_page(kept: Kept) -> None:
    for take in (TAKE, LATER, REFUSED, OTHERS):
        await kept.takes.add(take)
    found = await kept.takes.find(TakeQuery(limit=3))
    assert found == [OTHERS, REFUSED, LATER]
    last = found[-1]
    assert await kept.takes.find(TakeQuery(before=(last.at, last.id))) == [TAKE]
    assert await kept.takes.find(TakeQuery(project_id=BUILDER)) == [OTHERS]
    assert await kept.takes.find(TakeQuery(outcome=Outcome.REFUSED)) == [REFUSED]
    assert await kept.takes.find(TakeQuery(project_id=WONDER, package="a")) == [LATER, TAKE]
    assert await kept.takes.files(WONDER, ["a", "b"]) == [LATER, TAKE]


async def test_takes_are_never_changed(kept: Kept) -> None:
    if kept.database is None:
        return
    await kept.takes.add(TAKE)
    for statement in (delete(package_takes), update(package_takes).values(sha256="c" * 64)):
        with pytest.raises((PlatformError, DBAPIError)):
            async with kept.database.transaction() as connection:
                await connection.execute(statement)
    assert await kept.takes.find(TakeQuery()) == [TAKE]
