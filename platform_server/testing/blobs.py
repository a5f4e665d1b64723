"""Blobs in memory."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from platform_server.errors import StorageUnavailable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from platform_server.contents.model import BlobHash
    from platform_server.contents.spool import Spool
    from platform_server.projects.model import ProjectId

_PIECE = 1 << 16  # bytes


class MemoryBlobStore:
    """Keeps bytes in a dictionary, which a test may damage or make unavailable."""

    def __init__(self) -> None:
        self.blobs: dict[tuple[ProjectId, BlobHash], bytes] = {}
        self.is_available = True

    async def put(self, project_id: ProjectId, spool: Spool) -> BlobHash:
        """Keep the spool's bytes and return their hash."""
        self._require_available()
        self.blobs[project_id, spool.blob] = spool.content()
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
        return (project_id, blob) in self.blobs

    async def delete(self, project_id: ProjectId, blob: BlobHash) -> None:
        """Remove a blob."""
        self.blobs.pop((project_id, blob), None)

    async def delete_project(self, project_id: ProjectId) -> None:
        """Remove all of a project's blobs."""
        for key in [key for key in self.blobs if key[0] == project_id]:
            del self.blobs[key]

    def _require_available(self) -> None:
        if not self.is_available:
            raise StorageUnavailable
