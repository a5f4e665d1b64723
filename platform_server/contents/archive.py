"""A folder as one zip file, made while it is sent: no more than a piece of it is in memory."""

from __future__ import annotations

import asyncio
import logging
import zipfile
from contextlib import aclosing
from datetime import UTC, datetime
from typing import TYPE_CHECKING, cast

from platform_server.contents.limits import PASSED_OVER
from platform_server.contents.model import Kind
from platform_server.errors import FileMissing, WrongKind

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator

    from platform_server.contents.model import Entry
    from platform_server.contents.reading import Reader
    from platform_server.projects.model import ProjectId

log = logging.getLogger(__name__)

_SENT_AT_ONCE = 1 << 16  # bytes; fewer wait for more
_LARGE = 1 << 31  # bytes, from which on a member has the long form of its sizes
_EARLIEST = datetime(1980, 1, 1, tzinfo=UTC)  # that a zip file can express
_LATEST = datetime(2107, 12, 31, tzinfo=UTC)
_STORED = frozenset({"zip", "gz", "xz", "bz2", "zst", "png", "jpg", "jpeg", "mp4", "parquet"})


class Archiver:
    """Packs folders. Who may is decided before."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    async def folder(self, project_id: ProjectId, path: str) -> Entry:
        """Return the folder; what is stored of it is complete. Raises FileMissing, WrongKind."""
        entry = await self._reader.stat(project_id, path)
        if entry.kind is not Kind.DIRECTORY:
            raise WrongKind(f'"{entry.path}" is a file: download it as it is.')
        await self._reader.complete(project_id)
        return entry

    async def stream(self, folder: Entry) -> AsyncIterator[bytes]:
        """Give a zip file of what is in the folder, with names relative to it, in pieces.

        Folders that programs can make again are left out. What vanishes meanwhile is left out;
        raises StorageUnavailable when something that is kept cannot be read.
        """
        sink = _Sink()
        with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
            async with aclosing(self._packed(archive, folder)) as steps:
                async for _ in steps:
                    if sink.size >= _SENT_AT_ONCE:
                        yield sink.taken()
        yield sink.taken()

    async def _packed(self, archive: zipfile.ZipFile, folder: Entry) -> AsyncGenerator[None, None]:
        """Write all that is in the folder, giving way after each piece."""
        async for entry in self._below(folder):
            name = entry.path.removeprefix(f"{folder.path}/") if folder.path else entry.path
            async with aclosing(self._pack(archive, entry, name)) as steps:
                async for _ in steps:
                    yield

    async def _below(self, folder: Entry) -> AsyncIterator[Entry]:
        """Give what is in the folder and in the folders in it, one folder in memory at a time."""
        waiting = [folder.path]
        while waiting:
            for entry in await self._listed(folder.project_id, waiting.pop()):
                if entry.kind is Kind.FILE:
                    yield entry
                elif entry.name not in PASSED_OVER:
                    waiting.append(entry.path)
                    yield entry

    async def _listed(self, project_id: ProjectId, path: str) -> list[Entry]:
        try:
            return await self._reader.list(project_id, path)
        except (FileMissing, WrongKind):  # gone meanwhile
            return []

    async def _pack(
        self, archive: zipfile.ZipFile, entry: Entry, name: str
    ) -> AsyncGenerator[None, None]:
        """Write one member, giving way after each piece."""
        info = _info(entry, name)
        if entry.kind is Kind.DIRECTORY:
            archive.writestr(info, b"")
            yield
            return
        pieces = cast("AsyncGenerator[bytes, None]", self._reader.stream(entry))
        async with aclosing(pieces):
            try:
                first = await anext(pieces, b"")
            except FileMissing:
                log.info("a file vanished while its folder was packed")
                return
            with archive.open(info, "w", force_zip64=(entry.size or 0) >= _LARGE) as member:
                await asyncio.to_thread(member.write, first)
                yield
                async for piece in pieces:
                    await asyncio.to_thread(member.write, piece)
                    yield


class _Sink:
    """What a zip file is written to, and taken from: it cannot be rewound."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self.size = 0  # bytes that have not been taken

    def write(self, data: bytes, /) -> int:
        """Take bytes."""
        self._pieces.append(bytes(data))
        self.size += len(data)
        return len(data)

    def flush(self) -> None:
        """Do nothing: there is nothing behind it."""

    def close(self) -> None:
        """Do nothing: what was written can still be taken."""

    def taken(self) -> bytes:
        """Return what was written since the last time."""
        data = b"".join(self._pieces)
        self._pieces.clear()
        self.size = 0
        return data


def _info(entry: Entry, name: str) -> zipfile.ZipInfo:
    at = min(max(entry.modified_at.astimezone(UTC), _EARLIEST), _LATEST)
    is_folder = entry.kind is Kind.DIRECTORY
    info = zipfile.ZipInfo(f"{name}/" if is_folder else name, at.timetuple()[:6])
    info.external_attr = (0o40755 << 16) | 0x10 if is_folder else 0o100644 << 16
    stored = is_folder or name.rpartition(".")[2].lower() in _STORED
    info.compress_type = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
    return info
