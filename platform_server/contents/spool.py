"""Bytes on their way in: counted and hashed as they come, in memory while few, then in a file."""

from __future__ import annotations

import asyncio
import hashlib
import io
import os
import secrets
import tempfile
from typing import TYPE_CHECKING, BinaryIO

from platform_server.contents.model import BlobHash
from platform_server.errors import QuotaExceeded, TooLarge

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

IN_MEMORY = 1 << 20  # bytes; what is larger goes to a file
_PREFIX = "spool-"
_THREAD_FROM = 1 << 16  # bytes; smaller pieces are not worth a thread


class Spool:
    """An append-only buffer. ``aclose`` when done: it removes the file, whatever happened."""

    def __init__(self, folder: Path, *, limit: int) -> None:
        self._folder = folder
        self._limit = limit
        self._hash = hashlib.sha256()
        self._memory: bytearray | None = bytearray()
        self._file: BinaryIO | None = None
        self.size = 0  # bytes
        self.path: Path | None = None  # where the bytes are, once they are many

    @property
    def blob(self) -> BlobHash:
        """The SHA-256 of what has come so far."""
        return BlobHash(self._hash.hexdigest())

    async def append(self, data: bytes) -> None:
        """Add bytes. Raises TooLarge beyond the limit, QuotaExceeded when the disk is full."""
        if len(data) < _THREAD_FROM and self._file is None:
            self.write(data)
        else:
            await asyncio.to_thread(self.write, data)

    def write(self, data: bytes) -> None:
        """Add bytes, in the calling thread."""
        if self.size + len(data) > self._limit:
            raise TooLarge(f"That is more than the {self._limit:,} bytes a file may have.")
        self._hash.update(data)
        self.size += len(data)
        if self._memory is not None and self.size <= IN_MEMORY:
            self._memory += data
            return
        try:
            self._spilled().write(data)
        except OSError as error:
            raise QuotaExceeded("The server's disk is full.") from error

    def reader(self) -> BinaryIO:
        """Return a new stream over all the bytes; the caller closes it."""
        if self._memory is not None:
            return io.BytesIO(self._memory)
        self._spilled().flush()
        assert self.path is not None
        return self.path.open("rb")

    def content(self) -> bytes:
        """Return all the bytes; only sensible while they are few."""
        with self.reader() as stream:
            return stream.read()

    def sync(self) -> None:
        """Make sure that the file's bytes are on the disk."""
        if self._file is not None:
            self._file.flush()
            os.fsync(self._file.fileno())

    async def aclose(self) -> None:
        """Let go of the bytes. May be called twice."""
        await asyncio.to_thread(self.close) if self._file else self.close()

    def close(self) -> None:
        """Do the same in the calling thread."""
        self._memory = None
        if self._file is not None:
            self._file.close()
            self._file = None
        if self.path is not None:
            self.path.unlink(missing_ok=True)
            self.path = None

    def _spilled(self) -> BinaryIO:
        """Return the file, moving there what was in memory."""
        if self._file is None:
            descriptor, name = tempfile.mkstemp(dir=self._folder, prefix=_PREFIX)
            self._file = os.fdopen(descriptor, "wb")
            self.path = self._folder / name
            self._file.write(self._memory or b"")
            self._memory = None
        return self._file


def passing_path(folder: Path) -> Path:
    """Return a new path in the folder, for a file that ``clear`` removes if its maker is killed."""
    return folder / f"{_PREFIX}{secrets.token_hex(8)}"


def clear(folder: Path) -> None:
    """Make the folder for spools and remove those that a killed server left. It blocks."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for path in folder.glob(f"{_PREFIX}*"):
        path.unlink(missing_ok=True)


async def spooled(data: bytes | AsyncIterator[bytes], folder: Path, *, limit: int) -> Spool:
    """Return a spool with all of ``data``; it is closed again if the data do not come to an end."""
    spool = Spool(folder, limit=limit)
    try:
        if isinstance(data, bytes):
            await spool.append(data)
        else:
            async for piece in data:
                await spool.append(piece)
    except BaseException:
        await spool.aclose()
        raise
    return spool
