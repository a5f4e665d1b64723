"""Blobs that nothing refers to are removed in time; none that is wanted again ever is.

``clock``   the time that the service goes by
``aging``   the contents service over ``world``'s parts, at that time
"""

from __future__ import annotations

import zipfile
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from io import BytesIO
from typing import TYPE_CHECKING, Any

import pytest

from platform_server.contents.garbage import LEASE, BlobsAtRisk
from platform_server.contents.importing import Order
from platform_server.contents.model import BlobHash
from platform_server.contents.service import ContentsService
from platform_server.contents.spool import spooled
from platform_server.errors import StorageUnavailable
from platform_server.projects.model import ProjectId
from platform_server.storage.blobs_spooling import SpoolingBlobStore
from platform_server.testing.supabase_projects import bucket_of, project_from
from platform_server.testing.worlds import ALICE, WONDER

if TYPE_CHECKING:
    from pathlib import Path

    from platform_server.contents.parts import Parts
    from platform_server.contents.spool import Spool
    from platform_server.testing.worlds import Code, World

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@dataclass
class Clock:
    now: datetime = datetime.now(UTC) + DAY * 2  # what a folder stores has the real time

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def parts(world: World, clock: Clock) -> Parts:
    return replace(world.parts, now=clock)


@pytest.fixture
def aging(parts: Parts) -> ContentsService:
    return ContentsService(parts)


def zipped(name: str, data: bytes) -> bytes:
    file = BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(name, data)
    return file.getvalue()


def hash_of(data: bytes) -> BlobHash:
    return BlobHash(sha256(data).hexdigest())


async def leave(parts: Parts, data: bytes, project: ProjectId = WONDER) -> BlobHash:
    """Leave bytes in the store as a server does that is killed before the commit."""
    async with aclosing(await spooled(data, parts.spool_folder, limit=1 << 20)) as spool:
        return await parts.blobs.put(project, spool)


async def is_there(parts: Parts, data: bytes) -> bool:
    return await parts.blobs.exists(WONDER, hash_of(data))


async def test_what_nothing_refers_to_is_removed_after_the_grace_time_and_nothing_else(
    aging: ContentsService, parts: Parts, clock: Clock
) -> None:
    await aging.write(WONDER, "a.txt", b"old", author=ALICE.id)
    await aging.write(WONDER, "a.txt", b"new", author=ALICE.id)
    await leave(parts, b"left")

    first = await aging.garbage.collect()
    assert (first.unused, first.unused_bytes, first.removed) == (1, 4, 0)
    clock.now += DAY - HOUR
    assert (await aging.garbage.collect()).removed == 0
    assert await is_there(parts, b"left")
    clock.now += HOUR
    last = await aging.garbage.collect()

    assert (last.unused, last.removed, last.removed_bytes) == (1, 1, 4)
    assert not await is_there(parts, b"left")
    assert [await is_there(parts, data) for data in (b"old", b"new")] == [True, True]
    assert (await aging.garbage.collect()).unused == 0


async def test_a_dry_run_counts_and_changes_nothing(
    aging: ContentsService, parts: Parts, clock: Clock
) -> None:
    await aging.write(WONDER, "a.txt", b"kept", author=ALICE.id)
    await leave(parts, b"left")
    for _ in range(2):  # it does not mark anything either
        found = await aging.garbage.collect(dry_run=True)
        assert (found.unused, found.removed) == (1, 0)
        clock.now += DAY
    await aging.garbage.collect()
    clock.now += DAY
    found = await aging.garbage.collect(dry_run=True)
    assert (found.unused, found.removed, found.removed_bytes) == (1, 1, 4)
    assert await is_there(parts, b"left")


async def test_what_was_just_put_is_not_even_marked(
    aging: ContentsService, parts: Parts, clock: Clock
) -> None:
    await aging.write(WONDER, "a.txt", b"kept", author=ALICE.id)
    await leave(parts, b"young")
    clock.now = datetime.now(UTC)
    assert (await aging.garbage.collect()).unused == 0


async def test_projects_that_the_database_does_not_know_are_left_alone(
    aging: ContentsService, parts: Parts, clock: Clock
) -> None:
    await leave(parts, b"another installation's", ProjectId("stranger"))
    for _ in range(3):
        found = await aging.garbage.collect()
        assert (found.strange_projects, found.unused) == (1, 0)
        clock.now += DAY
    assert await parts.blobs.exists(ProjectId("stranger"), hash_of(b"another installation's"))


async def marked(aging: ContentsService, parts: Parts, clock: Clock, data: bytes) -> None:
    """Leave bytes that are going to be removed next time."""
    await aging.write(WONDER, "a.txt", b"kept", author=ALICE.id)
    await leave(parts, data)
    await aging.garbage.collect()
    clock.now += DAY


async def test_what_is_wanted_again_before_it_is_removed_stays(
    aging: ContentsService, parts: Parts, clock: Clock
) -> None:
    await marked(aging, parts, clock, b"left")
    await aging.write(WONDER, "b.txt", b"left", author=ALICE.id)
    for _ in range(3):
        assert (await aging.garbage.collect()).removed == 0
        clock.now += DAY
    assert (await aging.read(WONDER, "b.txt"))[1] == b"left"


class Interrupted:
    """A store in which the garbage is collected at the worst moment: right after a put."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._store = parts.blobs
        self.puts = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    async def put(self, project_id: ProjectId, spool: Spool) -> BlobHash:
        blob = await self._store.put(project_id, spool)
        self.puts += 1
        if self.puts == 1:
            result = await ContentsService(self._parts).garbage.collect()
            assert result.removed == 1
        return blob


async def test_a_save_whose_bytes_are_removed_between_its_put_and_its_commit_puts_them_again(
    aging: ContentsService, parts: Parts, clock: Clock
) -> None:
    await marked(aging, parts, clock, b"left")
    blobs = Interrupted(parts)
    contents = ContentsService(replace(parts, blobs=blobs))

    await contents.write(WONDER, "b.txt", b"left", author=ALICE.id)

    assert blobs.puts == 2
    assert await is_there(parts, b"left")
    assert b"".join([one async for one in parts.blobs.open(WONDER, hash_of(b"left"))]) == b"left"
    clock.now += DAY * 2
    assert (await aging.garbage.collect()).unused == 0


async def test_the_same_holds_in_a_bucket_behind_an_outbox(
    real: World, clock: Clock, tmp_path: Path
) -> None:
    async with bucket_of(project_from({})) as bucket:
        blobs = SpoolingBlobStore(bucket, tmp_path / "outbox", limit=1 << 20)
        parts = replace(real.parts, now=clock, blobs=blobs)
        aging = ContentsService(parts)
        await marked(aging, parts, clock, b"left")
        interrupted = Interrupted(parts)

        contents = ContentsService(replace(parts, blobs=interrupted))
        await contents.write(WONDER, "b.txt", b"left", author=ALICE.id)

        assert interrupted.puts == 2
        assert (await aging.read(WONDER, "b.txt"))[1] == b"left"
        clock.now += DAY * 2
        found = await aging.garbage.collect()
        assert (found.unused, found.strange_projects) == (0, 0)
        assert {one.size async for one in bucket.list(WONDER)} == {4}


async def test_code_whose_file_was_removed_so_is_taken_over_next_time(
    aging: ContentsService, parts: Parts, clock: Clock, code: Code
) -> None:
    await marked(aging, parts, clock, b"left")
    contents = ContentsService(replace(parts, blobs=Interrupted(parts)))
    code.writes("b.txt", b"left")

    with pytest.raises(BlobsAtRisk):  # its bytes are at hand no longer
        await contents.absorb(WONDER)
    await contents.absorb(WONDER)

    assert (await contents.read(WONDER, "b.txt"))[1] == b"left"
    assert await is_there(parts, b"left")


async def test_an_import_that_needs_what_is_marked_keeps_it(
    aging: ContentsService, parts: Parts, clock: Clock
) -> None:
    await marked(aging, parts, clock, b"left")
    order = Order(project_id=WONDER, folder="", author=ALICE.id)
    async with aclosing(aging.new_spool()) as spool:
        await spool.append(zipped("b.txt", b"left"))
        await aging.imports.run(order, spool)
    assert (await aging.garbage.collect()).removed == 0
    assert (await aging.read(WONDER, "b.txt"))[1] == b"left"


async def test_a_save_waits_for_nobody_who_was_killed_while_removing(
    aging: ContentsService, parts: Parts, clock: Clock
) -> None:
    await marked(aging, parts, clock, b"left")
    doomed = await parts.garbage.doom(WONDER, [hash_of(b"left")], before=clock.now, at=clock.now)
    assert doomed == {hash_of(b"left")}

    with pytest.raises(StorageUnavailable):  # it may be removed at any moment
        await aging.write(WONDER, "b.txt", b"left", author=ALICE.id)
    clock.now += LEASE + HOUR
    await aging.write(WONDER, "b.txt", b"left", author=ALICE.id)
    assert (await aging.garbage.collect()).removed == 0
    assert await is_there(parts, b"left")


async def test_what_a_killed_collector_doomed_is_removed_by_the_next(
    aging: ContentsService, parts: Parts, clock: Clock
) -> None:
    await marked(aging, parts, clock, b"left")
    await parts.garbage.doom(WONDER, [hash_of(b"left")], before=clock.now, at=clock.now)
    assert (await aging.garbage.collect()).removed == 0
    clock.now += LEASE + HOUR
    assert (await aging.garbage.collect()).removed == 1
    assert not await is_there(parts, b"left")


async def test_bytes_that_come_back_after_they_were_removed_are_marked_anew(
    aging: ContentsService, parts: Parts, clock: Clock
) -> None:
    await marked(aging, parts, clock, b"left")
    assert (await aging.garbage.collect()).removed == 1
    await leave(parts, b"left")
    clock.now += DAY - HOUR
    assert (await aging.garbage.collect()).removed == 0
    clock.now += DAY * 3
    await aging.garbage.collect()
    clock.now += DAY
    await aging.garbage.collect()
    assert not await is_there(parts, b"left")
