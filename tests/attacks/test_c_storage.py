"""C. The store: the same large file, saved again and again."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from platform_server.contents.service import ContentsService
from platform_server.errors import TooManyRequests
from platform_server.testing.worlds import ALICE, LIMITS, WONDER, running_on_disk

if TYPE_CHECKING:
    from pathlib import Path

    from platform_server.testing.databases import Databases

LARGE = b"x" * 1_000_000


def varied(number: int) -> bytes:
    return LARGE + bytes([number])


async def test_039_what_is_saved_again_and_again_does_not_fill_the_store(
    databases: Databases, tmp_path: Path
) -> None:
    """The same bytes are kept once; others are taken for so long, and code is slowed down too."""
    async with running_on_disk(databases, "sqlite", tmp_path) as world:
        parts = replace(world.parts, limits=replace(LIMITS, hourly=5 * len(LARGE)))
        contents = ContentsService(parts)
        for _ in range(20):
            await contents.write(WONDER, "same.bin", LARGE, author=ALICE.id)
        assert len([one async for one in parts.blobs.list(WONDER)]) == 1

        for number in range(3):
            await contents.write(WONDER, "other.bin", varied(number), author=ALICE.id)
        with pytest.raises(TooManyRequests):
            await contents.write(WONDER, "other.bin", varied(3), author=ALICE.id)
        for number in range(20):
            world.code.writes("code.bin", varied(number))
            await contents.absorb(WONDER)
        assert len([one async for one in parts.blobs.list(WONDER)]) <= 5
        assert len((await contents.read(WONDER, "other.bin"))[1]) == len(LARGE) + 1
        await contents.write(WONDER, "small.txt", b"still", author=ALICE.id)
