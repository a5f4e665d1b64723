"""Files that come in numbered pieces, one request each, and count only when they are whole."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING

from platform_server.contents.spool import Spool
from platform_server.errors import Conflict, InvalidContent, LimitReached, TooManyRequests
from platform_server.projects.names import parse_path

if TYPE_CHECKING:
    from datetime import datetime

    from platform_server.contents.fill import Filler
    from platform_server.contents.model import Entry
    from platform_server.contents.parts import Parts
    from platform_server.contents.save import Saver, Terms
    from platform_server.identity.model import UserId
    from platform_server.projects.model import ProjectId

LAST = -1  # the number of an upload's last piece
MAX_OPEN = 20  # uploads that one user may have under way
PATIENCE = timedelta(hours=1)  # after which an upload that does not go on is dropped

Key = tuple["UserId", "ProjectId", str]


@dataclass(kw_only=True)
class _Upload:
    spool: Spool
    at: datetime  # of the last piece
    number: int = 0  # of the last piece
    digest: bytes = b""  # of the last piece, to know it again when it is sent twice
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class UploadService:
    """Uploads under way, one per user and path. The bytes wait in files, not in memory.

    A piece that is sent a second time, because its answer was lost, is taken once.
    """

    def __init__(self, parts: Parts, filler: Filler, saver: Saver) -> None:
        self._parts = parts
        self._filler = filler
        self._saver = saver
        self._open: dict[Key, _Upload] = {}

    async def add(
        self, project_id: ProjectId, path: str, number: int, data: bytes, terms: Terms
    ) -> Entry | None:
        """Take piece 1, 2, 3, ..., and LAST, with which the file is saved and returned.

        Raises Conflict for a piece out of order, TooManyRequests, and what saving raises.
        """
        if terms.author is None:
            raise InvalidContent("An upload has an author.")
        key = (terms.author, project_id, parse_path(path))
        digest = sha256(data).digest()
        upload = await self._upload(key, number, digest)
        async with upload.lock:
            if (number, digest) == (upload.number, upload.digest):
                return None
            if number not in {upload.number + 1, LAST}:
                await self._drop(key)
                raise Conflict("A piece of the upload is missing: start again with the first.")
            await self._append(key, upload, data)
            upload.number, upload.digest = number, digest
            upload.at = self._parts.now()
            if number != LAST:
                return None
            del self._open[key]
            await self._filler.ready(project_id)
            async with aclosing(upload.spool):
                return await self._saver.save(project_id, key[2], upload.spool, terms)

    async def aclose(self) -> None:
        """Drop what is under way. May be called twice."""
        for key in list(self._open):
            await self._drop(key)

    async def _append(self, key: Key, upload: _Upload, data: bytes) -> None:
        try:
            await upload.spool.append(data)
        except LimitReached:
            await self._drop(key)
            raise

    async def _upload(self, key: Key, number: int, digest: bytes) -> _Upload:
        await self._drop_stale()
        known = self._open.get(key)
        is_other = known is not None and (known.number, known.digest) not in {(0, b""), (1, digest)}
        if number == 1 and is_other:
            await self._drop(key)
            known = None
        if known is not None:
            return known
        if number != 1:
            raise Conflict("This upload is not under way any more: start again with piece 1.")
        if sum(user == key[0] for user, _, _ in self._open) >= MAX_OPEN:
            raise TooManyRequests("You have too many uploads under way: let one end first.")
        spool = Spool(self._parts.spool_folder, limit=self._parts.limits.file)
        upload = self._open[key] = _Upload(spool=spool, at=self._parts.now())
        return upload

    async def _drop_stale(self) -> None:
        limit = self._parts.now() - PATIENCE
        for key in [key for key, upload in self._open.items() if upload.at < limit]:
            await self._drop(key)

    async def _drop(self, key: Key) -> None:
        upload = self._open.pop(key, None)
        if upload is not None:
            await upload.spool.aclose()
