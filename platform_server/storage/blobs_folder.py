"""Blobs as files in a folder of this machine: the embedded object store."""

from __future__ import annotations

import asyncio
import errno
import hashlib
import os
import re
import shutil
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from platform_server.contents.blobs import StoredBlob
from platform_server.contents.model import BlobHash
from platform_server.contents.spool import passing_path
from platform_server.errors import QuotaExceeded, StorageUnavailable
from platform_server.projects.model import ProjectId

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from platform_server.contents.spool import Spool

_PIECE = 1 << 20  # bytes read at once
_INCOMING = "incoming"
_BLOB = re.compile(r"[0-9a-f]{64}", re.ASCII)
_FULL = {errno.ENOSPC, errno.EDQUOT}
_UNREADABLE = "The project store cannot be read."
_DAMAGED = "The stored bytes of this file are missing or damaged; its other revisions may be whole."


class FolderBlobStore:
    """The folder ``<root>/<project>/<hh>/<hash>``. Safe to kill at any moment.

    What is half-written then stands in ``<root>/incoming``, which is cleared at the next start.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._incoming = root / _INCOMING

    async def put(self, project_id: ProjectId, spool: Spool) -> BlobHash:
        """Keep the spool's bytes, durably, and return their hash."""
        await asyncio.to_thread(self._put, self._path(project_id, spool.blob), spool)
        return spool.blob

    async def open(self, project_id: ProjectId, blob: BlobHash) -> AsyncIterator[bytes]:
        """Give a blob's bytes in pieces."""
        path = self._path(project_id, blob)
        with _reported(_DAMAGED):
            stream = await asyncio.to_thread(path.open, "rb")
        with stream:
            digest = hashlib.sha256()
            held = await asyncio.to_thread(_read, stream.fileno(), digest)
            while piece := await asyncio.to_thread(_read, stream.fileno(), digest):
                yield held
                held = piece
        if digest.hexdigest() != blob:
            raise StorageUnavailable(_DAMAGED)
        yield held

    async def exists(self, project_id: ProjectId, blob: BlobHash) -> bool:
        """Tell whether the blob is kept."""
        return await asyncio.to_thread(self._path(project_id, blob).exists)

    async def delete(self, project_id: ProjectId, blob: BlobHash) -> None:
        """Remove a blob."""
        await asyncio.to_thread(self._path(project_id, blob).unlink, missing_ok=True)

    async def delete_project(self, project_id: ProjectId) -> None:
        """Remove all of a project's blobs."""
        await asyncio.to_thread(shutil.rmtree, self._root / project_id, ignore_errors=True)

    async def projects(self) -> AsyncIterator[ProjectId]:
        """Give every project that has blobs."""
        for path in await asyncio.to_thread(_folders, self._root):
            if path.name != _INCOMING and await asyncio.to_thread(_has_blobs, path):
                yield ProjectId(path.name)

    async def list(self, project_id: ProjectId) -> AsyncIterator[StoredBlob]:
        """Give the project's blobs."""
        for folder in await asyncio.to_thread(_folders, self._root / project_id):
            for stored in await asyncio.to_thread(_stored, folder):
                yield stored

    def _path(self, project_id: ProjectId, blob: BlobHash) -> Path:
        return self._root / project_id / blob[:2] / blob

    def _put(self, path: Path, spool: Spool) -> None:
        if path.exists():
            return
        temporary = passing_path(self._incoming)
        with _reported("The project store cannot be written."):
            _make_durably(self._incoming)
            _make_durably(path.parent)
            try:
                _write(temporary, spool)
                temporary.rename(path)
            except BaseException:
                temporary.unlink(missing_ok=True)
                raise
            _sync_folder(path.parent)


def _read(descriptor: int, digest: hashlib._Hash) -> bytes:
    """Read a piece and count it in, both in one go off the event loop."""
    piece = os.read(descriptor, _PIECE)
    digest.update(piece)
    return piece


def _write(path: Path, spool: Spool) -> None:
    if spool.path is not None:
        spool.sync()
        os.link(spool.path, path)  # large ones are not written twice
        return
    with path.open("xb") as target:
        target.write(spool.content())
        target.flush()
        os.fsync(target.fileno())


def _folders(folder: Path) -> list[Path]:
    with _reported(_UNREADABLE):
        try:
            return sorted(path for path in folder.iterdir() if path.is_dir())
        except FileNotFoundError:
            return []


def _has_blobs(folder: Path) -> bool:
    return any(_stored(inner) for inner in _folders(folder))


def _stored(folder: Path) -> list[StoredBlob]:
    """Return the blobs in a folder of a project's."""
    with _reported(_UNREADABLE):
        found = []
        for path in folder.iterdir():
            if _BLOB.fullmatch(path.name):
                with suppress(FileNotFoundError):  # it was just deleted
                    found.append(_stored_blob(path))
        return found


def _stored_blob(path: Path) -> StoredBlob:
    status = path.stat()
    return StoredBlob(
        blob=BlobHash(path.name),
        size=status.st_size,
        stored_at=datetime.fromtimestamp(status.st_mtime, UTC),
    )


def _make_durably(directory: Path) -> None:
    """Make the folder and those above it, so that a power failure cannot take them back."""
    if directory.is_dir():
        return
    _make_durably(directory.parent)
    directory.mkdir(mode=0o700, exist_ok=True)
    _sync_folder(directory.parent)


def _sync_folder(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _reported(message: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise QuotaExceeded("The server's disk is full.") from error
        raise StorageUnavailable(message) from error
