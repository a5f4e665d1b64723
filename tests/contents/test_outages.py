"""A remote store that goes away: what is saved meanwhile waits, and gets there.

``remote``   a store in memory that is away while ``is_available`` is False
``store``    the store that spools for it, started
"""

from __future__ import annotations

import asyncio
import random
import sys
from contextlib import aclosing, asynccontextmanager, suppress
from typing import TYPE_CHECKING

import pytest

from platform_server.contents.keeping import Waiting
from platform_server.contents.spool import clear, spooled
from platform_server.errors import QuotaExceeded, StorageUnavailable
from platform_server.storage.blobs_folder import FolderBlobStore
from platform_server.storage.blobs_spooling import Patience, SpoolingBlobStore
from platform_server.testing.blobs import MemoryBlobStore
from platform_server.testing.worlds import BUILDER, WONDER

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from platform_server.contents.model import BlobHash
    from platform_server.contents.spool import Spool
    from platform_server.projects.model import ProjectId

QUICK = Patience(answer=5.0, first_pause=0.01, longest_pause=0.02)
NOTHING = Waiting()


class Remote(MemoryBlobStore):
    """A store that counts what it is asked, and may hang or refuse one blob."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[BlobHash] = []
        self.refused: BlobHash | None = None
        self.hangs = False

    async def put(self, project_id: ProjectId, spool: Spool) -> BlobHash:
        self.asked.append(spool.blob)
        if self.hangs:
            await asyncio.Event().wait()
        if spool.blob == self.refused:
            raise QuotaExceeded
        return await super().put(project_id, spool)


@pytest.fixture
def remote() -> Remote:
    return Remote()


@asynccontextmanager
async def spooling(
    remote: MemoryBlobStore, folder: Path, *, limit: int = 1 << 20, patience: Patience = QUICK
) -> AsyncIterator[SpoolingBlobStore]:
    clear(folder / "spool")
    store = SpoolingBlobStore(remote, folder / "outbox", limit=limit, patience=patience)
    await store.start()
    yield store
    await store.aclose()


@pytest.fixture
async def store(remote: Remote, tmp_path: Path) -> AsyncIterator[SpoolingBlobStore]:
    async with spooling(remote, tmp_path) as store:
        yield store


async def put(
    store: SpoolingBlobStore, folder: Path, data: bytes, project: ProjectId = WONDER
) -> BlobHash:
    async with aclosing(await spooled(data, folder / "spool", limit=1 << 30)) as spool:
        return await store.put(project, spool)


async def read(store: SpoolingBlobStore, blob: BlobHash, project: ProjectId = WONDER) -> bytes:
    return b"".join([piece async for piece in store.open(project, blob)])


async def caught_up(store: SpoolingBlobStore, project: ProjectId = WONDER) -> None:
    """Wait until nothing of the project waits."""
    done = asyncio.Event()
    store.on_change.append(lambda changed: done.set() if changed == project else None)
    async with asyncio.timeout(30):
        while store.waiting(project) != NOTHING:
            await done.wait()
            done.clear()


async def test_a_save_during_an_outage_is_kept_here_and_reaches_the_store_afterwards(
    remote: Remote, store: SpoolingBlobStore, tmp_path: Path
) -> None:
    remote.is_available = False
    blobs = [await put(store, tmp_path, data) for data in (b"tea", b"", b"tea")]

    waiting = store.waiting(WONDER)
    assert (waiting.files, waiting.bytes) == (2, 3)
    assert waiting.since is not None
    assert [await read(store, blob) for blob in blobs] == [b"tea", b"", b"tea"]
    assert await store.exists(WONDER, blobs[0])
    assert store.is_waiting(WONDER, blobs[0])
    assert remote.blobs == {}

    remote.is_available = True
    await caught_up(store)
    assert set(remote.blobs.values()) == {b"tea", b""}
    assert not store.is_waiting(WONDER, blobs[0])
    assert await read(store, blobs[0]) == b"tea"


async def test_during_an_outage_only_the_first_save_waits_for_the_store(
    remote: Remote, tmp_path: Path
) -> None:
    remote.hangs = True
    patience = Patience(answer=0.05, first_pause=60.0, longest_pause=60.0)
    async with spooling(remote, tmp_path, patience=patience) as store:
        await put(store, tmp_path, b"first")
        asked = len(remote.asked)
        later = [await put(store, tmp_path, bytes([number])) for number in range(20)]

        assert not set(later) & set(remote.asked[asked:])
        assert store.waiting(WONDER).files == 21


async def test_reads_of_what_only_the_store_has_fail_at_once_during_an_outage(
    remote: Remote, store: SpoolingBlobStore, tmp_path: Path
) -> None:
    blob = await put(store, tmp_path, b"there")
    remote.is_available = False
    await put(store, tmp_path, b"here")

    for ask in (read(store, blob), store.exists(WONDER, blob)):
        with pytest.raises(StorageUnavailable):
            await ask
    remote.is_available = True
    await caught_up(store)
    assert await read(store, blob) == b"there"


async def test_what_waits_survives_a_restart(remote: Remote, tmp_path: Path) -> None:
    remote.is_available = False
    async with spooling(remote, tmp_path) as store:
        blob = await put(store, tmp_path, b"tea")
    async with spooling(remote, tmp_path) as store:
        assert store.waiting(WONDER).files == 1
        assert await read(store, blob) == b"tea"
        remote.is_available = True
        await caught_up(store)
    assert list(remote.blobs.values()) == [b"tea"]
    async with spooling(remote, tmp_path) as store:
        assert store.waiting(WONDER) == NOTHING


async def test_what_waited_longest_is_brought_first(
    remote: Remote, store: SpoolingBlobStore, tmp_path: Path
) -> None:
    remote.is_available = False
    blobs = [await put(store, tmp_path, bytes([number])) for number in range(9)]
    remote.is_available = True
    await caught_up(store)
    assert [blob for _, blob in remote.blobs] == blobs


async def test_members_of_the_project_are_told_when_it_begins_and_ends(
    remote: Remote, store: SpoolingBlobStore, tmp_path: Path
) -> None:
    told: list[tuple[ProjectId, int]] = []
    store.on_change.append(lambda project: told.append((project, store.waiting(project).files)))
    remote.is_available = False
    await put(store, tmp_path, b"tea")
    await put(store, tmp_path, b"cake")
    await put(store, tmp_path, b"tea", BUILDER)
    assert told == [(WONDER, 1), (BUILDER, 1)]

    remote.is_available = True
    await caught_up(store)
    await caught_up(store, BUILDER)
    assert sorted(told[2:]) == sorted([(WONDER, 0), (BUILDER, 0)])


async def test_more_than_the_outbox_may_hold_is_refused_in_so_many_words(
    remote: Remote, tmp_path: Path
) -> None:
    remote.is_available = False
    async with spooling(remote, tmp_path, limit=10) as store:
        await put(store, tmp_path, b"12345678")
        with pytest.raises(StorageUnavailable, match="not saved"):
            await put(store, tmp_path, b"abc")
        await put(store, tmp_path, b"ab")
        assert store.waiting(WONDER).bytes == 10

        remote.is_available = True
        await caught_up(store)
        await put(store, tmp_path, b"abc" * 10)
    assert len(remote.blobs) == 3


async def test_one_that_the_store_refuses_holds_up_no_others(
    remote: Remote, store: SpoolingBlobStore, tmp_path: Path
) -> None:
    remote.is_available = False
    remote.refused = await put(store, tmp_path, b"too much")
    await put(store, tmp_path, b"tea", BUILDER)
    remote.is_available = True
    await caught_up(store, BUILDER)
    assert store.waiting(WONDER).files == 1

    remote.refused = None
    await caught_up(store)
    assert len(remote.blobs) == 2


async def test_one_that_is_damaged_holds_up_no_others_and_is_not_brought(
    remote: Remote, store: SpoolingBlobStore, tmp_path: Path
) -> None:
    remote.is_available = False
    blob = await put(store, tmp_path, b"tea")
    (tmp_path / "outbox" / WONDER / blob[:2] / blob).write_bytes(b"tar")
    await put(store, tmp_path, b"cake", BUILDER)
    remote.is_available = True
    await caught_up(store, BUILDER)

    assert list(remote.blobs.values()) == [b"cake"]
    assert store.waiting(WONDER).files == 1


async def test_a_deleted_blob_waits_no_longer(
    remote: Remote, store: SpoolingBlobStore, tmp_path: Path
) -> None:
    remote.is_available = False
    blob = await put(store, tmp_path, b"tea")
    with pytest.raises(StorageUnavailable):  # it may be in the store as well
        await store.delete(WONDER, blob)
    remote.is_available = True
    await store.delete(WONDER, blob)
    assert store.waiting(WONDER) == NOTHING


async def test_a_command_beside_the_server_reads_what_waits(
    remote: Remote, store: SpoolingBlobStore, tmp_path: Path
) -> None:
    beside = SpoolingBlobStore(remote, tmp_path / "outbox", limit=1 << 20)
    there = await put(store, tmp_path, b"there")
    remote.is_available = False
    here = await put(store, tmp_path, b"here")

    assert await read(beside, here) == b"here"
    assert await beside.exists(WONDER, here)
    remote.is_available = True
    await caught_up(store)
    assert [await read(beside, blob) for blob in (here, there)] == [b"here", b"there"]
    assert {one.blob async for one in beside.list(WONDER)} == {here, there}


async def test_what_a_command_beside_the_server_removes_waits_no_longer(
    remote: Remote, store: SpoolingBlobStore, tmp_path: Path
) -> None:
    remote.is_available = False
    blob = await put(store, tmp_path, b"tea")
    await FolderBlobStore(tmp_path / "outbox").delete(WONDER, blob)
    await caught_up(store)
    assert store.waiting(WONDER) == NOTHING


class Moody(MemoryBlobStore):
    """A store that fails half of the time, and half of these times after it did what was asked."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self._random = random.Random(seed)

    async def put(self, project_id: ProjectId, spool: Spool) -> BlobHash:
        if self._random.random() < 0.25:
            raise StorageUnavailable
        blob = await super().put(project_id, spool)
        await asyncio.sleep(0)  # others may run
        if self._random.random() < 0.25:
            raise StorageUnavailable
        return blob


@pytest.mark.parametrize("seed", range(4))
async def test_whatever_the_store_does_what_was_acknowledged_is_read_and_gets_there(
    tmp_path: Path, seed: int
) -> None:
    remote = Moody(seed)
    put_here: dict[BlobHash, bytes] = {}

    async def work(moody: SpoolingBlobStore, number: int) -> None:
        for round_ in range(12):
            data = f"{number % 3} {round_}".encode()  # some write the same
            blob = await put(moody, tmp_path, data)
            put_here[blob] = data
            with suppress(StorageUnavailable):  # the store alone has it, and is taken to be away
                assert await read(moody, blob) == data
            if random.Random(number + round_).random() < 0.1:
                await asyncio.sleep(0.002)  # so that the outbox is emptied in between

    async with spooling(remote, tmp_path) as store:
        await asyncio.gather(*(work(store, number) for number in range(6)))
        await caught_up(store)
    assert remote.blobs == {(WONDER, blob): data for blob, data in put_here.items()}
    assert [path for path in (tmp_path / "outbox").rglob("*") if path.is_file()] == []


_KILLED_BETWEEN_UPLOAD_AND_REMOVAL = """
import asyncio, os, sys
from pathlib import Path
from platform_server.contents.spool import clear, spooled
from platform_server.errors import StorageUnavailable
from platform_server.storage.blobs_folder import FolderBlobStore
from platform_server.storage.blobs_spooling import SpoolingBlobStore

class Deadly(FolderBlobStore):
    asked = 0
    async def put(self, project, spool):
        self.asked += 1
        if self.asked == 1:
            raise StorageUnavailable
        await super().put(project, spool)
        os._exit(9)

async def main(folder):
    clear(folder / "remote" / "incoming")
    store = SpoolingBlobStore(Deadly(folder / "remote"), folder / "outbox", limit=99)
    await store.start()
    await store.put("wonder", await spooled(b"tea", folder, limit=9))
    await asyncio.sleep(60)

asyncio.run(main(Path(sys.argv[1])))
"""


async def test_a_server_killed_between_upload_and_removal_neither_loses_nor_doubles(
    tmp_path: Path,
) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _KILLED_BETWEEN_UPLOAD_AND_REMOVAL, str(tmp_path)
    )
    assert await process.wait() == 9
    remote = FolderBlobStore(tmp_path / "remote")
    there = [one.blob async for one in remote.list(WONDER)]
    assert len(there) == 1
    assert len([path for path in (tmp_path / "outbox").rglob("*") if path.is_file()]) == 1

    store = SpoolingBlobStore(remote, tmp_path / "outbox", limit=99, patience=QUICK)
    assert [one.blob async for one in store.list(WONDER)] == there
    await store.start()
    await caught_up(store)
    await store.aclose()
    assert [one.blob async for one in remote.list(WONDER)] == there
    assert [path for path in (tmp_path / "outbox").rglob("*") if path.is_file()] == []
