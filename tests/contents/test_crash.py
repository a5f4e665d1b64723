"""A server that is killed, or cancelled, at any point of a save leaves nothing half-done."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pytest

from platform_server.contents.service import ContentsService
from platform_server.errors import StorageUnavailable
from platform_server.testing.blobs import MemoryBlobStore
from platform_server.testing.worlds import ALICE, WONDER

if TYPE_CHECKING:
    from platform_server.testing.worlds import World


class Killed(BaseException):
    """The server is no more."""


@dataclass
class Life:
    """Ends before a certain call, and nothing happens after that."""

    ends_before: str
    is_over: bool = False

    def of(self, part: Any) -> Any:
        """The part, as long as the server lives."""
        return Mortal(self, part)


class Mortal:
    def __init__(self, life: Life, part: Any) -> None:
        self._life = life
        self._part = part

    def __getattr__(self, name: str) -> Any:
        self._life.is_over |= name == self._life.ends_before
        return _nothing if self._life.is_over else getattr(self._part, name)


async def _nothing(*_args: Any) -> Any:
    raise Killed


def dying(world: World, ends_before: str) -> ContentsService:
    """A server on the world's state that is killed before a call of one of its parts."""
    life = Life(ends_before)
    parts = world.parts
    return ContentsService(
        replace(
            parts,
            repository=life.of(parts.repository),
            blobs=life.of(parts.blobs),
            workspace=life.of(parts.workspace),
        )
    )


@pytest.mark.parametrize("ends_before", ["put", "stage", "commit"])
async def test_a_server_killed_before_the_commit_leaves_the_file_as_it_was(
    world: World, ends_before: str
) -> None:
    await world.contents.write(WONDER, "a.txt", b"old", author=ALICE.id)
    with pytest.raises(Killed):
        await dying(world, ends_before).write(WONDER, "a.txt", b"new", author=ALICE.id)

    survivor = world.restarted()
    assert (await survivor.read(WONDER, "a.txt"))[1] == b"old"
    assert world.code.reads("a.txt") == b"old"
    assert len(await survivor.history.list(WONDER, "a.txt")) == 1
    assert await world.parts.workspace.staged(WONDER) == []


@pytest.mark.parametrize("before", [b"old", None])
async def test_a_server_killed_after_the_commit_finishes_the_save_at_its_next_start(
    world: World, before: bytes | None
) -> None:
    if before is not None:
        await world.contents.write(WONDER, "a.txt", before, author=ALICE.id)
    with pytest.raises(Killed):
        await dying(world, "place").write(WONDER, "a.txt", b"new", author=ALICE.id)

    survivor = world.restarted()
    entry, data = await survivor.read(WONDER, "a.txt")
    assert data == b"new"
    assert entry.revision is not None
    assert entry.revision.author_id == ALICE.id
    assert world.code.reads("a.txt") == b"new"
    assert await world.parts.workspace.staged(WONDER) == []


async def test_a_server_killed_while_it_moves_keeps_the_file_at_one_of_its_places(
    world: World,
) -> None:
    await world.contents.write(WONDER, "a.txt", b"tea", author=ALICE.id)
    with pytest.raises(Killed):
        await dying(world, "move").move(WONDER, "a.txt", "b.txt")

    survivor = world.restarted()
    await survivor.absorb(WONDER)
    (entry,) = await survivor.list(WONDER, "")
    assert (await survivor.read(WONDER, entry.path))[1] == b"tea"


async def test_a_save_that_is_cancelled_after_its_commit_reaches_the_workspace(
    world: World,
) -> None:
    workspace = world.parts.workspace
    reached, go = asyncio.Event(), asyncio.Event()

    class Slow:
        def __getattr__(self, name: str) -> Any:
            return getattr(workspace, name)

        async def place(self, *args: Any) -> None:
            reached.set()
            await go.wait()
            await workspace.place(*args)

    contents = ContentsService(replace(world.parts, workspace=Slow()))
    save = asyncio.ensure_future(contents.write(WONDER, "a.txt", b"new", author=ALICE.id))
    await reached.wait()
    save.cancel()
    go.set()
    with pytest.raises(asyncio.CancelledError):
        await save

    assert world.code.reads("a.txt") == b"new"
    assert (await contents.read(WONDER, "a.txt"))[1] == b"new"


async def test_without_its_store_a_project_can_still_be_read_as_code_left_it(
    world: World,
) -> None:
    blobs = MemoryBlobStore()
    contents = ContentsService(replace(world.parts, blobs=blobs))
    await contents.write(WONDER, "a.txt", b"old", author=ALICE.id)
    blobs.is_available = False
    world.code.writes("a.txt", b"by code")
    world.code.writes("b.txt", b"too")

    entry, data = await contents.read(WONDER, "a.txt")
    assert (entry.revision, data) == (None, b"by code")
    assert [one.path for one in await contents.list(WONDER, "")] == ["a.txt", "b.txt"]
    with pytest.raises(StorageUnavailable):
        await contents.write(WONDER, "a.txt", b"by alice", author=ALICE.id)

    blobs.is_available = True
    await contents.absorb(WONDER)
    assert (await contents.stat(WONDER, "b.txt")).revision is not None


async def test_a_damaged_blob_is_never_handed_out(world: World) -> None:
    blobs = MemoryBlobStore()
    contents = ContentsService(replace(world.parts, blobs=blobs))
    entry = await contents.write(WONDER, "a.txt", b"good", author=ALICE.id)
    blobs.blobs = dict.fromkeys(blobs.blobs, b"evil")

    assert entry.revision is not None
    with pytest.raises(StorageUnavailable):
        await contents.history.read(WONDER, entry.revision.id)


async def test_what_the_store_cannot_give_is_read_from_the_workspace_if_it_is_the_same(
    world: World,
) -> None:
    blobs = MemoryBlobStore()
    contents = ContentsService(replace(world.parts, blobs=blobs))
    entry = await contents.write(WONDER, "a.txt", b"good", author=ALICE.id)
    blobs.is_available = False

    assert (await contents.read(WONDER, "a.txt"))[1] == b"good"
    assert b"".join([piece async for piece in contents.stream(entry, start=2)]) == b"od"
    world.code.writes("a.txt", b"evil")
    with pytest.raises(StorageUnavailable):
        await contents.bytes_of(entry)
    blobs.is_available = True
    assert await contents.bytes_of(entry) == b"good"
