"""Commits that refer to blobs which somebody may be about to remove."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from platform_server.contents.garbage import BlobsAtRisk

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from platform_server.contents.model import BlobHash, Entry
    from platform_server.contents.parts import Parts
    from platform_server.contents.repository import Change
    from platform_server.projects.model import ProjectId

    PutAgain = Callable[[], Awaitable[object]]

_PAUSES = (0.0, 0.05, 0.2, 0.5, 1.0)  # seconds; a blob is removed in some milliseconds


async def commit(
    parts: Parts,
    project_id: ProjectId,
    changes: Sequence[Change],
    put_again: PutAgain | None = None,
) -> dict[str, Entry]:
    """Make all the changes or none; the blobs they refer to are in the store then, and stay.

    ``put_again`` puts the blobs of the changes once more. Raises what ``ContentsRepository.commit``
    does; and BlobsAtRisk if blobs were removed and cannot be put again.
    """
    for pause in _PAUSES:
        try:
            return await parts.repository.commit(project_id, changes, parts.now())
        except BlobsAtRisk as error:
            await asyncio.sleep(pause)
            await _rescue(parts, project_id, error.blobs, put_again)
    raise BlobsAtRisk


async def _rescue(
    parts: Parts,
    project_id: ProjectId,
    blobs: frozenset[BlobHash],
    put_again: PutAgain | None,
) -> None:
    """Take the blobs from whoever wants to remove them, and see to it that they are there."""
    for pause in _PAUSES:
        if not await parts.garbage.claim(project_id, blobs, parts.now()):
            break
        await asyncio.sleep(pause)
    else:
        raise BlobsAtRisk(blobs)
    if put_again is not None:
        await put_again()
        return
    for blob in blobs:
        if not await parts.blobs.exists(project_id, blob):
            raise BlobsAtRisk(blobs)
