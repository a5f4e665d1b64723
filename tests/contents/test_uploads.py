"""Uploads in pieces count when they are whole, and not before."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from platform_server.contents.save import Terms
from platform_server.contents.service import ContentsService
from platform_server.contents.uploads import LAST, MAX_OPEN, PATIENCE
from platform_server.errors import Conflict, FileMissing, TooLarge, TooManyRequests
from platform_server.testing.worlds import ALICE, BOB, WONDER

if TYPE_CHECKING:
    from pathlib import Path

    from platform_server.testing.worlds import World
BY_ALICE, BY_BOB = Terms(author=ALICE.id), Terms(author=BOB.id)
MIB = 1 << 20


def spools(world: World) -> list[Path]:
    return list(world.parts.spool_folder.glob("spool-*"))


async def test_the_pieces_become_the_file_with_the_last(world: World) -> None:
    uploads = world.contents.uploads
    assert await uploads.add(WONDER, "a.bin", 1, b"a" * MIB, BY_ALICE) is None
    assert await uploads.add(WONDER, "a.bin", 2, b"b" * (MIB - 1), BY_ALICE) is None
    assert not await world.contents.exists(WONDER, "a.bin")

    entry = await uploads.add(WONDER, "a.bin", LAST, b"c", BY_ALICE)

    assert entry is not None
    data = (await world.contents.read(WONDER, "a.bin"))[1]
    assert data == b"a" * MIB + b"b" * (MIB - 1) + b"c"
    assert spools(world) == []


async def test_a_piece_that_is_sent_twice_is_taken_once(world: World) -> None:
    uploads = world.contents.uploads
    for number, data in ((1, b"a"), (1, b"a"), (2, b"b"), (2, b"b"), (LAST, b"c")):
        await uploads.add(WONDER, "a.bin", number, data, BY_ALICE)

    assert (await world.contents.read(WONDER, "a.bin"))[1] == b"abc"


async def test_a_missing_piece_ends_the_upload(world: World) -> None:
    uploads = world.contents.uploads
    await uploads.add(WONDER, "a.bin", 1, b"a" * MIB, BY_ALICE)
    await uploads.add(WONDER, "a.bin", 2, b"b" * MIB, BY_ALICE)

    with pytest.raises(Conflict):
        await uploads.add(WONDER, "a.bin", 4, b"d", BY_ALICE)
    with pytest.raises(Conflict):
        await uploads.add(WONDER, "a.bin", LAST, b"e", BY_ALICE)

    assert not await world.contents.exists(WONDER, "a.bin")
    assert spools(world) == []


@pytest.mark.parametrize("pieces", [1, 2])
async def test_the_first_piece_begins_anew(world: World, pieces: int) -> None:
    uploads = world.contents.uploads
    for number in range(1, pieces + 1):
        await uploads.add(WONDER, "a.bin", number, b"of a page that was closed", BY_ALICE)

    await uploads.add(WONDER, "a.bin", 1, b"new", BY_ALICE)
    await uploads.add(WONDER, "a.bin", LAST, b"!", BY_ALICE)

    assert (await world.contents.read(WONDER, "a.bin"))[1] == b"new!"


async def test_uploads_of_different_people_and_paths_do_not_mix(world: World) -> None:
    uploads = world.contents.uploads
    await uploads.add(WONDER, "a.bin", 1, b"alice ", BY_ALICE)
    await uploads.add(WONDER, "a.bin", 1, b"bob ", BY_BOB)
    await uploads.add(WONDER, "b.bin", 1, b"other ", BY_ALICE)

    await uploads.add(WONDER, "a.bin", LAST, b"was here", BY_BOB)

    assert (await world.contents.read(WONDER, "a.bin"))[1] == b"bob was here"


async def test_an_upload_beyond_the_limit_is_refused(world: World) -> None:
    uploads = world.contents.uploads
    for number in range(1, 5):
        await uploads.add(WONDER, "a.bin", number, bytes(MIB), BY_ALICE)

    with pytest.raises(TooLarge):
        await uploads.add(WONDER, "a.bin", 5, b"!", BY_ALICE)
    assert spools(world) == []


async def test_a_user_has_so_many_uploads_under_way_and_no_more(world: World) -> None:
    uploads = world.contents.uploads
    for number in range(MAX_OPEN):
        await uploads.add(WONDER, f"{number}.bin", 1, b"x", BY_ALICE)

    with pytest.raises(TooManyRequests):
        await uploads.add(WONDER, "more.bin", 1, b"x", BY_ALICE)
    assert await uploads.add(WONDER, "more.bin", 1, b"x", BY_BOB) is None


async def test_an_upload_that_does_not_go_on_is_dropped(world: World) -> None:
    times = [datetime(2026, 1, 1, tzinfo=UTC)]
    uploads = ContentsService(replace(world.parts, now=lambda: times[0])).uploads
    await uploads.add(WONDER, "a.bin", 1, b"x" * 2 * MIB, BY_ALICE)
    times[0] += PATIENCE + timedelta(seconds=1)

    with pytest.raises(Conflict):
        await uploads.add(WONDER, "a.bin", 2, b"x", BY_ALICE)
    assert spools(world) == []


async def test_what_a_killed_server_left_is_cleared_at_the_next_start(world: World) -> None:
    await world.contents.uploads.add(WONDER, "a.bin", 1, b"x" * 2 * MIB, BY_ALICE)
    assert len(spools(world)) == 1

    await world.restarted().start()

    assert spools(world) == []


async def test_an_upload_under_a_missing_folder_is_refused_at_its_end(world: World) -> None:
    terms = Terms(author=ALICE.id, make_parents=False)
    await world.contents.uploads.add(WONDER, "none/a.bin", 1, b"x", terms)

    with pytest.raises(FileMissing):
        await world.contents.uploads.add(WONDER, "none/a.bin", LAST, b"x", terms)
