"""D. The workspace while it changes: races, stale writers, wrong clocks, files without an end.

``contents``  a contents service over SQLite or PostgreSQL, a folder of blobs and a workspace
``files``     the folder that hostile code writes into
``secret``    a file of the host that no project may reach
"""

from __future__ import annotations

import asyncio
import os
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from platform_server.contents.save import Terms
from platform_server.contents.service import ContentsService
from platform_server.errors import FileMissing, PlatformError, RevisionConflict, TooLarge
from platform_server.testing.databases import KINDS
from platform_server.testing.hostile_code import (
    OF_THE_HOST,
    OF_THE_PROJECT,
    SPARSE,
    leaked,
    plant,
    repeating,
    swapping,
)
from platform_server.testing.worlds import (
    ALICE,
    LIMITS,
    WONDER,
    World,
    running_on_disk,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable
    from pathlib import Path

    from platform_server.contents.model import Entry
    from platform_server.testing.databases import Databases

PATIENCE = 60.0  # seconds after which something counts as stuck
ROUNDS = 40  # of a race


@pytest.fixture(params=KINDS)
async def world(
    request: pytest.FixtureRequest, databases: Databases, tmp_path: Path
) -> AsyncIterator[World]:
    place = running_on_disk(databases, request.param, tmp_path)
    async with place as world, asyncio.timeout(PATIENCE):
        yield world


@pytest.fixture
def contents(world: World) -> ContentsService:
    return world.contents


@pytest.fixture
def files(world: World, tmp_path: Path) -> Path:
    del world  # makes it
    return tmp_path / "volumes" / WONDER / "files"


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    path = tmp_path / "host" / "secret.txt"
    path.parent.mkdir()
    path.write_bytes(OF_THE_HOST)
    return path


async def autosave(contents: ContentsService, over: Entry, data: bytes) -> Entry:
    """Save what a tab has that was opened when the file was as ``over`` says."""
    assert over.revision is not None
    terms = Terms(author=ALICE.id, expected=over.revision.id, make_parents=False)
    return await contents.save(WONDER, over.path, data, terms)


async def outcome(*works: Awaitable[object]) -> list[object]:
    """Return what each of them returned or raised."""
    return list(await asyncio.gather(*works, return_exceptions=True))


async def test_044_a_folder_that_turns_into_a_link_never_leads_outside(
    contents: ContentsService, files: Path, secret: Path, tmp_path: Path
) -> None:
    (files / "dir").mkdir()
    (files / "dir" / "secret.txt").write_bytes(OF_THE_PROJECT)
    (files / "link").symlink_to(secret.parent, target_is_directory=True)

    with swapping(files / "dir", files / "link"):
        for number in range(ROUNDS):
            with suppress(FileMissing):
                assert (await contents.read(WONDER, "dir/secret.txt"))[1] == OF_THE_PROJECT
            for change in (
                contents.absorb(WONDER),
                contents.write(WONDER, f"dir/sub/{number}", b"planted", author=ALICE.id),
                contents.move(WONDER, f"dir/sub/{number}", f"dir/{number}"),
                contents.delete(WONDER, f"dir/{number}"),
                contents.delete(WONDER, "dir/sub"),
            ):
                with suppress(PlatformError):
                    await change

    assert [path.name for path in secret.parent.iterdir()] == ["secret.txt"]
    assert secret.read_bytes() == OF_THE_HOST
    assert leaked(tmp_path / "blobs") == []


async def test_044_130_a_file_that_turns_into_something_else_is_itself_or_nothing(
    contents: ContentsService, files: Path, secret: Path, tmp_path: Path
) -> None:
    plant(files, secret)
    (files / "file.txt").write_bytes(OF_THE_PROJECT)
    for other in ("link.txt", "fifo", "linked", "root"):
        with swapping(files / "file.txt", files / other):
            for _ in range(ROUNDS):
                with suppress(FileMissing):
                    assert (await contents.read(WONDER, "file.txt"))[1] == OF_THE_PROJECT
                await contents.absorb(WONDER)
        if not (files / "file.txt").is_file() or (files / "file.txt").is_symlink():
            (files / other).rename(files / "spare")
            (files / "file.txt").rename(files / other)
            (files / "spare").rename(files / "file.txt")

    assert secret.read_bytes() == OF_THE_HOST
    assert leaked(tmp_path / "blobs") == []


async def test_130_a_sparse_file_of_a_terabyte_is_shown_and_not_read(
    contents: ContentsService, files: Path, tmp_path: Path
) -> None:
    with (files / "huge.bin").open("wb") as file:
        file.truncate(SPARSE)

    await contents.absorb(WONDER)
    (shown,) = await contents.list(WONDER, "")
    with pytest.raises(TooLarge):
        await contents.read(WONDER, "huge.bin")
    with pytest.raises(TooLarge):
        await contents.copy(WONDER, "huge.bin", "copy.bin", author=ALICE.id)
    await contents.move(WONDER, "huge.bin", "moved.bin")
    await contents.delete(WONDER, "moved.bin")

    assert (shown.size, shown.revision) == (SPARSE, None)
    assert list((tmp_path / "spool").iterdir()) == []
    assert list(files.iterdir()) == []


async def test_130_the_end_of_a_sparse_file_is_as_near_as_its_beginning(
    contents: ContentsService, files: Path
) -> None:
    with (files / "huge.bin").open("wb") as file:
        file.truncate(SPARSE)
        file.seek(SPARSE - 3)
        file.write(b"end")

    entry = await contents.stat(WONDER, "huge.bin")

    assert [piece async for piece in contents.stream(entry, start=SPARSE - 3)] == [b"end"]


async def test_130_a_file_that_turns_into_a_sparse_one_is_not_read_into_memory(
    contents: ContentsService, files: Path
) -> None:
    folder = files / "__pycache__"  # what is in it is in the sandbox only
    folder.mkdir()
    (folder / "small").write_bytes(b"small")
    with (folder / "huge").open("wb") as file:
        file.truncate(SPARSE)

    refused = 0
    with swapping(folder / "small", folder / "huge"):
        for _ in range(ROUNDS):
            entry = await contents.stat(WONDER, "__pycache__/small")
            try:
                assert await contents.bytes_of(replace(entry, unkept_size=5)) == b"small"
            except TooLarge:
                refused += 1
    assert refused > 0


async def test_130_a_file_that_grows_while_it_is_read_is_bounded(
    contents: ContentsService, files: Path, tmp_path: Path
) -> None:
    path = files / "growing.bin"
    path.write_bytes(b"")

    def grow() -> None:
        size = path.stat().st_size
        os.truncate(path, size + (1 << 20) if size < SPARSE else 1)

    with repeating(grow):
        for _ in range(ROUNDS):
            await contents.absorb(WONDER)
            with suppress(TooLarge):
                assert len((await contents.read(WONDER, path.name))[1]) <= LIMITS.read
            os.truncate(path, 1)

    assert list((tmp_path / "spool").iterdir()) == []
    sizes = [one.stat().st_size for one in (tmp_path / "blobs").rglob("*") if one.is_file()]
    assert max(sizes, default=0) <= LIMITS.kept


async def test_051_what_code_wrote_is_not_lost_to_a_stale_tab(
    contents: ContentsService, files: Path
) -> None:
    opened = await contents.write(WONDER, "a.txt", b"as opened", author=ALICE.id)
    (files / "a.txt").write_bytes(b"by code")

    with pytest.raises(RevisionConflict):
        await autosave(contents, opened, b"by the tab")
    assert opened.revision is not None
    kept = Terms(author=ALICE.id, expected=opened.revision.id, conflict_copy_by="Alice")
    copy = await contents.save(WONDER, "a.txt", b"by the tab", kept)

    assert (files / "a.txt").read_bytes() == b"by code"
    assert (await contents.read(WONDER, "a.txt"))[1] == b"by code"
    assert (files / copy.path).read_bytes() == b"by the tab"
    assert copy.path.startswith("a (conflict of Alice ")


async def test_051_of_code_and_a_save_over_it_both_are_in_the_history(
    contents: ContentsService, files: Path
) -> None:
    await contents.write(WONDER, "a.txt", b"0", author=ALICE.id)
    (files / "a.txt").write_bytes(b"by code")
    await contents.write(WONDER, "a.txt", b"by somebody who never looked", author=ALICE.id)

    revisions = await contents.history.list(WONDER, "a.txt")
    stored = [(await contents.history.read(WONDER, one.id))[1] for one in revisions]
    assert stored == [b"by somebody who never looked", b"by code", b"0"]


async def test_052_an_autosave_does_not_bring_a_deleted_file_back(
    contents: ContentsService, files: Path
) -> None:
    for number in range(ROUNDS):
        opened = await contents.write(WONDER, f"{number}.txt", b"opened", author=ALICE.id)
        works = [autosave(contents, opened, b"edited"), contents.delete(WONDER, opened.path)]
        first, second = await outcome(*(works if number % 2 else reversed(works)))
        saved, deleted = (first, second) if number % 2 else (second, first)
        assert deleted is None
        if isinstance(saved, BaseException):
            assert isinstance(saved, RevisionConflict)
        else:
            latest = (await contents.history.list(WONDER, opened.path))[0]
            assert (await contents.history.read(WONDER, latest.id))[1] == b"edited"
    assert list(files.iterdir()) == []
    assert await contents.list(WONDER, "") == []


async def test_052_an_autosave_while_a_file_is_renamed_makes_no_second_one(
    contents: ContentsService, files: Path
) -> None:
    for number in range(ROUNDS):
        opened = await contents.write(WONDER, f"{number}.txt", b"opened", author=ALICE.id)
        name = f"{number}-renamed.txt"
        works = [autosave(contents, opened, b"edited"), contents.move(WONDER, opened.path, name)]
        first, second = await outcome(*(works if number % 2 else reversed(works)))
        saved, moved = (first, second) if number % 2 else (second, first)
        assert not isinstance(moved, BaseException)
        if isinstance(saved, BaseException):
            assert isinstance(saved, RevisionConflict)
        expected = b"opened" if isinstance(saved, BaseException) else b"edited"
        assert (await contents.read(WONDER, name))[1] == expected
        assert (files / name).read_bytes() == expected
        assert not (files / opened.path).exists()
        assert not await contents.exists(WONDER, opened.path)


@pytest.mark.parametrize("moment", [-1, 0, 2**31 + 1, 4_102_444_800, 2**33])
async def test_053_a_clock_that_is_wrong_inside_makes_no_false_conflict(
    contents: ContentsService, files: Path, moment: int
) -> None:
    opened = await contents.write(WONDER, "a.txt", b"1", author=ALICE.id)
    os.utime(files / "a.txt", (moment, moment))

    saved = await autosave(contents, opened, b"2")
    os.utime(files / "a.txt", (moment, moment))
    again = await autosave(contents, saved, b"3")

    assert (await contents.read(WONDER, "a.txt"))[1] == b"3"
    assert again.revision is not None
    assert len(await contents.history.list(WONDER, "a.txt")) == 3


async def test_053_a_change_is_seen_though_its_size_and_time_are_put_back(
    contents: ContentsService, files: Path
) -> None:
    path = files / "a.txt"
    opened = await contents.write(WONDER, "a.txt", b"0", author=ALICE.id)
    before = path.stat()
    for number in range(1, ROUNDS):
        await contents.absorb(WONDER)
        with path.open("r+b") as file:
            file.write(b"%d" % (number % 10))
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
        assert (await contents.read(WONDER, "a.txt"))[1] == b"%d" % (number % 10)

    with pytest.raises(RevisionConflict):
        await autosave(contents, opened, b"stale")


async def test_053_a_clock_of_the_server_that_goes_back_confuses_nothing(world: World) -> None:
    years = iter(range(2040, 2000, -1))
    parts = replace(world.parts, now=lambda: datetime(next(years), 1, 1, tzinfo=UTC))
    contents = ContentsService(parts)
    saved = [await contents.write(WONDER, "a.txt", b"0", author=ALICE.id)]
    for number in range(1, 5):
        saved.append(await autosave(contents, saved[-1], b"%d" % number))
        assert (await contents.read(WONDER, "a.txt"))[1] == b"%d" % number
    with pytest.raises(RevisionConflict):
        await autosave(contents, saved[0], b"stale")
    await contents.delete(WONDER, "a.txt")
    await contents.write(WONDER, "a.txt", b"5", author=ALICE.id)

    revisions = await contents.history.list(WONDER, "a.txt")
    stored = [(await contents.history.read(WONDER, one.id))[1] for one in revisions]
    assert stored == [b"5", b"4", b"3", b"2", b"1", b"0"]
