"""What was submitted is kept, whatever becomes of its project."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING

from platform_server.contents.model import BlobHash
from platform_server.contents.service import ContentsService
from platform_server.testing.worlds import folder_world
from tests.review.conftest import ALICE

if TYPE_CHECKING:
    from pathlib import Path

    from tests.review.conftest import Desk


async def test_the_bytes_of_deleted_projects_go_and_those_of_submissions_stay(
    desk: Desk, tmp_path: Path
) -> None:
    await desk.write("a.txt", b"first")
    await desk.submit()
    await desk.write("a.txt", b"second")
    parts = folder_world(desk.database, tmp_path).parts

    async def collect(days: int) -> int:
        def now() -> datetime:
            return datetime.now(UTC) + timedelta(days=days)

        return (await ContentsService(replace(parts, now=now)).garbage.collect()).removed

    assert [await collect(2), await collect(4)] == [0, 0]
    await desk.projects.delete(ALICE, desk.project)
    assert [await collect(6), await collect(8)] == [0, 1]

    there = [
        await parts.blobs.exists(desk.project, BlobHash(sha256(data).hexdigest()))
        for data in (b"first", b"second")
    ]
    assert there == [True, False]
