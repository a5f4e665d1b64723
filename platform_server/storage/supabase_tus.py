"""Resumable uploads to Supabase Storage (TUS 1.0), which go on after a break."""

from __future__ import annotations

import asyncio
import base64
import re
from typing import TYPE_CHECKING, BinaryIO

import httpx

from platform_server.storage.supabase_http import NoAnswer, Refused, may_pass

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from platform_server.contents.spool import Spool
    from platform_server.storage.supabase_http import StorageHttp

CHUNK = 6 << 20  # bytes of every request but the last one: the server's rule
_PIECE = 1 << 18  # bytes read at once
_UPLOADS = "/upload/resumable"
_VERSION = {"Tus-Resumable": "1.0.0"}
_IDENTITY = re.compile(r"[A-Za-z0-9_=.~-]+", re.ASCII)
_BEGIN_AGAIN = {httpx.codes.NOT_FOUND, httpx.codes.GONE, httpx.codes.CONFLICT}
_BEGINNINGS = 3


class ResumableUploads:
    """Brings large objects into a bucket. ``is_kept`` tells whether there is such an object."""

    def __init__(
        self, http: StorageHttp, bucket: str, is_kept: Callable[[str], Awaitable[bool]]
    ) -> None:
        self._http = http
        self._bucket = bucket
        self._is_kept = is_kept

    async def bring(self, key: str, spool: Spool) -> None:
        """Make an object of the spool's bytes, unless there is one. Raises NoAnswer, Refused."""
        for left in reversed(range(_BEGINNINGS)):
            try:
                upload = await self._http.persevering(lambda: self._create(key, spool.size))
                return await self._send(upload, spool)
            except Refused as refusal:
                # "Conflict" says that the object is there, or that the server has not as many
                # bytes as we think; "not found" that it has forgotten what we had begun.
                if refusal.is_conflict and await self._is_kept(key):
                    return None
                if refusal.status not in _BEGIN_AGAIN or refusal.is_missing_bucket or not left:
                    raise
        return None

    async def _create(self, key: str, size: int) -> str:
        metadata = {
            "bucketName": self._bucket,
            "objectName": key,
            "contentType": "application/octet-stream",
            "cacheControl": "0",
        }
        headers = {
            "Upload-Length": str(size),
            "Upload-Metadata": ",".join(f"{name} {_base64(metadata[name])}" for name in metadata),
            "x-upsert": "false",
        }
        answer = await self._http.call("POST", _UPLOADS, headers=_VERSION | headers)
        # The server does not always know by what name it is reached: only the last part counts,
        # and the key is not sent anywhere else.
        identity = answer.headers.get("Location", "").rpartition("/")[2]
        if not _IDENTITY.fullmatch(identity):
            raise NoAnswer
        return f"{_UPLOADS}/{identity}"

    async def _send(self, upload: str, spool: Spool) -> None:
        offset = 0
        while offset < spool.size:
            try:
                offset = await self._append(upload, spool, offset)
            except (NoAnswer, Refused) as error:
                if not may_pass(error):
                    raise
                offset = await self._resume(upload, spool, offset)

    async def _resume(self, upload: str, spool: Spool, offset: int) -> int:
        """Ask what the server has, and go on from there if that is no more than it was."""

        async def again() -> int:
            has = await self._offset(upload)
            return has if has > offset else await self._append(upload, spool, has)

        return await self._http.persevering(again, has_begun=True)

    async def _append(self, upload: str, spool: Spool, offset: int) -> int:
        size = min(CHUNK, spool.size - offset)
        headers = {
            "Upload-Offset": str(offset),
            "Content-Type": "application/offset+octet-stream",
            "Content-Length": str(size),
        }
        stream = await asyncio.to_thread(spool.reader)
        try:
            pieces = _pieces(stream, offset, size)
            answer = await self._http.call(
                "PATCH", upload, headers=_VERSION | headers, content=pieces
            )
        finally:
            stream.close()
        return _offset_of(answer)

    async def _offset(self, upload: str) -> int:
        return _offset_of(await self._http.call("HEAD", upload, headers=_VERSION))


async def _pieces(stream: BinaryIO, start: int, size: int) -> AsyncIterator[bytes]:
    """Give a part of the stream; it is never in memory as a whole."""
    stream.seek(start)
    while size and (piece := await asyncio.to_thread(stream.read, min(size, _PIECE))):
        size -= len(piece)
        yield piece


def _offset_of(answer: httpx.Response) -> int:
    offset = answer.headers.get("Upload-Offset", "")
    if not offset.isdecimal():
        raise NoAnswer
    return int(offset)


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
