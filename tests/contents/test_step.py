"""Store and workspace stay in step, whoever changes a file: the API, or code in the sandbox."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from platform_server.contents.model import Kind, Origin
from platform_server.errors import FileMissing, ProjectNotFound
from platform_server.testing.worlds import ALICE, WONDER, memory_world, running

if TYPE_CHECKING:
    from pathlib import Path

    from platform_server.contents.model import BlobHash, Entry
    from platform_server.contents.service import ContentsService
    from platform_server.testing.worlds import Code, World


async def test_code_sees_what_is_saved_at_once(contents: ContentsService, code: Code) -> None:
    await contents.write(WONDER, "sub/a.txt", b"1", author=ALICE.id)
    assert code.reads("sub/a.txt") == b"1"

    await contents.write(WONDER, "sub/a.txt", b"2", author=ALICE.id)
    assert code.reads("sub/a.txt") == b"2"


async def test_code_sees_what_is_moved_copied_and_deleted(
    contents: ContentsService, code: Code
) -> None:
    await contents.write(WONDER, "a/b.txt", b"1", author=ALICE.id)

    await contents.move(WONDER, "a", "c")
    assert (code.reads("a/b.txt"), code.reads("c/b.txt")) == (None, b"1")
    await contents.copy(WONDER, "c", "d", author=ALICE.id)
    assert code.reads("d/b.txt") == b"1"
    await contents.delete(WONDER, "c")
    assert code.reads("c/b.txt") is None


async def test_what_code_has_just_written_is_what_is_read(
    contents: ContentsService, code: Code
) -> None:
    await contents.write(WONDER, "a.txt", b"from alice", author=ALICE.id)
    for number in range(20):
        code.writes("a.txt", b"from code %02d" % number)
        entry, data = await contents.read(WONDER, "a.txt")
        assert data == b"from code %02d" % number

    assert entry.revision is not None
    assert (entry.revision.author_id, entry.revision.origin) == (None, Origin.SANDBOX)


async def test_a_look_at_a_file_or_its_folder_takes_over_what_code_made(
    contents: ContentsService, code: Code
) -> None:
    code.writes("plot.png", b"one")
    code.writes("out/deep/data.csv", b"two")

    assert (await contents.stat(WONDER, "plot.png")).size == 3
    assert (await contents.stat(WONDER, "out/deep/data.csv")).size == 3
    assert [one.path for one in await contents.list(WONDER, "")] == ["out", "plot.png"]
    assert [one.path for one in await contents.list(WONDER, "out")] == ["out/deep"]


async def test_a_file_that_nobody_changed_keeps_its_revision(
    contents: ContentsService, code: Code
) -> None:
    code.writes("a.txt", b"1")
    first = await contents.stat(WONDER, "a.txt")

    await contents.absorb(WONDER)
    code.writes("a.txt", b"1")  # the same bytes once more

    assert await contents.stat(WONDER, "a.txt") == first


async def test_what_code_removes_is_gone_but_for_its_history(
    contents: ContentsService, code: Code
) -> None:
    await contents.write(WONDER, "sub/a.txt", b"1", author=ALICE.id)
    code.removes("sub")

    assert await contents.list(WONDER, "") == []
    with pytest.raises(FileMissing):
        await contents.stat(WONDER, "sub/a.txt")
    assert len(await contents.history.list(WONDER, "sub/a.txt")) == 1


async def test_absorbing_takes_over_everything_at_once(world: World) -> None:
    await world.contents.write(WONDER, "old.txt", b"1", author=ALICE.id)
    await world.contents.write(WONDER, "changed.txt", b"1", author=ALICE.id)
    world.code.removes("old.txt")
    world.code.writes("changed.txt", b"22")
    for number in range(120):
        world.code.writes(f"out/{number:03}.txt", b"%d" % number)

    await world.contents.absorb(WONDER)

    kept = {one.path: one for one in await world.parts.repository.below(WONDER, "")}
    assert "old.txt" not in kept
    assert kept["changed.txt"].size == 2
    assert len(kept) == 122  # the folder as well


async def test_a_folder_in_the_place_of_a_file_and_the_other_way_round(
    contents: ContentsService, code: Code
) -> None:
    await contents.write(WONDER, "a", b"file", author=ALICE.id)
    await contents.write(WONDER, "b/c.txt", b"1", author=ALICE.id)
    code.removes("a")
    code.writes("a/inside.txt", b"1")
    code.removes("b")
    code.writes("b", b"file")

    assert (await contents.read(WONDER, "a/inside.txt"))[1] == b"1"
    assert (await contents.read(WONDER, "b"))[1] == b"file"
    with pytest.raises(FileMissing):
        await contents.stat(WONDER, "b/c.txt")
    assert [one.kind for one in await contents.list(WONDER, "")] == [Kind.DIRECTORY, Kind.FILE]


def renames(code: Code, old: str, new: str) -> None:
    """Let code rename a file."""
    data = code.reads(old)
    assert data is not None
    code.removes(old)
    code.writes(new, data)


def blob_of(entry: Entry) -> BlobHash:
    """Return the hash of a kept file's bytes."""
    assert entry.revision is not None
    return entry.revision.blob


async def states(contents: ContentsService, path: str) -> list[bytes]:
    """Return what the file was, newest first."""
    found = await contents.history.list(WONDER, path)
    return [(await contents.history.read(WONDER, one.id))[1] for one in found]


async def test_a_file_that_code_renames_keeps_its_history(
    world: World, contents: ContentsService, code: Code
) -> None:
    await contents.write(WONDER, "a.txt", b"1", author=ALICE.id)
    saved = await contents.write(WONDER, "a.txt", b"2", author=ALICE.id)
    await contents.checkpoints.create(WONDER, "a.txt")
    renames(code, "a.txt", "b.txt")

    (entry,) = await contents.list(WONDER, "")
    assert (entry.path, entry.revision) == ("b.txt", saved.revision)
    assert await states(contents, "b.txt") == [b"2", b"1"]
    assert len(await contents.checkpoints.list(WONDER, "b.txt")) == 1
    assert await world.parts.past.gone(WONDER, 10) == []
    assert (await world.parts.repository.usage(WONDER)).files == 1
    await contents.write(WONDER, "b.txt", b"3", author=ALICE.id)
    assert await states(contents, "b.txt") == [b"3", b"2", b"1"]


@pytest.mark.parametrize("first", ["a.txt", "sub/b.txt"], ids=["old", "new"])
async def test_it_does_so_whichever_path_is_looked_at_first(
    world: World, contents: ContentsService, code: Code, first: str
) -> None:
    await contents.write(WONDER, "a.txt", b"1", author=ALICE.id)
    saved = await contents.write(WONDER, "a.txt", b"2", author=ALICE.id)
    await contents.checkpoints.create(WONDER, "a.txt")
    await world.parts.repository.trust(ALICE.id, WONDER, "a.txt", blob_of(saved))
    renames(code, "a.txt", "sub/b.txt")

    assert await contents.exists(WONDER, first) == (first == "sub/b.txt")

    entry = await contents.stat(WONDER, "sub/b.txt")
    assert entry.revision == saved.revision
    assert not await contents.exists(WONDER, "a.txt")
    assert await states(contents, "sub/b.txt") == [b"2", b"1"]
    assert len(await contents.checkpoints.list(WONDER, "sub/b.txt")) == 1
    assert await contents.trust.is_accepted(ALICE.id, entry)
    code.writes("sub/b.txt", b"changed")
    changed = await contents.stat(WONDER, "sub/b.txt")
    assert not await contents.trust.is_accepted(ALICE.id, changed)


async def test_what_comes_with_other_bytes_begins_a_history_of_its_own(
    contents: ContentsService, code: Code
) -> None:
    await contents.write(WONDER, "a.txt", b"1", author=ALICE.id)
    await contents.write(WONDER, "empty.txt", b"", author=ALICE.id)
    code.removes("a.txt")
    code.removes("empty.txt")
    code.writes("b.txt", b"2")
    code.writes("nothing.txt", b"")

    for gone in ("a.txt", "empty.txt"):
        assert not await contents.exists(WONDER, gone)
    await contents.absorb(WONDER)
    for new in ("b.txt", "nothing.txt"):
        assert [one.origin for one in await contents.history.list(WONDER, new)] == [Origin.SANDBOX]


async def test_where_two_files_could_have_been_renamed_only_the_name_tells_which(
    contents: ContentsService, code: Code
) -> None:
    for path in ("a.txt", "b.txt"):
        await contents.write(WONDER, path, path.encode(), author=ALICE.id)
        await contents.write(WONDER, path, b"same", author=ALICE.id)
    code.removes("a.txt")
    renames(code, "b.txt", "c.txt")
    assert await contents.exists(WONDER, "c.txt")
    assert await states(contents, "c.txt") == [b"same"]
    await contents.write(WONDER, "other/b.txt", b"other", author=ALICE.id)
    await contents.write(WONDER, "other/b.txt", b"same", author=ALICE.id)
    renames(code, "c.txt", "in/b.txt")
    await contents.stat(WONDER, "in/b.txt")
    assert await states(contents, "in/b.txt") == [b"same", b"b.txt"]
    code.removes("other/b.txt")
    renames(code, "in/b.txt", "out/b.txt")
    await contents.stat(WONDER, "out/b.txt")
    assert await states(contents, "out/b.txt") == [b"same"]


async def test_among_many_files_of_its_size_a_renamed_one_is_found_by_its_inode(
    tmp_path: Path,
) -> None:
    async with running(memory_world(tmp_path)) as world:
        size = world.parts.limits.listed
        await world.contents.write(WONDER, "a.bin", b"first", author=ALICE.id)
        await world.contents.write(WONDER, "a.bin", bytes(size), author=ALICE.id)
        await world.contents.stat(WONDER, "a.bin")
        for number in range(5):
            world.code.writes(f"b{number}.bin", bytes([number + 1]) * size)
        await world.parts.workspace.move(WONDER, "a.bin", "c.bin")

        assert not await world.contents.exists(WONDER, "a.bin")

        assert [one.size for one in await world.contents.history.list(WONDER, "c.bin")] == [size, 5]
        kept = [one.path for one in await world.parts.repository.below(WONDER, "")]
        assert kept == ["b0.bin", "c.bin"]  # no more is read than what is gone, and a share


@pytest.mark.parametrize("first", ["before/x7.txt", "since", ""])
async def test_a_large_folder_that_code_renames_keeps_its_histories(
    real: World, first: str
) -> None:
    contents, code = real.contents, real.code
    for number in range(60):
        code.writes(f"before/x{number}.txt", b"first %d" % number)
    await contents.absorb(WONDER)
    for number in range(60):
        code.writes(f"before/x{number}.txt", b"%d" % number)
    await contents.absorb(WONDER)
    for number in range(60):
        renames(code, f"before/x{number}.txt", f"since/x{number}.txt")
    code.removes("before")

    if first:
        await contents.exists(WONDER, first)
    await contents.absorb(WONDER)

    assert [one.path for one in await contents.list(WONDER, "")] == ["since"]
    for number in range(60):
        expected = [b"%d" % number, b"first %d" % number]
        assert await states(contents, f"since/x{number}.txt") == expected


async def test_files_of_a_folder_that_code_renames_keep_their_histories(
    contents: ContentsService, code: Code
) -> None:
    for name in ("x.txt", "sub/y.txt"):
        await contents.write(WONDER, f"old/{name}", b"1", author=ALICE.id)
        await contents.write(WONDER, f"old/{name}", name.encode(), author=ALICE.id)
    for name in ("x.txt", "sub/y.txt"):
        renames(code, f"old/{name}", f"new/{name}")
    code.removes("old")
    await contents.absorb(WONDER)

    assert [one.path for one in await contents.list(WONDER, "")] == ["new"]
    assert await states(contents, "new/x.txt") == [b"x.txt", b"1"]
    assert await states(contents, "new/sub/y.txt") == [b"sub/y.txt", b"1"]


async def test_a_file_that_goes_into_a_folder_of_its_own_name_is_there(
    contents: ContentsService, code: Code
) -> None:
    await contents.write(WONDER, "a", b"1", author=ALICE.id)
    renames(code, "a", "a/a")
    await contents.absorb(WONDER)

    assert (await contents.read(WONDER, "a/a"))[1] == b"1"
    assert await states(contents, "a/a") == [b"1"]


async def test_files_with_the_same_bytes_are_told_apart_by_name(
    contents: ContentsService, code: Code
) -> None:
    for path in ("a.txt", "b.txt"):
        await contents.write(WONDER, path, path.encode(), author=ALICE.id)
        await contents.write(WONDER, path, b"same", author=ALICE.id)
        await contents.write(WONDER, f"empty-{path}", b"", author=ALICE.id)
    await contents.make_directory(WONDER, "in")
    renames(code, "a.txt", "in/a.txt")
    renames(code, "b.txt", "in/b.txt")
    renames(code, "empty-a.txt", "in/empty.txt")
    await contents.absorb(WONDER)

    assert await states(contents, "in/a.txt") == [b"same", b"a.txt"]
    assert await states(contents, "in/b.txt") == [b"same", b"b.txt"]
    assert [one.origin for one in await contents.history.list(WONDER, "in/empty.txt")] == [
        Origin.SANDBOX
    ]


async def test_a_save_over_what_code_wrote_meanwhile_loses_neither(
    contents: ContentsService, code: Code
) -> None:
    await contents.write(WONDER, "a.txt", b"1", author=ALICE.id)
    code.writes("a.txt", b"by code")
    await contents.write(WONDER, "a.txt", b"by alice", author=ALICE.id)

    assert await states(contents, "a.txt") == [b"by alice", b"by code", b"1"]
    assert code.reads("a.txt") == b"by alice"


async def test_what_code_wrote_last_is_kept_when_the_file_is_deleted(
    contents: ContentsService, code: Code
) -> None:
    await contents.write(WONDER, "sub/a.txt", b"1", author=ALICE.id)
    code.writes("sub/a.txt", b"by code")
    await contents.delete(WONDER, "sub")

    revision = (await contents.history.list(WONDER, "sub/a.txt"))[0]
    assert (await contents.history.read(WONDER, revision.id))[1] == b"by code"


async def test_folders_of_made_things_are_seen_but_not_taken_over(
    world: World, contents: ContentsService, code: Code
) -> None:
    code.writes(".venv/lib/big.py", b"made")
    code.writes("node_modules/x/index.js", b"made")

    (entry,) = await contents.list(WONDER, ".venv")
    assert (entry.path, entry.revision) == (".venv/lib", None)
    entry, data = await contents.read(WONDER, ".venv/lib/big.py")
    assert (entry.revision, entry.size, data) == (None, 4, b"made")
    await contents.absorb(WONDER)
    kept = [one.path for one in await world.parts.repository.below(WONDER, "")]
    assert kept == [".venv", "node_modules"]


async def test_what_somebody_saves_in_such_a_folder_is_kept(
    contents: ContentsService, code: Code
) -> None:
    await contents.write(WONDER, "venv/note.txt", b"1", author=ALICE.id)
    await contents.absorb(WONDER)

    assert (await contents.stat(WONDER, "venv/note.txt")).revision is not None
    code.writes("venv/note.txt", b"22")
    assert (await contents.read(WONDER, "venv/note.txt"))[1] == b"22"


async def test_a_file_too_large_to_keep_is_seen_and_can_be_read(
    contents: ContentsService, code: Code
) -> None:
    await contents.write(WONDER, "grows.bin", b"1", author=ALICE.id)
    code.writes("grows.bin", bytes(3 << 20))
    code.writes("large.bin", bytes(3 << 20))

    listed = {one.path: (one.size, one.revision) for one in await contents.list(WONDER, "")}

    assert listed == {"grows.bin": (3 << 20, None), "large.bin": (3 << 20, None)}
    _, pieces = await contents.open(WONDER, "large.bin")
    assert sum([len(piece) async for piece in pieces]) == 3 << 20
    assert len(await contents.history.list(WONDER, "grows.bin")) == 1


async def test_what_is_in_the_sandbox_only_can_be_renamed(world: World) -> None:
    contents, code = world.contents, world.code
    code.writes("large.bin", bytes(world.parts.limits.kept + 1))
    code.writes("venv/lib/made.py", b"made")
    code.writes("mine.py", b"mine")
    await contents.absorb(WONDER)

    large = await contents.move(WONDER, "large.bin", "renamed.bin")
    taken = await contents.move(WONDER, "venv/lib/made.py", "taken.py")
    await contents.move(WONDER, "mine.py", "venv/lib/mine.py")
    await contents.move(WONDER, "venv/lib", "lib")

    assert (large.path, large.revision) == ("renamed.bin", None)
    assert taken.revision is not None
    assert [entry.path for entry in await contents.list(WONDER, "lib")] == ["lib/mine.py"]
    assert (await contents.read(WONDER, "lib/mine.py"))[1] == b"mine"
    assert not await contents.exists(WONDER, "large.bin")


async def test_a_large_upload_stays_kept_while_code_leaves_it_alone(world: World) -> None:
    await world.contents.write(WONDER, "large.bin", bytes(3 << 20), author=ALICE.id)
    await world.contents.absorb(WONDER)

    assert (await world.contents.stat(WONDER, "large.bin")).revision is not None
    assert (await world.restarted().stat(WONDER, "large.bin")).revision is not None


async def test_looking_into_a_folder_takes_over_no_more_than_its_share(
    contents: ContentsService, code: Code
) -> None:
    for number in range(4):
        code.writes(f"{number}.bin", bytes([number]) * (400 << 10))

    listed = await contents.list(WONDER, "")

    assert [one.size for one in listed] == [400 << 10] * 4
    assert [one.revision is not None for one in listed] == [True, True, False, False]
    await contents.absorb(WONDER)
    assert all(one.revision for one in await contents.list(WONDER, ""))


async def test_a_lost_workspace_is_filled_from_the_store(world: World) -> None:
    await world.contents.write(WONDER, "sub/a.txt", b"1", author=ALICE.id)
    await world.contents.make_directory(WONDER, "empty")
    world.code.loses_everything()

    contents = world.restarted()
    await contents.materialise(WONDER)

    assert world.code.reads("sub/a.txt") == b"1"
    assert [one.path for one in await contents.list(WONDER, "")] == ["empty", "sub"]


async def test_an_emptied_workspace_is_what_code_wanted(world: World) -> None:
    await world.contents.write(WONDER, "a.txt", b"1", author=ALICE.id)
    world.code.removes("a.txt")

    contents = world.restarted()
    await contents.absorb(WONDER)

    assert await contents.list(WONDER, "") == []
    assert len(await contents.history.list(WONDER, "a.txt")) == 1


async def test_a_new_server_sees_what_code_did_while_there_was_none(world: World) -> None:
    await world.contents.write(WONDER, "a.txt", b"1", author=ALICE.id)
    world.code.writes("a.txt", b"22")

    assert (await world.restarted().read(WONDER, "a.txt"))[1] == b"22"


async def test_a_deleted_project_is_not_revived_by_a_late_caller(world: World) -> None:
    await world.contents.write(WONDER, "a.txt", b"1", author=ALICE.id)
    await world.contents.forget_project(WONDER)

    with pytest.raises(ProjectNotFound):
        await world.contents.absorb(WONDER)
