"""What every blob store promises.

With SUPABASE_URL and SUPABASE_SERVICE_KEY in the environment, this is asked of that project: a
bucket is made for each test, and removed. Without them it is asked of a double.
"""

from __future__ import annotations

import asyncio
import os
import sys
from contextlib import aclosing
from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest

from platform_server.clock import utc_now
from platform_server.contents.spool import clear, spooled
from platform_server.errors import StorageUnavailable
from platform_server.projects.model import ProjectId
from platform_server.storage.blobs_folder import FolderBlobStore
from platform_server.storage.blobs_spooling import SpoolingBlobStore
from platform_server.testing.blobs import MemoryBlobStore
from platform_server.testing.supabase_projects import bucket_of, project_from
from platform_server.testing.worlds import BUILDER, WONDER

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from platform_server.contents.blobs import BlobStore
    from platform_server.contents.model import BlobHash


@pytest.fixture(params=["memory", "folder", "spooling", "supabase"])
async def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[BlobStore]:
    clear(tmp_path / "spool")
    folder = FolderBlobStore(tmp_path / "blobs")
    match request.param:
        case "memory":
            yield MemoryBlobStore()
        case "folder":
            yield folder
        case "spooling":
            yield SpoolingBlobStore(folder, tmp_path / "outbox", limit=1 << 30)
        case _:
            async with bucket_of(project_from(os.environ)) as store:
                yield store


async def put(blobs: BlobStore, folder: Path, project: ProjectId, data: bytes) -> BlobHash:
    async with aclosing(await spooled(data, folder / "spool", limit=1 << 30)) as spool:
        return await blobs.put(project, spool)


async def read(blobs: BlobStore, project: ProjectId, blob: BlobHash) -> bytes:
    return b"".join([piece async for piece in blobs.open(project, blob)])


@pytest.mark.parametrize("size", [0, 1, 1 << 20, (3 << 20) + 1])
async def test_a_blob_is_named_by_its_hash_and_read_as_it_was_put(
    blobs: BlobStore, tmp_path: Path, size: int
) -> None:
    data = bytes(size)

    blob = await put(blobs, tmp_path, WONDER, data)

    assert blob == sha256(data).hexdigest()
    assert await blobs.exists(WONDER, blob)
    assert await read(blobs, WONDER, blob) == data


async def test_putting_a_blob_again_changes_nothing(blobs: BlobStore, tmp_path: Path) -> None:
    first = await put(blobs, tmp_path, WONDER, b"tea")

    assert await put(blobs, tmp_path, WONDER, b"tea") == first
    assert await read(blobs, WONDER, first) == b"tea"


async def test_projects_have_blobs_of_their_own(blobs: BlobStore, tmp_path: Path) -> None:
    blob = await put(blobs, tmp_path, WONDER, b"tea")

    assert not await blobs.exists(BUILDER, blob)
    with pytest.raises(StorageUnavailable):
        await read(blobs, BUILDER, blob)
    await put(blobs, tmp_path, BUILDER, b"tea")
    await blobs.delete_project(WONDER)
    assert await read(blobs, BUILDER, blob) == b"tea"


async def test_a_deleted_blob_is_gone(blobs: BlobStore, tmp_path: Path) -> None:
    blob = await put(blobs, tmp_path, WONDER, b"tea")

    for _ in range(2):
        await blobs.delete(WONDER, blob)
        assert not await blobs.exists(WONDER, blob)
    await blobs.delete_project(WONDER)


async def test_a_store_lists_its_projects_and_their_blobs(blobs: BlobStore, tmp_path: Path) -> None:
    before = utc_now() - timedelta(seconds=5)  # of a clock that is coarser than ours
    names = {await put(blobs, tmp_path, WONDER, bytes(size)): size for size in (0, 3, 5000)}
    await put(blobs, tmp_path, WONDER, bytes(3))
    other = await put(blobs, tmp_path, BUILDER, b"tea")

    assert sorted([one async for one in blobs.projects()]) == sorted([WONDER, BUILDER])
    listed = [one async for one in blobs.list(WONDER)]
    assert {one.blob: one.size for one in listed} == names
    assert len(listed) == len(names)
    assert all(before <= one.stored_at <= utc_now() for one in listed)
    assert [one.blob async for one in blobs.list(BUILDER)] == [other]


async def test_what_was_deleted_is_listed_no_longer(blobs: BlobStore, tmp_path: Path) -> None:
    assert [one async for one in blobs.projects()] == []
    assert [one async for one in blobs.list(WONDER)] == []
    blob = await put(blobs, tmp_path, WONDER, b"tea")

    await blobs.delete(WONDER, blob)
    assert [one async for one in blobs.list(WONDER)] == []
    assert [one async for one in blobs.projects()] == []


async def test_projects_whose_ids_differ_by_case_only_are_told_apart(
    blobs: BlobStore, tmp_path: Path
) -> None:
    upper, lower = ProjectId("01ABC"), ProjectId("01abc")
    blob = await put(blobs, tmp_path, upper, b"tea")

    assert [one async for one in blobs.list(lower)] == []
    assert [one.blob async for one in blobs.list(upper)] == [blob]
    assert [one async for one in blobs.projects()] == [upper]


async def test_the_folder_lists_nothing_that_is_no_blob(tmp_path: Path) -> None:
    blobs = FolderBlobStore(tmp_path / "blobs")
    clear(tmp_path / "spool")
    clear(tmp_path / "blobs" / "incoming")
    blob = await put(blobs, tmp_path, WONDER, b"tea")
    (tmp_path / "blobs" / WONDER / blob[:2] / f".{blob}").write_bytes(b"half")
    (tmp_path / "blobs" / "incoming" / "ab").mkdir()

    assert [one.blob async for one in blobs.list(WONDER)] == [blob]
    assert [one async for one in blobs.projects()] == [WONDER]


@pytest.mark.parametrize("damage", [b"tes", b"", b"tea and more"])
async def test_a_damaged_blob_is_not_handed_out_whole(tmp_path: Path, damage: bytes) -> None:
    blobs = FolderBlobStore(tmp_path / "blobs")
    clear(tmp_path / "spool")
    blob = await put(blobs, tmp_path, WONDER, b"tea")
    (tmp_path / "blobs" / WONDER / blob[:2] / blob).write_bytes(damage)

    with pytest.raises(StorageUnavailable):
        await read(blobs, WONDER, blob)


async def test_nothing_but_blobs_is_left_in_the_folder(tmp_path: Path) -> None:
    blobs = FolderBlobStore(tmp_path / "blobs")
    clear(tmp_path / "spool")
    for size in (1, 3 << 20):
        await put(blobs, tmp_path, WONDER, bytes(size))

    files = [path.name for path in (tmp_path / "blobs").rglob("*") if path.is_file()]
    assert sorted(len(name) for name in files) == [64, 64]
    assert list((tmp_path / "spool").iterdir()) == []


_KILLED_WHILE_WRITING = """
import asyncio, os, sys
from pathlib import Path
from platform_server.contents.spool import Spool
from platform_server.projects.model import ProjectId
from platform_server.storage.blobs_folder import FolderBlobStore
from platform_server.storage.blobs_spooling import SpoolingBlobStore

class Deadly(Spool):
    def content(self):
        os._exit(9)

async def main(folder):
    spool = Deadly(folder, limit=9)
    await spool.append(b"tea")
    await FolderBlobStore(folder / "blobs").put("wonder", spool)

asyncio.run(main(Path(sys.argv[1])))
"""


async def test_what_a_killed_server_was_writing_is_gone_after_the_next_start(
    tmp_path: Path,
) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _KILLED_WHILE_WRITING, str(tmp_path)
    )
    assert await process.wait() == 9
    assert _files(tmp_path)

    clear(tmp_path / "blobs" / "incoming")
    assert _files(tmp_path) == []


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]
