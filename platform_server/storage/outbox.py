"""Blobs that wait on this server's disk for a store that does not answer."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeAlias

from platform_server.contents.blobs import StoredBlob
from platform_server.contents.keeping import Waiting
from platform_server.contents.model import BlobHash
from platform_server.contents.spool import clear
from platform_server.errors import StorageUnavailable
from platform_server.projects.model import ProjectId
from platform_server.storage.blobs_folder import FolderBlobStore

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from platform_server.clock import Clock
    from platform_server.contents.keeping import Listener
    from platform_server.contents.spool import Spool

Key: TypeAlias = tuple[ProjectId, BlobHash]


class Outbox:
    """A folder of blobs, bounded in bytes, and what is known of it.

    The folder is the truth: ``open`` and ``has`` look there until ``load`` has read all of it.
    """

    def __init__(self, folder: Path, *, limit: int, now: Clock) -> None:
        self.folder = FolderBlobStore(folder)
        self.on_change: list[Listener] = []
        self._root = folder
        self._limit = limit
        self._now = now
        self._known: dict[Key, StoredBlob] = {}
        self._coming = 0  # bytes that are being written
        self._is_loaded = False

    async def load(self) -> None:
        """Clear the folder of what a killed server was writing, and read what waits there."""
        await asyncio.to_thread(clear, self._root / "incoming")
        async for project_id in self.folder.projects():
            async for stored in self.folder.list(project_id):
                self._known[project_id, stored.blob] = stored
        self._is_loaded = True

    @property
    def size(self) -> int:
        """How many bytes wait."""
        return sum(stored.size for stored in self._known.values())

    @property
    def is_filled(self) -> bool:
        """Whether anything waits."""
        return bool(self._known)

    def oldest_first(self) -> list[Key]:
        """Return what waits."""
        return sorted(self._known, key=lambda key: self._known[key].stored_at)

    def waiting(self, project_id: ProjectId) -> Waiting:
        """Return what of a project waits."""
        return _together(
            [stored for (owner, _), stored in self._known.items() if owner == project_id]
        )

    def in_all(self) -> Waiting:
        """Return what waits of all projects together."""
        return _together(list(self._known.values()))

    def is_waiting(self, project_id: ProjectId, blob: BlobHash) -> bool:
        """Tell whether a blob is known to wait."""
        return (project_id, blob) in self._known

    async def has(self, project_id: ProjectId, blob: BlobHash) -> bool:
        """Tell whether a blob waits."""
        if self._is_loaded:
            return self.is_waiting(project_id, blob)
        return await self.folder.exists(project_id, blob)

    async def open(self, project_id: ProjectId, blob: BlobHash) -> AsyncIterator[bytes] | None:
        """Return the bytes of a blob that waits; None if it does not, or not any more."""
        if not await self.has(project_id, blob):
            return None
        pieces = self.folder.open(project_id, blob)
        try:
            first = await anext(pieces)
        except StorageUnavailable:  # it has just reached the store, or is damaged
            return None
        return _joined(first, pieces)

    async def add(self, project_id: ProjectId, spool: Spool) -> None:
        """Keep a blob, durably. Raises StorageUnavailable when too much waits already."""
        if not self._is_loaded:
            await self.load()
        key = (project_id, spool.blob)
        if key in self._known:
            return
        if self.size + self._coming + spool.size > self._limit:
            raise StorageUnavailable(
                f"The project store does not answer, and {self.size:,} bytes wait for it on this "
                "server already: nothing more is taken until it does. What you have is not saved."
            )
        self._coming += spool.size
        try:
            await self.folder.put(project_id, spool)
        finally:
            self._coming -= spool.size
        is_first = not self.waiting(project_id).files
        self._known[key] = StoredBlob(blob=spool.blob, size=spool.size, stored_at=self._now())
        if is_first:
            self._tell(project_id)

    async def remove(self, project_id: ProjectId, blob: BlobHash) -> None:
        """Remove a blob that is in the store, or not wanted any more."""
        await self.folder.delete(project_id, blob)
        if self._known.pop((project_id, blob), None) and not self.waiting(project_id).files:
            self._tell(project_id)

    async def remove_project(self, project_id: ProjectId) -> None:
        """Remove all of a project's blobs."""
        await self.folder.delete_project(project_id)
        for key in [key for key in self._known if key[0] == project_id]:
            del self._known[key]

    def _tell(self, project_id: ProjectId) -> None:
        for listener in self.on_change:
            listener(project_id)


async def _joined(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for piece in rest:
        yield piece


def _together(found: list[StoredBlob]) -> Waiting:
    return Waiting(
        files=len(found),
        bytes=sum(stored.size for stored in found),
        since=min((stored.stored_at for stored in found), default=None),
    )
