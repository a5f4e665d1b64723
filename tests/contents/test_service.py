"""What is promised about a project's files, in memory and on the real stores alike."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from platform_server.contents.model import Kind, Origin, RevisionId
from platform_server.contents.save import Terms
from platform_server.errors import (
    DirectoryNotEmpty,
    FileMissing,
    InvalidPath,
    NameTaken,
    RevisionConflict,
    TooLarge,
    WrongKind,
)
from platform_server.testing.worlds import ALICE, BOB, BUILDER, WONDER

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from platform_server.contents.service import ContentsService


async def test_what_is_saved_is_read(contents: ContentsService) -> None:
    saved = await contents.write(WONDER, "a.txt", b"tea", author=ALICE.id)

    entry, data = await contents.read(WONDER, "a.txt")

    assert (entry, data) == (saved, b"tea")
    assert entry.revision is not None
    assert (entry.revision.author_id, entry.revision.origin) == (ALICE.id, Origin.API)
    assert entry.size == 3


async def test_what_somebody_saves_is_activity_and_what_the_recorder_saves_is_not(
    contents: ContentsService,
) -> None:
    await contents.write(WONDER, "a.txt", b"1", author=ALICE.id, origin=Origin.RECORDER)
    assert await contents.activity(WONDER) is None
    await contents.write(WONDER, "a.txt", b"2", author=ALICE.id)
    assert await contents.activity(WONDER) is not None
    assert await contents.activity(BUILDER) is None


async def test_a_save_makes_the_folders_above_it(contents: ContentsService) -> None:
    await contents.write(WONDER, "a/b/c.txt", b"tea", author=ALICE.id)

    assert [entry.path for entry in await contents.list(WONDER, "")] == ["a"]
    assert [entry.path for entry in await contents.list(WONDER, "a")] == ["a/b"]
    assert (await contents.stat(WONDER, "a/b")).kind is Kind.DIRECTORY


async def test_a_save_that_must_not_make_folders_says_which_is_missing(
    contents: ContentsService,
) -> None:
    terms = Terms(author=ALICE.id, make_parents=False)

    with pytest.raises(FileMissing, match="a/b"):
        await contents.save(WONDER, "a/b/c.txt", b"tea", terms)

    assert not await contents.exists(WONDER, "a")


async def test_bytes_may_come_in_pieces(contents: ContentsService) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(3):
            yield b"x" * 700_000

    await contents.write(WONDER, "big.bin", pieces(), author=ALICE.id)

    entry, stream = await contents.open(WONDER, "big.bin")
    assert entry.size == 2_100_000
    assert b"".join([piece async for piece in stream]) == b"x" * 2_100_000


async def test_a_save_that_breaks_off_leaves_the_file_as_it_was(contents: ContentsService) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield b"half"
        raise ConnectionError

    await contents.write(WONDER, "a.txt", b"whole", author=ALICE.id)
    with pytest.raises(ConnectionError):
        await contents.write(WONDER, "a.txt", broken(), author=ALICE.id)

    assert (await contents.read(WONDER, "a.txt"))[1] == b"whole"


async def test_a_file_beyond_the_limit_is_refused(contents: ContentsService) -> None:
    with pytest.raises(TooLarge):
        await contents.write(WONDER, "a.bin", bytes(5 << 20), author=ALICE.id)

    assert not await contents.exists(WONDER, "a.bin")


async def test_a_file_too_large_for_memory_can_be_streamed_but_not_read(
    contents: ContentsService,
) -> None:
    await contents.write(WONDER, "a.bin", bytes(3 << 20), author=ALICE.id)

    with pytest.raises(TooLarge):
        await contents.read(WONDER, "a.bin")
    _, stream = await contents.open(WONDER, "a.bin")
    assert sum([len(piece) async for piece in stream]) == 3 << 20


async def test_identical_bytes_make_no_new_revision(contents: ContentsService) -> None:
    first = await contents.write(WONDER, "a.txt", b"tea", author=ALICE.id)

    assert await contents.write(WONDER, "a.txt", b"tea", author=BOB.id) == first


async def test_a_save_over_an_expected_revision_succeeds_once(contents: ContentsService) -> None:
    first = await contents.write(WONDER, "a.txt", b"1", author=ALICE.id)
    assert first.revision is not None
    expected = first.revision.id

    await contents.write(WONDER, "a.txt", b"2", author=ALICE.id, expected=expected)
    with pytest.raises(RevisionConflict):
        await contents.write(WONDER, "a.txt", b"3", author=BOB.id, expected=expected)

    assert (await contents.read(WONDER, "a.txt"))[1] == b"2"


async def test_of_many_savers_over_one_revision_exactly_one_wins(contents: ContentsService) -> None:
    first = await contents.write(WONDER, "a.txt", b"0", author=ALICE.id)
    assert first.revision is not None

    outcomes = await asyncio.gather(
        *(
            contents.write(
                WONDER, "a.txt", str(number).encode(), author=ALICE.id, expected=first.revision.id
            )
            for number in range(1, 9)
        ),
        return_exceptions=True,
    )

    winners = [one for one in outcomes if not isinstance(one, BaseException)]
    assert len(winners) == 1
    assert all(isinstance(one, RevisionConflict) for one in outcomes if one is not winners[0])


async def test_of_many_savers_of_a_new_file_exactly_one_wins(contents: ContentsService) -> None:
    terms = Terms(author=ALICE.id, must_be_new=True)

    outcomes = await asyncio.gather(
        *(contents.save(WONDER, "a.txt", bytes([number]), terms) for number in range(8)),
        return_exceptions=True,
    )

    assert sum(not isinstance(one, BaseException) for one in outcomes) == 1


async def test_a_refused_save_is_kept_beside_the_file_where_asked_for(
    contents: ContentsService,
) -> None:
    first = await contents.write(WONDER, "sub/a.txt", b"1", author=ALICE.id)
    await contents.write(WONDER, "sub/a.txt", b"2", author=ALICE.id)
    assert first.revision is not None
    terms = Terms(author=BOB.id, expected=first.revision.id, conflict_copy_by="Bob")

    one = await contents.save(WONDER, "sub/a.txt", b"3", terms)
    two = await contents.save(WONDER, "sub/a.txt", b"4", terms)

    assert one.path.startswith("sub/a (conflict of Bob 20")
    assert one.path.endswith(".txt")
    assert one.path != two.path
    assert (await contents.read(WONDER, one.path))[1] == b"3"
    assert (await contents.read(WONDER, "sub/a.txt"))[1] == b"2"


async def test_a_save_that_brings_what_is_there_already_is_no_conflict(
    contents: ContentsService,
) -> None:
    await contents.write(WONDER, "a.txt", b"same", author=ALICE.id)

    saved = await contents.write(
        WONDER, "a.txt", b"same", author=BOB.id, expected=RevisionId("of another day")
    )

    assert saved.path == "a.txt"


async def test_a_folder_cannot_be_saved_as_a_file_nor_a_file_be_a_folder(
    contents: ContentsService,
) -> None:
    await contents.make_directory(WONDER, "folder")
    await contents.write(WONDER, "file", b"tea", author=ALICE.id)

    with pytest.raises(WrongKind):
        await contents.write(WONDER, "folder", b"tea", author=ALICE.id)
    with pytest.raises(WrongKind):
        await contents.make_directory(WONDER, "file")
    with pytest.raises(WrongKind):
        await contents.write(WONDER, "file/below", b"tea", author=ALICE.id)
    with pytest.raises(WrongKind):
        await contents.list(WONDER, "file")
    with pytest.raises(WrongKind):
        await contents.read(WONDER, "folder")
    with pytest.raises(WrongKind):
        await contents.write(WONDER, "", b"tea", author=ALICE.id)


async def test_making_a_folder_that_is_there_changes_nothing(contents: ContentsService) -> None:
    first = await contents.make_directory(WONDER, "a/b")

    assert await contents.make_directory(WONDER, "a/b") == first
    assert (await contents.make_directory(WONDER, "")).kind is Kind.DIRECTORY


async def test_what_is_not_there_is_missing(contents: ContentsService) -> None:
    for call in (contents.stat, contents.read, contents.list, contents.delete):
        with pytest.raises(FileMissing):
            await call(WONDER, "none")
    with pytest.raises(FileMissing):
        await contents.move(WONDER, "none", "some")


async def test_projects_do_not_see_each_other(contents: ContentsService) -> None:
    await contents.write(WONDER, "a.txt", b"tea", author=ALICE.id)

    assert await contents.list(BUILDER, "") == []
    with pytest.raises(FileMissing):
        await contents.read(BUILDER, "a.txt")


async def test_a_moved_file_keeps_its_revision_and_its_history(contents: ContentsService) -> None:
    await contents.write(WONDER, "a.txt", b"1", author=ALICE.id)
    second = await contents.write(WONDER, "a.txt", b"2", author=ALICE.id)

    moved = await contents.move(WONDER, "a.txt", "b.txt")

    assert (moved.path, moved.revision) == ("b.txt", second.revision)
    assert not await contents.exists(WONDER, "a.txt")
    assert len(await contents.history.list(WONDER, "b.txt")) == 2


async def test_a_moved_folder_takes_everything_along(contents: ContentsService) -> None:
    await contents.write(WONDER, "a/b/c.txt", b"tea", author=ALICE.id)
    await contents.write(WONDER, "ab.txt", b"not in a", author=ALICE.id)

    await contents.move(WONDER, "a", "z")

    assert (await contents.read(WONDER, "z/b/c.txt"))[1] == b"tea"
    assert [entry.path for entry in await contents.list(WONDER, "")] == ["ab.txt", "z"]
    assert [entry.path for entry in await contents.list(WONDER, "z")] == ["z/b"]


async def test_moving_never_replaces_anything(contents: ContentsService) -> None:
    await contents.write(WONDER, "a.txt", b"1", author=ALICE.id)
    await contents.write(WONDER, "b/c.txt", b"2", author=ALICE.id)

    with pytest.raises(NameTaken):
        await contents.move(WONDER, "a.txt", "b")
    with pytest.raises(FileMissing):
        await contents.move(WONDER, "a.txt", "none/a.txt")
    with pytest.raises(InvalidPath):
        await contents.move(WONDER, "b", "b/inside")
    with pytest.raises(InvalidPath):
        await contents.move(WONDER, "", "b")

    assert (await contents.read(WONDER, "a.txt"))[1] == b"1"
    assert (await contents.read(WONDER, "b/c.txt"))[1] == b"2"


async def test_a_copy_is_a_file_of_its_own(contents: ContentsService) -> None:
    await contents.write(WONDER, "a.txt", b"1", author=ALICE.id)

    copied = await contents.copy(WONDER, "a.txt", "b.txt", author=BOB.id)
    await contents.write(WONDER, "a.txt", b"2", author=ALICE.id)

    assert copied.revision is not None
    assert (copied.revision.author_id, copied.revision.origin) == (BOB.id, Origin.COPY)
    assert (await contents.read(WONDER, "b.txt"))[1] == b"1"
    with pytest.raises(NameTaken):
        await contents.copy(WONDER, "a.txt", "b.txt", author=BOB.id)


async def test_a_folder_is_copied_with_everything_into_another_project(
    contents: ContentsService,
) -> None:
    await contents.write(WONDER, "a/b/c.txt", b"tea", author=ALICE.id)
    await contents.make_directory(WONDER, "a/empty")

    await contents.copy(WONDER, "a", "z", author=ALICE.id, into=BUILDER)

    assert (await contents.read(BUILDER, "z/b/c.txt"))[1] == b"tea"
    assert (await contents.stat(BUILDER, "z/empty")).kind is Kind.DIRECTORY
    with pytest.raises(InvalidPath):
        await contents.copy(WONDER, "a", "a/inside", author=ALICE.id)


async def test_a_deleted_file_is_gone_but_for_its_history(contents: ContentsService) -> None:
    await contents.write(WONDER, "a.txt", b"1", author=ALICE.id)

    await contents.delete(WONDER, "a.txt")

    assert await contents.list(WONDER, "") == []
    (revision,) = await contents.history.list(WONDER, "a.txt")
    assert (await contents.history.read(WONDER, revision.id))[1] == b"1"


async def test_a_filled_folder_is_deleted_only_when_that_is_meant(
    contents: ContentsService,
) -> None:
    await contents.write(WONDER, "a/b/c.txt", b"1", author=ALICE.id)

    with pytest.raises(DirectoryNotEmpty):
        await contents.delete(WONDER, "a", recursive=False)
    await contents.delete(WONDER, "a")

    assert await contents.list(WONDER, "") == []
    with pytest.raises(InvalidPath):
        await contents.delete(WONDER, "")


async def test_a_file_made_again_goes_on_with_its_history(contents: ContentsService) -> None:
    await contents.write(WONDER, "a.txt", b"1", author=ALICE.id)
    await contents.delete(WONDER, "a.txt")

    await contents.write(WONDER, "a.txt", b"2", author=ALICE.id)

    assert len(await contents.history.list(WONDER, "a.txt")) == 2


async def test_a_new_file_where_another_moved_away_begins_a_history(
    contents: ContentsService,
) -> None:
    await contents.write(WONDER, "a.txt", b"1", author=ALICE.id)
    await contents.move(WONDER, "a.txt", "b.txt")

    await contents.write(WONDER, "a.txt", b"2", author=ALICE.id)

    assert len(await contents.history.list(WONDER, "a.txt")) == 1
    assert len(await contents.history.list(WONDER, "b.txt")) == 1


async def test_a_name_is_the_same_in_either_form_of_unicode(contents: ContentsService) -> None:
    await contents.write(WONDER, "Cafe\u0301/re\u0301sume\u0301.txt", b"1", author=ALICE.id)

    assert (await contents.stat(WONDER, "Caf\u00e9/r\u00e9sum\u00e9.txt")).size == 1
    assert (await contents.stat(WONDER, "Cafe\u0301/re\u0301sume\u0301.txt")).size == 1
    await contents.write(WONDER, "Caf\u00e9/re\u0301sume\u0301.txt", b"22", author=ALICE.id)
    assert len(await contents.list(WONDER, "Caf\u00e9")) == 1


async def test_names_that_differ_in_case_are_different_files(contents: ContentsService) -> None:
    await contents.write(WONDER, "a.txt", b"1", author=ALICE.id)
    await contents.write(WONDER, "A.txt", b"2", author=ALICE.id)

    assert (await contents.read(WONDER, "a.txt"))[1] == b"1"
    assert len(await contents.list(WONDER, "")) == 2
