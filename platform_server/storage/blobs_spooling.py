"""A remote store of blobs that may be away: what it cannot take now waits on this server."""

from __future__ import annotations

import asyncio
import logging
import random
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from platform_server import clock
from platform_server.contents.spool import spooled
from platform_server.errors import PlatformError, StorageUnavailable
from platform_server.storage.outbox import Outbox

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator
    from datetime import datetime
    from pathlib import Path

    from platform_server.contents.blobs import BlobStore, StoredBlob
    from platform_server.contents.keeping import Listener, Waiting
    from platform_server.contents.model import BlobHash
    from platform_server.contents.spool import Spool
    from platform_server.projects.model import ProjectId
    from platform_server.storage.outbox import Key

log = logging.getLogger(__name__)

_AWAY = "The project store does not answer; try again in a moment."
_SLOWEST = 1 << 19  # bytes a second; a store that is slower is as good as away
_ENDLESS = 1 << 62  # bytes
_DOUBLINGS = 20
_FAILURES = 3  # one after the other, after which nothing else is tried for a while


@dataclass(frozen=True, kw_only=True)
class Patience:
    """How long the store is waited for, in seconds."""

    answer: float = 8.0  # to a request, and for each half megabyte a second more
    first_pause: float = 0.5  # before what waits is tried again; then twice as long each time
    longest_pause: float = 30.0


class SpoolingBlobStore:
    """The blobs of a remote store, and of an outbox in a folder of this server.

    A put that the store does not take in time goes to the outbox, and is as good as done: it is
    read from there, and brought to the store as soon as that answers, the oldest first. While the
    store is away only the outbox asks it, so that nobody waits for it twice. A crash at any point
    leaves a blob in one of the two places, or in both, which is the same.

    ``start`` begins to empty the outbox; without it, as in a command beside the server, blobs are
    read from both places and put into either.
    """

    def __init__(
        self,
        remote: BlobStore,
        folder: Path,
        *,
        limit: int,
        patience: Patience | None = None,
        now: clock.Clock = clock.utc_now,
    ) -> None:
        self._remote = remote
        self._passing = folder / "incoming"
        self._outbox = Outbox(folder, limit=limit, now=now)
        self._patience = patience or Patience()
        self._now = now
        self._away_since: datetime | None = None
        self._news = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Find what a former server left, and begin to bring it to the store."""
        await self._outbox.load()
        self._news.set()
        self._task = asyncio.create_task(self._run())

    async def aclose(self) -> None:
        """Stop; what waits goes on waiting for the next start. May be called twice."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    @property
    def on_change(self) -> list[Listener]:
        """Who is told when something of a project begins to wait, and when nothing does."""
        return self._outbox.on_change

    def waiting(self, project_id: ProjectId) -> Waiting:
        """Return what of the project waits for the store."""
        return self._outbox.waiting(project_id)

    def in_all(self) -> Waiting:
        """Return what waits for the store of all projects together."""
        return self._outbox.in_all()

    def is_waiting(self, project_id: ProjectId, blob: BlobHash) -> bool:
        """Tell whether these bytes wait for the store."""
        return self._outbox.is_waiting(project_id, blob)

    async def put(self, project_id: ProjectId, spool: Spool) -> BlobHash:
        """Keep the spool's bytes, durably, and return their hash."""
        if not self._is_known_to_be_away():
            try:
                return await self._upload(project_id, spool)
            except StorageUnavailable as error:
                self._note_failure(error)
        await self._outbox.add(project_id, spool)
        self._news.set()
        return spool.blob

    async def open(self, project_id: ProjectId, blob: BlobHash) -> AsyncIterator[bytes]:
        """Give a blob's bytes in pieces."""
        pieces = await self._outbox.open(project_id, blob)
        if pieces is None:
            self._require_remote()
            pieces = self._remote.open(project_id, blob)
        async with aclosing(cast("AsyncGenerator[bytes, None]", pieces)) as stream:
            async with self._bounded():
                first = await anext(stream, b"")
            yield first
            async for piece in stream:
                yield piece

    async def exists(self, project_id: ProjectId, blob: BlobHash) -> bool:
        """Tell whether the blob is kept."""
        if await self._outbox.has(project_id, blob):
            return True
        self._require_remote()
        async with self._bounded():
            return await self._remote.exists(project_id, blob)

    async def delete(self, project_id: ProjectId, blob: BlobHash) -> None:
        """Remove a blob."""
        async with self._bounded():
            await self._remote.delete(project_id, blob)
        await self._outbox.remove(project_id, blob)

    async def delete_project(self, project_id: ProjectId) -> None:
        """Remove all of a project's blobs."""
        await self._outbox.remove_project(project_id)
        await self._remote.delete_project(project_id)

    async def projects(self) -> AsyncIterator[ProjectId]:
        """Give every project that has blobs."""
        given = set()
        async for project_id in self._outbox.folder.projects():
            given.add(project_id)
            yield project_id
        async for project_id in self._remote.projects():
            if project_id not in given:
                yield project_id

    async def list(self, project_id: ProjectId) -> AsyncIterator[StoredBlob]:
        """Give the project's blobs."""
        given = set()
        async for stored in self._outbox.folder.list(project_id):
            given.add(stored.blob)
            yield stored
        async for stored in self._remote.list(project_id):
            if stored.blob not in given:
                yield stored

    def _is_known_to_be_away(self) -> bool:
        """Tell whether it is away, and somebody asks it again and again."""
        return self._away_since is not None and bool(self._outbox.is_filled)

    def _require_remote(self) -> None:
        if self._is_known_to_be_away():
            raise StorageUnavailable(_AWAY)

    async def _upload(self, project_id: ProjectId, spool: Spool) -> BlobHash:
        async with self._bounded(size=spool.size):
            blob = await self._remote.put(project_id, spool)
        self._note_success()
        return blob

    @asynccontextmanager
    async def _bounded(self, *, size: int = 0) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(self._patience.answer + size / _SLOWEST):
                yield
        except TimeoutError as error:
            raise StorageUnavailable(_AWAY) from error

    def _note_failure(self, error: PlatformError) -> None:
        if self._away_since is None:
            self._away_since = self._now()
            log.warning("the project store is away, saves wait on this server: %s", error.message)

    def _note_success(self) -> None:
        if self._away_since is not None:
            log.warning("the project store answers again")
            self._away_since = None

    async def _run(self) -> None:
        while True:
            await self._news.wait()
            self._news.clear()
            rounds = 0
            while self._outbox.is_filled:
                rounds = 0 if await self._empty() else rounds + 1
                if self._outbox.is_filled:
                    await asyncio.sleep(self._pause(rounds))

    def _pause(self, rounds: int) -> float:
        longest = self._patience.first_pause * 2 ** min(rounds, _DOUBLINGS)
        longest = min(longest, self._patience.longest_pause)
        # Not all servers are to come at the same moment when the store is back.
        return random.uniform(longest / 2, longest)  # noqa: S311 - nobody may guess it

    async def _empty(self) -> bool:
        """Bring what waits to the store, until that fails; tell whether anything got there."""
        done = failures = 0
        for key in self._outbox.oldest_first():
            if await self._bring(key):
                done, failures = done + 1, 0
            else:
                failures += 1
            if failures == _FAILURES:
                break
        if done:
            log.info("%d saves that waited are in the project store", done)
        return done > 0

    async def _bring(self, key: Key) -> bool:
        """Bring one blob to the store, and only then remove it here; tell whether that is done."""
        pieces = self._outbox.folder.open(*key)
        try:
            spool = await spooled(pieces, self._passing, limit=_ENDLESS)
        except PlatformError:
            if await self._outbox.folder.exists(*key):
                log.exception("a save that waits on this server cannot be read")
            else:  # a command beside the server removed it
                await self._outbox.remove(*key)
            return False
        async with aclosing(spool):
            try:
                await self._upload(key[0], spool)
            except StorageUnavailable as error:
                self._note_failure(error)
                return False
            except Exception:  # whatever is wrong with one of them, the others have to get there
                log.exception("the project store does not take a save that waits on this server")
                return False
        await self._outbox.remove(*key)
        return True
