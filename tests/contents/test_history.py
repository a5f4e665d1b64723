"""History, checkpoints and trust, in memory and on the real stores alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from platform_server.contents.checkpoints import KEPT
from platform_server.contents.model import CheckpointId, Origin, RevisionId
from platform_server.contents.save import Terms
from platform_server.errors import CheckpointNotFound, FileMissing, InvalidContent
from platform_server.testing.worlds import ALICE, BOB, BUILDER, WONDER

if TYPE_CHECKING:
    from platform_server.contents.service import ContentsService
    from platform_server.testing.worlds import Code


async def test_every_save_is_a_revision_that_can_be_read(contents: ContentsService) -> None:
    for number in range(5):
        await contents.write(WONDER, "a.txt", str(number).encode(), author=ALICE.id)

    revisions = await contents.history.list(WONDER, "a.txt", limit=3)

    read = [await contents.history.read(WONDER, one.id) for one in revisions]
    assert [data for _, data in read] == [b"4", b"3", b"2"]


async def test_restoring_is_a_save_like_another(contents: ContentsService, code: Code) -> None:
    first = await contents.write(WONDER, "a.txt", b"1", author=ALICE.id)
    await contents.write(WONDER, "a.txt", b"2", author=ALICE.id)
    assert first.revision is not None

    restored = await contents.history.restore(WONDER, "a.txt", first.revision.id, author=BOB.id)

    assert restored.revision is not None
    assert (restored.revision.origin, restored.revision.author_id) == (Origin.RESTORE, BOB.id)
    assert code.reads("a.txt") == b"1"
    assert len(await contents.history.list(WONDER, "a.txt")) == 3


async def test_a_deleted_file_can_be_restored(contents: ContentsService) -> None:
    await contents.write(WONDER, "sub/a.txt", b"1", author=ALICE.id)
    await contents.delete(WONDER, "sub")
    (revision,) = await contents.history.list(WONDER, "sub/a.txt")

    await contents.history.restore(WONDER, "sub/a.txt", revision.id, author=ALICE.id)

    assert (await contents.read(WONDER, "sub/a.txt"))[1] == b"1"


async def test_a_revision_of_another_project_is_not_there(contents: ContentsService) -> None:
    entry = await contents.write(WONDER, "a.txt", b"1", author=ALICE.id)
    assert entry.revision is not None

    with pytest.raises(FileMissing):
        await contents.history.read(BUILDER, entry.revision.id)
    with pytest.raises(FileMissing):
        await contents.history.read(WONDER, RevisionId("none"))
    with pytest.raises(FileMissing):
        await contents.history.list(WONDER, "none.txt")


async def test_a_checkpoint_brings_a_file_back(contents: ContentsService) -> None:
    await contents.write(WONDER, "a.txt", b"good", author=ALICE.id)
    checkpoint = await contents.checkpoints.create(WONDER, "a.txt")
    await contents.write(WONDER, "a.txt", b"bad", author=ALICE.id)

    await contents.checkpoints.restore(WONDER, "a.txt", checkpoint.id, author=ALICE.id)

    assert (await contents.read(WONDER, "a.txt"))[1] == b"good"
    assert await contents.checkpoints.list(WONDER, "a.txt") == [checkpoint]


async def test_one_state_has_one_checkpoint(contents: ContentsService) -> None:
    await contents.write(WONDER, "a.txt", b"1", author=ALICE.id)

    first = await contents.checkpoints.create(WONDER, "a.txt")

    assert await contents.checkpoints.create(WONDER, "a.txt") == first


async def test_the_oldest_checkpoints_make_room(contents: ContentsService) -> None:
    made = []
    for number in range(KEPT + 2):
        await contents.write(WONDER, "a.txt", str(number).encode(), author=ALICE.id)
        made.append(await contents.checkpoints.create(WONDER, "a.txt"))

    assert await contents.checkpoints.list(WONDER, "a.txt") == made[2:]


async def test_checkpoints_move_and_go_with_their_file(contents: ContentsService) -> None:
    await contents.write(WONDER, "a/b.txt", b"1", author=ALICE.id)
    checkpoint = await contents.checkpoints.create(WONDER, "a/b.txt")

    await contents.move(WONDER, "a", "c")
    (moved,) = await contents.checkpoints.list(WONDER, "c/b.txt")
    assert (moved.id, moved.path) == (checkpoint.id, "c/b.txt")
    await contents.delete(WONDER, "c")
    assert await contents.checkpoints.list(WONDER, "c/b.txt") == []


async def test_a_checkpoint_is_deleted_once(contents: ContentsService) -> None:
    await contents.write(WONDER, "a.txt", b"1", author=ALICE.id)
    checkpoint = await contents.checkpoints.create(WONDER, "a.txt")

    await contents.checkpoints.delete(WONDER, "a.txt", checkpoint.id)

    with pytest.raises(CheckpointNotFound):
        await contents.checkpoints.delete(WONDER, "a.txt", checkpoint.id)
    with pytest.raises(CheckpointNotFound):
        await contents.checkpoints.restore(WONDER, "a.txt", CheckpointId("none"), author=ALICE.id)


async def test_what_is_in_the_sandbox_only_has_no_checkpoints(
    contents: ContentsService, code: Code
) -> None:
    code.writes("venv/a.txt", b"made")

    with pytest.raises(InvalidContent):
        await contents.checkpoints.create(WONDER, "venv/a.txt")


async def test_trust_is_one_users_in_one_content(contents: ContentsService, code: Code) -> None:
    entry = await contents.write(WONDER, "a.ipynb", b"1", author=ALICE.id)
    await contents.trust.accept(ALICE.id, entry)
    assert await contents.trust.is_accepted(ALICE.id, entry)
    assert not await contents.trust.is_accepted(BOB.id, entry)

    code.writes("a.ipynb", b"2")
    assert not await contents.trust.is_accepted(ALICE.id, await contents.stat(WONDER, "a.ipynb"))


async def test_trust_comes_with_a_save_and_moves_with_the_file(contents: ContentsService) -> None:
    terms = Terms(author=ALICE.id, trusted=True)
    await contents.save(WONDER, "a.ipynb", b"1", terms)
    moved = await contents.move(WONDER, "a.ipynb", "b.ipynb")
    assert await contents.trust.is_accepted(ALICE.id, moved)

    copied = await contents.copy(WONDER, "b.ipynb", "c.ipynb", author=BOB.id)
    assert not await contents.trust.is_accepted(ALICE.id, copied)


async def test_who_saves_the_same_bytes_once_more_can_trust_them(
    contents: ContentsService,
) -> None:
    await contents.save(WONDER, "a.ipynb", b"1", Terms(author=ALICE.id, trusted=True))
    entry = await contents.save(WONDER, "a.ipynb", b"1", Terms(author=BOB.id, trusted=True))

    assert await contents.trust.is_accepted(BOB.id, entry)
    assert await contents.trust.is_accepted(ALICE.id, entry)


async def test_what_is_gone_is_listed_and_moved_files_are_not(contents: ContentsService) -> None:
    for path in ("moved.txt", "sub/lost.txt", "here.txt"):
        await contents.write(WONDER, path, path.encode(), author=ALICE.id)
    await contents.move(WONDER, "moved.txt", "elsewhere.txt")
    await contents.delete(WONDER, "sub")

    gone = await contents.history.gone(WONDER)

    assert [one.path for one in gone] == ["sub/lost.txt"]
    assert await contents.history.gone(WONDER, before=gone[0].id) == []
    assert await contents.history.gone(BUILDER) == []


async def test_conflict_copies_are_told_from_what_is_called_alike(
    contents: ContentsService,
) -> None:
    terms = Terms(author=ALICE.id, must_be_new=True, conflict_copy_by="Alice")
    for path in ("a.txt", "a.b.txt", "a (conflict of nobody).txt"):
        await contents.write(WONDER, path, b"theirs", author=BOB.id)
    kept = await contents.save(WONDER, "a.txt", b"mine", terms)

    copies = await contents.history.conflict_copies(WONDER, "a.txt")

    assert [one.path for one in copies] == [kept.path]
    assert await contents.history.conflict_copies(WONDER, "a.b.txt") == []


async def test_what_a_return_would_change_is_what_it_changes(contents: ContentsService) -> None:
    for path in ("same.txt", "changed.txt", "missing.txt"):
        await contents.write(WONDER, path, path.encode(), author=ALICE.id)
    mark = await contents.project_checkpoints.create(WONDER, "good", author=ALICE.id)
    await contents.write(WONDER, "changed.txt", b"otherwise", author=ALICE.id)
    await contents.delete(WONDER, "missing.txt")
    await contents.write(WONDER, "extra.txt", b"new", author=ALICE.id)

    found = await contents.project_checkpoints.compare(WONDER, mark.id)
    done = await contents.project_checkpoints.restore(WONDER, mark.id, author=ALICE.id)

    assert (
        [*found.changed, *found.missing] == sorted(done.restored) == ["changed.txt", "missing.txt"]
    )
    assert list(found.extra) == done.removed == ["extra.txt"]
