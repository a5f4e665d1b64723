"""D. The workspace: each number is one of the attacks the platform must survive.

The hostile side writes straight into the folder that is mounted into a project's sandbox, as code
in it can.

``contents``  a contents service over SQLite, a folder of blobs and a workspace on the disk
``files``     the folder that hostile code writes into
``secret``    a file of the host that no project may reach
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import signal
from typing import TYPE_CHECKING

import pytest

from platform_server.errors import FileMissing, PlatformError, WrongKind
from platform_server.testing.hostile_code import OF_THE_HOST, leaked, plant
from platform_server.testing.worlds import ALICE, WONDER, World, running_on_disk

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from platform_server.contents.service import ContentsService
    from platform_server.testing.databases import Databases

PATIENCE = 60.0  # seconds after which something counts as stuck


@pytest.fixture
async def world(databases: Databases, tmp_path: Path) -> AsyncIterator[World]:
    async with running_on_disk(databases, "sqlite", tmp_path) as world, asyncio.timeout(PATIENCE):
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


async def test_010_043_what_is_no_file_is_not_there(
    contents: ContentsService, files: Path, secret: Path, tmp_path: Path
) -> None:
    names = plant(files, secret)
    for path in (*names, "linked/secret.txt", "root/etc/passwd", "proc/0", "fifo/x"):
        for look in (contents.read, contents.open, contents.list, contents.delete):
            with pytest.raises(FileMissing):
                await look(WONDER, path)
        with pytest.raises(FileMissing):
            await contents.move(WONDER, path, "moved")
        with pytest.raises(FileMissing):
            await contents.copy(WONDER, path, "copied", author=ALICE.id)
        with pytest.raises(FileMissing):
            await contents.checkpoints.create(WONDER, path)
    await contents.absorb(WONDER)

    assert await contents.list(WONDER, "") == []
    assert secret.read_bytes() == OF_THE_HOST
    assert leaked(tmp_path / "blobs") == []
    assert {path.name for path in files.iterdir()} == set(names)


async def test_010_043_nothing_is_written_through_a_link(
    contents: ContentsService, files: Path, secret: Path
) -> None:
    plant(files, secret)
    before = secret.stat()
    with pytest.raises(WrongKind):
        await contents.write(WONDER, "linked/planted.txt", b"x", author=ALICE.id)
    with pytest.raises(WrongKind):
        await contents.make_directory(WONDER, "linked/planted")
    await contents.write(WONDER, "link.txt", b"mine", author=ALICE.id)

    assert (files / "link.txt").read_bytes() == b"mine"
    assert not (files / "link.txt").is_symlink()
    assert [path.name for path in secret.parent.iterdir()] == ["secret.txt"]
    assert secret.read_bytes() == OF_THE_HOST
    assert (secret.stat().st_uid, secret.stat().st_mode) == (before.st_uid, before.st_mode)
    assert [entry.path for entry in await contents.list(WONDER, "")] == ["link.txt"]


async def test_043_deleting_a_folder_removes_links_and_not_what_they_point_at(
    contents: ContentsService, files: Path, secret: Path
) -> None:
    (files / "folder" / "deep").mkdir(parents=True)
    plant(files / "folder" / "deep", secret)

    await contents.delete(WONDER, "folder")

    assert list(files.iterdir()) == []
    assert secret.read_bytes() == OF_THE_HOST


async def test_043_a_saved_file_is_not_written_into_its_hard_links(
    contents: ContentsService, files: Path, secret: Path
) -> None:
    os.link(secret, files / "hard.txt")

    await contents.write(WONDER, "hard.txt", b"mine", author=ALICE.id)

    assert (files / "hard.txt").read_bytes() == b"mine"
    assert secret.read_bytes() == OF_THE_HOST


async def test_043_a_file_that_a_program_leases_does_not_hold_up_the_server(
    contents: ContentsService, files: Path
) -> None:
    (files / "leased.txt").write_bytes(b"leased")
    descriptor = os.open(files / "leased.txt", os.O_RDWR)
    fcntl.fcntl(descriptor, 10, signal.SIGURG)  # F_SETSIG: of the signals, one that is ignored
    fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_WRLCK)
    try:
        # A read that waited would go on when the kernel takes the lease away, after 45 seconds.
        async with asyncio.timeout(30):
            entry = await contents.stat(WONDER, "leased.txt")
            with pytest.raises(PlatformError):
                await contents.read(WONDER, "leased.txt")
            await contents.absorb(WONDER)
    finally:
        os.close(descriptor)
    assert (entry.revision, entry.size) == (None, 6)
    assert (await contents.read(WONDER, "leased.txt"))[1] == b"leased"


async def test_041_names_that_cannot_be_used_are_passed_over_and_can_be_deleted(
    contents: ContentsService, files: Path
) -> None:
    (files / "folder").mkdir()
    for name in (b"\xff\xfe.txt", b"two\nlines", b"back\\slash", b"\xc0\xae\xc0\xae", b"fine.txt"):
        (files / "folder" / os.fsdecode(name)).write_bytes(b"1")

    await contents.absorb(WONDER)
    seen = [entry.path for entry in await contents.list(WONDER, "folder")]
    await contents.delete(WONDER, "folder")

    assert seen == ["folder/fine.txt"]
    assert list(files.iterdir()) == []


async def test_041_a_folder_deeper_than_any_path_is_bounded_and_can_be_deleted(
    contents: ContentsService, files: Path
) -> None:
    (files / "pit").mkdir()
    here = os.open(files / "pit", os.O_RDONLY)
    for _ in range(2000):  # 400 KB of path
        os.mkdir("d" * 200, dir_fd=here)
        deeper = os.open("d" * 200, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = deeper
    os.close(here)

    await contents.absorb(WONDER)
    await contents.delete(WONDER, "pit")

    assert list(files.iterdir()) == []


async def test_041_both_forms_of_a_name_are_two_files_when_code_made_both(
    contents: ContentsService, files: Path
) -> None:
    composed, decomposed = "\u00e9.txt", "e\u0301.txt"
    (files / composed).write_bytes(b"composed")
    (files / decomposed).write_bytes(b"decomposed")
    (files / "A.txt").write_bytes(b"upper")
    (files / "a.txt").write_bytes(b"lower")

    await contents.write(WONDER, decomposed, b"changed", author=ALICE.id)

    assert (await contents.read(WONDER, composed))[1] == b"composed"
    assert (await contents.read(WONDER, decomposed))[1] == b"changed"
    assert (await contents.read(WONDER, "A.txt"))[1] == b"upper"
    assert (await contents.read(WONDER, "a.txt"))[1] == b"lower"
    assert len(await contents.list(WONDER, "")) == 4


@pytest.mark.parametrize(
    ("folder", "sibling"),
    [("proj1", "proj10"), ("a_", "ab"), ("a%", "a/b"), ("a[b]", "ab"), ("É", "É2"), ("a", "A")],
)
async def test_042_a_folder_is_not_its_namesakes(
    contents: ContentsService, files: Path, folder: str, sibling: str
) -> None:
    for path in (f"{folder}/x.txt", f"{sibling}/x.txt", f"{sibling}.txt"):
        await contents.write(WONDER, path, path.encode(), author=ALICE.id)

    await contents.move(WONDER, folder, "elsewhere")
    await contents.delete(WONDER, "elsewhere")

    for path in (f"{sibling}/x.txt", f"{sibling}.txt"):
        assert (await contents.read(WONDER, path))[1] == path.encode()
        assert (files / path).read_bytes() == path.encode()
        assert len(await contents.history.list(WONDER, path)) == 1
    assert not await contents.exists(WONDER, f"{folder}/x.txt")
