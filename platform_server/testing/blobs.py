"""Blobs in memory."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from platform_server import clock
from platform_server.contents.blobs import StoredBlob
from platform_server.errors import StorageUnavailable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from datetime import datetime

    from platform_server.contents.model import BlobHash
    from platform_server.contents.spool import Spool
    from platform_server.projects.model import ProjectId

_PIECE = 1 << 16  # bytes


class MemoryBlobStore:
    """Keeps bytes in a dictionary, which a test may damage or make unavailable."""

    def __init__(self, now: clock.Clock = clock.utc_now) -> None:
        self.blobs: dict[tuple[ProjectId, BlobHash], bytes] = {}
        self.is_available = True
        self._stored_at: dict[tuple[ProjectId, BlobHash], datetime] = {}
        self._now = now

    async def put(self, project_id: ProjectId, spool: Spool) -> BlobHash:
        """Keep the spool's bytes and return their hash."""
        self._require_available()
        self.blobs[project_id, spool.blob] = spool.content()
        self._stored_at.setdefault((project_id, spool.blob), self._now())
        return spool.blob

    async def open(self, project_id: ProjectId, blob: BlobHash) -> AsyncIterator[bytes]:
        """Give a blob's bytes in pieces."""
        self._require_available()
        data = self.blobs.get((project_id, blob))
        if data is None or sha256(data).hexdigest() != blob:
            raise StorageUnavailable
        for start in range(0, len(data), _PIECE):
            yield data[start : start + _PIECE]

    async def exists(self, project_id: ProjectId, blob: BlobHash) -> bool:
        """Tell whether the blob is kept."""
        self._require_available()
        return (project_id, blob) in self.blobs

    async def delete(self, project_id: ProjectId, blob: BlobHash) -> None:
        """Remove a blob."""
        self._require_available()
        self.blobs.pop((project_id, blob), None)
        self._stored_at.pop((project_id, blob), None)

    async def delete_project(self, project_id: ProjectId) -> None:
        """Remove all of a project's blobs."""
        for owner, blob in [key for key in self.blobs if key[0] == project_id]:
            await self.delete(owner, blob)

    async def projects(self) -> AsyncIterator[ProjectId]:
        """Give every project that has blobs."""
        self._require_available()
        for project_id in sorted({project_id for project_id, _ in self.blobs}):
            yield project_id

    async def list(self, project_id: ProjectId) -> AsyncIterator[StoredBlob]:
        """Give the project's blobs."""
        self._require_available()
        for owner, blob in [key for key in self.blobs if key[0] == project_id]:
            yield StoredBlob(
                blob=blob,
                size=len(self.blobs[owner, blob]),
                stored_at=self._stored_at[owner, blob],
            )

    def _require_available(self) -> None:
        if not self.is_available:
            raise StorageUnavailable
