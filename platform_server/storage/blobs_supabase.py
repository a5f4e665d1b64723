"""Blobs as objects of a private bucket in Supabase Storage."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import re
from contextlib import aclosing, asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, cast

import httpx

from platform_server.contents.blobs import StoredBlob
from platform_server.contents.model import BlobHash
from platform_server.errors import QuotaExceeded, StorageUnavailable
from platform_server.projects.model import ProjectId
from platform_server.storage.supabase_bucket import Bucket
from platform_server.storage.supabase_http import (
    NoAnswer,
    Patience,
    Refused,
    StorageHttp,
)
from platform_server.storage.supabase_tus import CHUNK, ResumableUploads

if TYPE_CHECKING:
    import builtins
    from collections.abc import AsyncGenerator, AsyncIterator, Iterator

    from platform_server.contents.spool import Spool
    from platform_server.settings import StorageKeys

log = logging.getLogger(__name__)

_KEY = re.compile(r"[A-Za-z0-9_-]+/([0-9a-f]{2})/(\1[0-9a-f]{62})", re.ASCII)
_FOLDER = re.compile(r"([A-Za-z0-9_-]+)/", re.ASCII)
_START = 2.0  # seconds that a server waits when it starts; what is missing is made later, too
_SLOWEST = 1 << 19  # bytes a second; who is slower is as good as away
_REFUSES = "The project store refuses this server: ask the admin to run `jupyter platform doctor`."
_DAMAGED = "The stored bytes of this file are missing or damaged; its other revisions may be whole."


class SupabaseBlobStore:
    """The objects ``<project>/<hh>/<hash>`` of a bucket.

    Names are made of hashes and ids only, for the server refuses most of what a file may be called.
    An object is never overwritten on purpose; where two bring the same one at once the server
    takes both, and they are the same. ``start`` makes the bucket, or the first put does.
    """

    def __init__(self, keys: StorageKeys, patience: Patience | None = None) -> None:
        self._patience = patience or Patience()
        self._http = StorageHttp(keys, self._patience)
        self._bucket = Bucket(self._http, keys.bucket)
        self._uploads = ResumableUploads(self._http, keys.bucket, self._bucket.has)

    async def start(self) -> None:
        """Make the bucket if it is missing. A store that is away now does not matter."""
        try:
            async with self._bounded(at_most=_START):
                await self._bucket.make()
        except StorageUnavailable as error:
            log.warning("the project store is not ready: %s", reason(error))

    async def aclose(self) -> None:
        """Let go of connections. May be called twice."""
        await self._http.aclose()

    async def check(self) -> None:
        """Make sure that the bucket is there, is private and can be used, or say why not.

        Raises StorageUnavailable.
        """
        async with self._bounded():
            await self._bucket.make()
            await self._bucket.page("")

    async def put(self, project_id: ProjectId, spool: Spool) -> BlobHash:
        """Keep the spool's bytes, durably, and return their hash.

        Small ones take one request, whether they are there already or not.
        """
        key = _key(project_id, spool.blob)
        async with self._bounded(spool.size):
            try:
                await self._bring(key, spool)
            except Refused as refusal:
                if not refusal.is_missing_bucket:
                    raise
                await self._bucket.make()
                await self._bring(key, spool)
        return spool.blob

    async def open(self, project_id: ProjectId, blob: BlobHash) -> AsyncIterator[bytes]:
        """Give a blob's bytes in pieces."""
        digest, held = hashlib.sha256(), b""
        read = cast("AsyncGenerator[bytes, None]", self._bucket.read(_key(project_id, blob)))
        with _translated():
            async with aclosing(read) as pieces:
                async for piece in pieces:
                    digest.update(piece)
                    if held:
                        yield held
                    held = piece
        if digest.hexdigest() != blob:
            raise StorageUnavailable(_DAMAGED)
        yield held

    async def exists(self, project_id: ProjectId, blob: BlobHash) -> bool:
        """Tell whether the blob is kept."""
        async with self._bounded():
            return await self._bucket.has(_key(project_id, blob))

    async def delete(self, project_id: ProjectId, blob: BlobHash) -> None:
        """Remove a blob."""
        async with self._bounded():
            await self._bucket.remove([_key(project_id, blob)])

    async def delete_project(self, project_id: ProjectId) -> None:
        """Remove all of a project's blobs."""
        while keys := await self._some(project_id):
            async with self._bounded():
                if not await self._bucket.remove(keys):
                    raise StorageUnavailable("The project store does not remove what it lists.")

    async def projects(self) -> AsyncIterator[ProjectId]:
        """Give every project that has blobs."""
        with _translated():
            async for page in self._bucket.pages("", with_delimiter=True):
                for folder in page.folders:
                    if found := _FOLDER.fullmatch(folder.name):
                        yield ProjectId(found[1])

    async def list(self, project_id: ProjectId) -> AsyncIterator[StoredBlob]:
        """Give the project's blobs."""
        with _translated():
            async for page in self._bucket.pages(f"{project_id}/"):
                for one in page.objects:
                    if found := _KEY.fullmatch(one.name):
                        blob, size = BlobHash(found[2]), one.metadata.size
                        yield StoredBlob(blob=blob, size=size, stored_at=one.created_at)

    async def _bring(self, key: str, spool: Spool) -> None:
        if spool.size > CHUNK:
            return await self._uploads.bring(key, spool)
        content = await asyncio.to_thread(spool.content) if spool.path else spool.content()
        return await self._bucket.add(key, content)

    async def _some(self, project_id: ProjectId) -> builtins.list[str]:
        async with self._bounded():
            return [one.name for one in (await self._bucket.page(f"{project_id}/")).objects]

    @asynccontextmanager
    async def _bounded(self, size: int = 0, *, at_most: float | None = None) -> AsyncIterator[None]:
        """Bound the time that a step takes, and say what went wrong in our words."""
        with _translated():
            async with asyncio.timeout(at_most or self._patience.total + size / _SLOWEST):
                yield


def reason(error: StorageUnavailable) -> str:
    """Return what went wrong, for the admin."""
    cause = error.__cause__
    if isinstance(cause, NoAnswer):
        return f"it does not answer ({cause.__cause__!r})"
    return f"it refuses ({cause})" if isinstance(cause, Refused) else error.message


@contextmanager
def _translated() -> Iterator[None]:
    """Let what goes wrong with the store be what the port says."""
    try:
        yield
    except (NoAnswer, TimeoutError) as error:
        raise StorageUnavailable from error
    except Refused as refusal:
        if refusal.is_passing:
            raise StorageUnavailable from refusal
        if refusal.is_missing_object:
            raise StorageUnavailable(_DAMAGED) from refusal
        if refusal.is_full:
            raise QuotaExceeded(_full(refusal)) from refusal
        log.warning("the project store refuses: %s", refusal)
        raise StorageUnavailable(_REFUSES) from refusal


def _key(project_id: ProjectId, blob: BlobHash) -> str:
    key = f"{project_id}/{blob[:2]}/{blob}"
    assert _KEY.fullmatch(key), key
    return key


def _full(refusal: Refused) -> str:
    if refusal.status == httpx.codes.REQUEST_ENTITY_TOO_LARGE:
        return "The project store takes no file this large: ask the admin to raise its limit."
    return "The project store is full: ask the admin to make room."
