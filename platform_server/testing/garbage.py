"""Blobs that nothing refers to, in memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from platform_server.contents.garbage import LEASE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from platform_server.contents.model import BlobHash
    from platform_server.projects.model import ProjectId
    from platform_server.testing.contents import MemoryContentsRepository


@dataclass(kw_only=True)
class Candidate:
    """A blob that may be removed."""

    marked_at: datetime
    doomed_at: datetime | None = None
    gone_at: datetime | None = None


class MemoryGarbageRepository:
    """Keeps candidates in the dictionary of a contents repository in memory."""

    def __init__(self, contents: MemoryContentsRepository) -> None:
        self._contents = contents
        self._known = contents.candidates

    async def knows(self, project_id: ProjectId) -> bool:
        """Tell whether there is such a project."""
        return project_id in self._contents.projects

    async def unused(
        self, project_id: ProjectId, blobs: Sequence[BlobHash]
    ) -> dict[BlobHash, datetime | None]:
        """Return those of the blobs that nothing refers to, with when they were marked."""
        return {
            blob: None if found is None or found.gone_at is not None else found.marked_at
            for blob in blobs
            if not self._is_used(project_id, blob)
            for found in [self._known.get((project_id, blob))]
        }

    async def mark(self, project_id: ProjectId, blobs: Sequence[BlobHash], at: datetime) -> None:
        """Mark blobs that have no mark, or were gone and are there again."""
        for blob in blobs:
            found = self._known.get((project_id, blob))
            if found is None or found.gone_at is not None:
                self._known[project_id, blob] = Candidate(marked_at=at)

    async def doom(
        self, project_id: ProjectId, blobs: Sequence[BlobHash], *, before: datetime, at: datetime
    ) -> set[BlobHash]:
        """Doom those of the blobs that were marked before a moment and still are unused."""
        doomed = set()
        for blob in blobs:
            found = self._known.get((project_id, blob))
            if found is None or found.gone_at is not None or self._is_used(project_id, blob):
                continue
            if found.marked_at <= before and _is_free(found, at):
                found.doomed_at = at
                doomed.add(blob)
        return doomed

    async def bury(self, project_id: ProjectId, blobs: Sequence[BlobHash], at: datetime) -> None:
        """Remember that doomed blobs are gone."""
        for blob in blobs:
            found = self._known.get((project_id, blob))
            if found is not None and found.doomed_at is not None:
                found.gone_at = at

    async def claim(
        self, project_id: ProjectId, blobs: frozenset[BlobHash], at: datetime
    ) -> set[BlobHash]:
        """Take the marks away; return the blobs that are being removed right now."""
        left = set()
        for blob in blobs:
            found = self._known.get((project_id, blob))
            if found is not None and found.gone_at is None and not _is_free(found, at):
                left.add(blob)
            else:
                self._known.pop((project_id, blob), None)
        return left

    async def tidy(self, before: datetime) -> None:
        """Forget blobs that were gone before a moment."""
        for key, found in list(self._known.items()):
            if found.gone_at is not None and found.gone_at < before:
                del self._known[key]

    def _is_used(self, project_id: ProjectId, blob: BlobHash) -> bool:
        histories = self._contents.projects[project_id].histories.values()
        return any(one.blob == blob for history in histories for one in history)


def _is_free(candidate: Candidate, at: datetime) -> bool:
    return candidate.doomed_at is None or candidate.doomed_at < at - LEASE
