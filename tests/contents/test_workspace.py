"""What every workspace promises; what hostile code does to a real one is among the attacks."""

from __future__ import annotations

import os
from contextlib import aclosing
from typing import TYPE_CHECKING

import pytest

from platform_server.contents.model import Kind, RevisionId
from platform_server.contents.spool import Spool, clear, spooled
from platform_server.contents.workspace_local import LocalWorkspace
from platform_server.errors import FileMissing, NameTaken, WrongKind
from platform_server.testing.workspace import MemoryWorkspace
from platform_server.testing.worlds import WONDER

if TYPE_CHECKING:
    from pathlib import Path

    from platform_server.contents.workspace import Workspace

ONE = RevisionId("one")


@pytest.fixture(params=["memory", "local"])
async def workspace(request: pytest.FixtureRequest, tmp_path: Path) -> Workspace:
    clear(tmp_path / "spool")
    made: Workspace = (
        MemoryWorkspace() if request.param == "memory" else LocalWorkspace(tmp_path / "volumes")
    )
    assert await made.prepare(WONDER)
    return made


async def place(workspace: Workspace, folder: Path, path: str, data: bytes) -> None:
    async with aclosing(await spooled(data, folder / "spool", limit=1 << 30)) as spool:
        await workspace.discard(WONDER, ONE)
        await workspace.stage(WONDER, ONE, spool)
        await workspace.place(WONDER, ONE, path)


async def content(workspace: Workspace, folder: Path, path: str) -> bytes | None:
    async with aclosing(Spool(folder / "spool", limit=1 << 30)) as spool:
        seen = await workspace.copy_out(WONDER, path, spool)
        return None if seen is None else spool.content()


async def test_a_workspace_asks_to_be_filled_until_it_is(workspace: Workspace) -> None:
    assert await workspace.prepare(WONDER)
    await workspace.mark_filled(WONDER)
    assert not await workspace.prepare(WONDER)

    await workspace.destroy(WONDER)
    await workspace.destroy(WONDER)
    assert await workspace.prepare(WONDER)


async def test_a_staged_file_is_seen_when_it_is_placed(
    workspace: Workspace, tmp_path: Path
) -> None:
    async with aclosing(await spooled(b"tea", tmp_path / "spool", limit=10)) as spool:
        await workspace.stage(WONDER, ONE, spool)
    assert await workspace.staged(WONDER) == [ONE]
    assert await workspace.children(WONDER, "") == {}

    await workspace.place(WONDER, ONE, "a/b.txt")

    assert await workspace.staged(WONDER) == []
    assert await content(workspace, tmp_path, "a/b.txt") == b"tea"
    seen = await workspace.look(WONDER, ["a", "a/b.txt", "none", "a/b.txt/none"])
    assert {path: one.kind for path, one in seen.items()} == {
        "a": Kind.DIRECTORY,
        "a/b.txt": Kind.FILE,
    }


async def test_what_is_discarded_is_never_seen(workspace: Workspace, tmp_path: Path) -> None:
    async with aclosing(await spooled(b"tea", tmp_path / "spool", limit=10)) as spool:
        await workspace.stage(WONDER, ONE, spool)
    for _ in range(2):
        await workspace.discard(WONDER, ONE)

    assert await workspace.staged(WONDER) == []


async def test_placing_replaces_files_and_nothing_else(
    workspace: Workspace, tmp_path: Path
) -> None:
    await place(workspace, tmp_path, "a", b"1")
    await place(workspace, tmp_path, "a", b"22")
    await workspace.make_directory(WONDER, "b")

    assert await content(workspace, tmp_path, "a") == b"22"
    with pytest.raises(WrongKind):
        await place(workspace, tmp_path, "b", b"3")
    with pytest.raises(WrongKind):
        await place(workspace, tmp_path, "a/c", b"3")
    with pytest.raises(WrongKind):
        await workspace.make_directory(WONDER, "a")


async def test_a_walk_sees_everything_but_what_is_in_skipped_folders(
    workspace: Workspace, tmp_path: Path
) -> None:
    for path in ("a/b/c.txt", "venv/lib/x.py", "d.txt"):
        await place(workspace, tmp_path, path, b"1")

    walk = await workspace.walk(WONDER, skip=frozenset({"venv"}), limit=100)
    short = await workspace.walk(WONDER, skip=frozenset(), limit=2)

    assert sorted(walk.seen) == ["a", "a/b", "a/b/c.txt", "d.txt", "venv"]
    assert walk.complete
    assert (len(short.seen), short.complete) == (2, False)


async def test_a_file_is_streamed_as_it_is(workspace: Workspace, tmp_path: Path) -> None:
    await place(workspace, tmp_path, "a.bin", bytes(3 << 20))

    pieces = [piece async for piece in workspace.stream(WONDER, "a.bin")]

    assert sum(len(piece) for piece in pieces) == 3 << 20
    tail = [piece async for piece in workspace.stream(WONDER, "a.bin", start=(3 << 20) - 5)]
    assert tail == [bytes(5)]
    with pytest.raises(FileMissing):
        await anext(workspace.stream(WONDER, "none"))


async def test_a_change_shows_in_the_signature(workspace: Workspace, tmp_path: Path) -> None:
    await place(workspace, tmp_path, "a.txt", b"1")
    before = (await workspace.look(WONDER, ["a.txt"]))["a.txt"]
    await place(workspace, tmp_path, "a.txt", b"2")
    after = (await workspace.look(WONDER, ["a.txt"]))["a.txt"]

    assert before.signature != after.signature


async def test_moving_never_replaces(workspace: Workspace, tmp_path: Path) -> None:
    await place(workspace, tmp_path, "a/b.txt", b"1")
    await place(workspace, tmp_path, "c.txt", b"2")

    await workspace.move(WONDER, "a", "z")
    assert await content(workspace, tmp_path, "z/b.txt") == b"1"
    with pytest.raises(NameTaken):
        await workspace.move(WONDER, "c.txt", "z")
    with pytest.raises(FileMissing):
        await workspace.move(WONDER, "none", "y")


async def test_removing_takes_all_and_may_be_repeated(workspace: Workspace, tmp_path: Path) -> None:
    await place(workspace, tmp_path, "a/b/c.txt", b"1")
    for _ in range(2):
        await workspace.remove(WONDER, "a")
        await workspace.remove(WONDER, "a/b")

    assert await workspace.children(WONDER, "") == {}


async def test_an_edited_script_can_still_be_executed_and_belongs_to_the_sandbox(
    tmp_path: Path,
) -> None:
    clear(tmp_path / "spool")
    workspace = LocalWorkspace(tmp_path / "volumes")
    await workspace.prepare(WONDER)
    script = tmp_path / "volumes" / WONDER / "files" / "run.sh"
    script.write_text("#!/bin/sh")
    script.chmod(0o4755)

    await place(workspace, tmp_path, "run.sh", b"#!/bin/sh\n")

    assert script.stat().st_mode & 0o7777 == 0o755
    if os.geteuid() == 0:
        assert script.stat().st_uid == script.parent.stat().st_uid == 1000
