"""Blobs that nothing refers to: found, and removed when they have been so for long enough.

A blob becomes superfluous when a save ends between its bytes and its commit, when its last revision
is dropped, and when its project is deleted. It may be wanted again at the very moment in which it
is removed: somebody puts the same bytes, which the store has, and then commits. So a blob is first
**marked** in the database; a grace time later, if still nothing refers to it, it is **doomed** in
one transaction, removed from the store, and remembered as **gone**. A commit that refers to a blob
with any of these is refused (``BlobsAtRisk``). Whoever made it **claims** the blob, which takes the
mark away, puts the bytes again, and commits again; a blob that is doomed and not gone yet cannot be
claimed until it is. A commit that saw no mark has ended long before the grace time has.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from platform_server import clock
from platform_server.errors import StorageUnavailable
from platform_server.sandboxes.rounds import Rounds

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from platform_server.contents.blobs import BlobStore, StoredBlob
    from platform_server.contents.model import BlobHash
    from platform_server.projects.model import ProjectId

log = logging.getLogger(__name__)

INTERVAL = 6 * 3600.0  # seconds between two rounds
# A blob that was doomed so long ago and is not gone: whoever did it was killed, or had no answer.
LEASE = timedelta(hours=1)
_AT_ONCE = 200  # blobs that are looked up in one transaction
_DOOMED_AT_ONCE = 20


class BlobsAtRisk(StorageUnavailable):
    """These bytes were unused and are being cleared away: save again in a moment."""

    def __init__(self, blobs: frozenset[BlobHash] = frozenset()) -> None:
        super().__init__()
        self.blobs = blobs


class GarbageRepository(Protocol):
    """What is known of blobs that nothing refers to. Every method is one transaction."""

    async def knows(self, project_id: ProjectId) -> bool:
        """Tell whether there is, or was, such a project."""

    async def unused(
        self, project_id: ProjectId, blobs: Sequence[BlobHash]
    ) -> dict[BlobHash, datetime | None]:
        """Return those of the blobs that nothing refers to, with when they were marked, if so.

        Revisions refer to blobs, unless their project is deleted; what was submitted always does.
        """

    async def mark(self, project_id: ProjectId, blobs: Sequence[BlobHash], at: datetime) -> None:
        """Mark blobs that have no mark, or were gone and are there again."""

    async def doom(
        self, project_id: ProjectId, blobs: Sequence[BlobHash], *, before: datetime, at: datetime
    ) -> set[BlobHash]:
        """Doom those of the blobs that were marked before a moment and still are unused.

        What somebody doomed less than ``LEASE`` ago is theirs to remove.
        """

    async def bury(self, project_id: ProjectId, blobs: Sequence[BlobHash], at: datetime) -> None:
        """Remember that doomed blobs are gone."""

    async def claim(
        self, project_id: ProjectId, blobs: frozenset[BlobHash], at: datetime
    ) -> set[BlobHash]:
        """Take the marks away; return the blobs that are being removed right now."""

    async def tidy(self, before: datetime) -> None:
        """Forget blobs that were gone before a moment."""


@dataclass(kw_only=True)
class Collected:
    """What a round found and did."""

    unused: int = 0  # blobs that nothing refers to
    unused_bytes: int = 0
    removed: int = 0  # of them; in a dry run, those that would have been
    removed_bytes: int = 0
    strange_projects: int = 0  # in the store, and unknown to the database: left alone


class GarbageService:
    """Removes superfluous blobs, now and then. ``start``, and ``aclose`` when done.

    Several servers and commands may do so at the same time.
    """

    def __init__(
        self,
        blobs: BlobStore,
        repository: GarbageRepository,
        *,
        grace: timedelta,
        now: clock.Clock = clock.utc_now,
        interval: float = INTERVAL,
    ) -> None:
        self._blobs = blobs
        self._repository = repository
        self._grace = grace
        self._now = now
        self._rounds = Rounds(self._round, every=interval, at="unused files")

    def start(self) -> None:
        """Begin with the first round after an interval."""
        self._rounds.start()

    async def aclose(self) -> None:
        """End it. May be called twice."""
        await self._rounds.aclose()

    async def collect(self, *, dry_run: bool = False) -> Collected:
        """Mark what is superfluous, and remove what was marked a grace time ago.

        A dry run changes nothing. Raises StorageUnavailable; then the rest is left for next time.
        """
        result = Collected()
        projects = [project_id async for project_id in self._blobs.projects()]
        for project_id in projects:
            if await self._repository.knows(project_id):
                await self._collect(project_id, result, dry_run=dry_run)
            else:  # perhaps another installation's
                result.strange_projects += 1
        if not dry_run:
            await self._repository.tidy(self._now() - self._grace)
        return result

    async def _collect(self, project_id: ProjectId, result: Collected, *, dry_run: bool) -> None:
        before = self._now() - self._grace
        listed = self._blobs.list(project_id)
        old = {one.blob: one async for one in listed if one.stored_at <= before}
        for some in _portions(list(old), _AT_ONCE):
            unused = await self._repository.unused(project_id, some)
            result.unused += len(unused)
            result.unused_bytes += _size(old, unused)
            ready = [blob for blob, marked in unused.items() if marked and marked <= before]
            if dry_run:
                result.removed += len(ready)
                result.removed_bytes += _size(old, ready)
                continue
            await self._repository.mark(project_id, list(unused), self._now())
            for few in _portions(ready, _DOOMED_AT_ONCE):
                removed = await self._remove(project_id, few, before)
                result.removed += len(removed)
                result.removed_bytes += _size(old, removed)

    async def _remove(
        self, project_id: ProjectId, blobs: Sequence[BlobHash], before: datetime
    ) -> set[BlobHash]:
        doomed = await self._repository.doom(project_id, blobs, before=before, at=self._now())
        for blob in doomed:
            await self._blobs.delete(project_id, blob)
        await self._repository.bury(project_id, list(doomed), self._now())
        return doomed

    async def _round(self) -> None:
        result = await self.collect()
        log.info("%d unused files were removed, %d bytes", result.removed, result.removed_bytes)


def _portions(blobs: Sequence[BlobHash], most: int) -> Iterator[Sequence[BlobHash]]:
    return (blobs[start : start + most] for start in range(0, len(blobs), most))


def _size(known: dict[BlobHash, StoredBlob], blobs: Iterable[BlobHash]) -> int:
    return sum(known[blob].size for blob in blobs)
