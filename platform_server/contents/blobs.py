"""The port to the store of immutable blobs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from datetime import datetime

    from platform_server.contents.model import BlobHash
    from platform_server.contents.spool import Spool
    from platform_server.projects.model import ProjectId


@dataclass(frozen=True, kw_only=True)
class StoredBlob:
    """A blob as the store lists it."""

    blob: BlobHash
    size: int  # bytes
    stored_at: datetime  # when it was put; putting it again need not change that


class BlobStore(Protocol):
    """Keeps bytes under the project's id and their SHA-256: ``<project>/<hh>/<hash>``.

    A blob is never changed. Whoever reads one gets exactly the bytes of that hash, or
    StorageUnavailable; every method raises that when the store cannot be reached.
    """

    async def put(self, project_id: ProjectId, spool: Spool) -> BlobHash:
        """Keep the spool's bytes, durably, and return their hash. May be repeated.

        Raises QuotaExceeded when the store is full.
        """

    def open(self, project_id: ProjectId, blob: BlobHash) -> AsyncIterator[bytes]:
        """Give a blob's bytes in pieces; the last one only when the hash has turned out right."""

    async def exists(self, project_id: ProjectId, blob: BlobHash) -> bool:
        """Tell whether the blob is kept."""

    async def delete(self, project_id: ProjectId, blob: BlobHash) -> None:
        """Remove a blob that no revision refers to. Nothing if there is none."""

    async def delete_project(self, project_id: ProjectId) -> None:
        """Remove all of a project's blobs. Nothing if there are none."""

    def projects(self) -> AsyncIterator[ProjectId]:
        """Give every project that has blobs, each once, exactly as its id is spelled."""

    def list(self, project_id: ProjectId) -> AsyncIterator[StoredBlob]:
        """Give the project's blobs, each once, in any order; nothing if there are none.

        It is complete for what was put before and is not deleted meanwhile, however many there are:
        a store that lists in pages follows them to the end. What is in the store and no blob of
        exactly this project (another's whose id differs by case only, a file that is half-written)
        is passed over.
        """
