"""Quotas: what does not fit is refused, or stays in the sandbox and is told; nothing is lost."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from platform_server.contents.limits import ContentsLimits, Quota
from platform_server.contents.model import Usage
from platform_server.contents.service import ContentsService
from platform_server.errors import QuotaExceeded
from platform_server.testing.worlds import ALICE, BUILDER, LIMITS, WONDER, World

if TYPE_CHECKING:
    from platform_server.contents.model import Entry

QUOTA = Quota(bytes=1000, files=4)


@pytest.fixture
async def full(world: World) -> World:
    """A world in which a project may have little."""
    limits: ContentsLimits = replace(LIMITS, quota=QUOTA)
    parts = replace(world.parts, limits=limits)
    return replace(world, parts=parts, contents=ContentsService(parts))


async def write(world: World, path: str, size: int) -> Entry:
    return await world.contents.write(WONDER, path, b"x" * size, author=ALICE.id)


async def usage(world: World) -> Usage:
    return await world.contents.quotas.usage(WONDER)


async def test_a_save_that_does_not_fit_is_refused_and_changes_nothing(full: World) -> None:
    await write(full, "a", 600)
    with pytest.raises(QuotaExceeded, match="400"):
        await write(full, "b", 401)
    with pytest.raises(QuotaExceeded):
        await write(full, "a", 1001)

    assert (await full.contents.read(WONDER, "a"))[1] == b"x" * 600
    assert await usage(full) == Usage(bytes=600, files=1)
    await write(full, "b", 400)
    await write(full, "a", 600)


async def test_a_full_project_becomes_smaller_and_takes_more_again(full: World) -> None:
    await write(full, "a", 1000)
    await write(full, "a", 900)
    await write(full, "b", 100)
    await full.contents.move(WONDER, "b", "sub")
    await full.contents.delete(WONDER, "a")
    await write(full, "c", 900)
    assert await usage(full) == Usage(bytes=1000, files=2)


async def test_files_are_counted_and_folders_are_not(full: World) -> None:
    for number in range(4):
        await write(full, f"sub{number}/a", 1)
    await full.contents.make_directory(WONDER, "more")
    with pytest.raises(QuotaExceeded, match="4 files"):
        await write(full, "more/a", 0)
    await write(full, "sub0/a", 2)
    await full.contents.delete(WONDER, "sub1")
    await write(full, "more/a", 0)


async def test_a_copy_that_does_not_fit_copies_nothing(full: World) -> None:
    await write(full, "sub/a", 300)
    await write(full, "sub/b", 300)
    with pytest.raises(QuotaExceeded):
        await full.contents.copy(WONDER, "sub", "again", author=ALICE.id)
    assert [one.path for one in await full.contents.list(WONDER, "")] == ["sub"]
    await full.contents.materialise(BUILDER)
    await full.contents.copy(WONDER, "sub", "again", author=ALICE.id, into=BUILDER)


async def test_what_code_writes_over_the_quota_is_told_and_can_be_read(full: World) -> None:
    await write(full, "a", 600)
    full.code.writes("fits", b"x" * 400)
    full.code.writes("more", b"y" * 500)
    await full.contents.absorb(WONDER)

    assert full.contents.quotas.not_kept(WONDER) == {"more": 500}
    assert await usage(full) == Usage(bytes=1000, files=2)
    entry, data = await full.contents.read(WONDER, "more")
    assert (entry.revision, data) == (None, b"y" * 500)
    assert [one.path for one in await full.contents.list(WONDER, "")] == ["a", "fits", "more"]
    assert full.code.reads("more") == b"y" * 500


async def test_what_was_not_kept_is_kept_when_there_is_room(full: World) -> None:
    await write(full, "a", 600)
    full.code.writes("more", b"y" * 500)
    await full.contents.absorb(WONDER)
    await full.contents.delete(WONDER, "a")
    await full.contents.absorb(WONDER)

    assert full.contents.quotas.not_kept(WONDER) == {}
    entry, _ = await full.contents.read(WONDER, "more")
    assert entry.revision is not None


async def test_what_code_removed_is_not_told_any_more(full: World) -> None:
    full.code.writes("more", b"y" * 1500)
    await full.contents.absorb(WONDER)
    assert full.contents.quotas.not_kept(WONDER) == {"more": 1500}
    full.code.removes("more")
    await full.contents.absorb(WONDER)
    assert full.contents.quotas.not_kept(WONDER) == {}


async def test_a_file_that_code_makes_too_large_keeps_its_history(full: World) -> None:
    await write(full, "a", 600)
    full.code.writes("a", b"y" * 1500)
    await full.contents.absorb(WONDER)

    assert full.contents.quotas.not_kept(WONDER) == {"a": 1500}
    assert (await full.contents.read(WONDER, "a"))[1] == b"y" * 1500
    assert len(await full.contents.history.list(WONDER, "a")) == 1
    saved = await write(full, "a", 700)
    assert saved.revision is not None
    assert full.contents.quotas.not_kept(WONDER) == {}
    assert len(await full.contents.history.list(WONDER, "a")) == 2


async def test_code_that_writes_too_many_files_is_told(full: World) -> None:
    for number in range(6):
        full.code.writes(f"sub/{number}", b"x")
    await full.contents.absorb(WONDER)
    assert (await usage(full)).files == 4
    assert len(full.contents.quotas.not_kept(WONDER)) == 2
    assert len(await full.contents.list(WONDER, "sub")) == 6
    await full.contents.delete(WONDER, "sub")
    assert full.code.reads("sub/5") is None


async def test_a_new_server_counts_what_is_there(full: World) -> None:
    await write(full, "a", 600)
    after = replace(full, contents=full.restarted())
    with pytest.raises(QuotaExceeded):
        await write(after, "b", 500)
    await write(after, "b", 400)
