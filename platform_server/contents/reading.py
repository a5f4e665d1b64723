"""Looking at files: each time after taking over what code in the sandbox did to them."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeAlias, cast

from platform_server.contents.model import Entry, Kind
from platform_server.contents.spool import Spool
from platform_server.errors import (
    FileMissing,
    PlatformError,
    StorageUnavailable,
    TooLarge,
    WrongKind,
)
from platform_server.projects.names import composed, parse_path

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator

    from platform_server.contents.fill import Filler
    from platform_server.contents.model import Revision
    from platform_server.contents.parts import Parts
    from platform_server.contents.step import Step
    from platform_server.contents.waiting import Waiting
    from platform_server.projects.model import ProjectId

Entries: TypeAlias = list[Entry]
_PIECE = 1 << 20  # bytes
_EPOCH = datetime.fromtimestamp(0, UTC)


class Reader:
    """Reads entries and their bytes. ``ContentsService`` says what each method promises."""

    def __init__(self, parts: Parts, step: Step, filler: Filler, waiting: Waiting) -> None:
        self._parts = parts
        self._step = step
        self._filler = filler
        self._waiting = waiting

    async def stat(self, project_id: ProjectId, path: str) -> Entry:
        """Return what is at the path."""
        path = parse_path(path)
        await self._filler.ready(project_id)
        if not path:
            return root_entry(project_id)
        for candidate in dict.fromkeys((path, composed(path))):
            entry = await self._step.settled(project_id, candidate)
            if entry is not None:
                return entry
        raise FileMissing

    async def latest(self, project_id: ProjectId, path: str) -> Entry:
        """Return what is at the path, for whoever reads its bytes."""
        entry = await self.stat(project_id, path)
        if _is_notebook(entry) and await self._waiting.bring(project_id):
            return await self.stat(project_id, path)
        return entry

    async def complete(self, project_id: ProjectId) -> None:
        """Save what waits, and take over everything that code changed."""
        await self._filler.ready(project_id)
        await self._waiting.bring(project_id)
        await self._step.absorb(project_id)

    async def exists(self, project_id: ProjectId, path: str) -> bool:
        """Tell whether there is something at the path."""
        try:
            await self.stat(project_id, path)
        except FileMissing:
            return False
        return True

    async def list(self, project_id: ProjectId, path: str) -> Entries:
        """Return what is in a folder."""
        folder = await self.stat(project_id, path)
        if folder.kind is not Kind.DIRECTORY:
            raise WrongKind(f'"{folder.path}" is a file, not a folder.')
        found = await self._step.settle_folder(project_id, folder.path)
        return sorted(found.values(), key=lambda entry: entry.path)

    def stream(self, entry: Entry, *, start: int = 0) -> AsyncIterator[bytes]:
        """Give the bytes of exactly this entry from ``start`` on in pieces."""
        if entry.kind is not Kind.FILE:
            raise WrongKind(f'"{entry.path}" is a folder, not a file.')
        if entry.revision is None:
            return self._parts.workspace.stream(entry.project_id, entry.path, start=start)
        pieces = self._pieces(entry, entry.revision)
        return _after(pieces, start) if start else pieces

    async def _pieces(self, entry: Entry, revision: Revision) -> AsyncIterator[bytes]:
        """Give a revision's bytes; the workspace may have them, too, when the store is away."""
        pieces = self._parts.blobs.open(entry.project_id, revision.blob)
        async with aclosing(cast("AsyncGenerator[bytes, None]", pieces)) as stream:
            try:
                first = await anext(stream, b"")
            except StorageUnavailable:
                spool = await self._copy(entry, revision)
                if spool is None:
                    raise
            else:
                yield first
                async for piece in stream:
                    yield piece
                return
        async with aclosing(spool):
            with spool.reader() as source:
                while piece := await asyncio.to_thread(source.read, _PIECE):
                    yield piece

    async def _copy(self, entry: Entry, revision: Revision) -> Spool | None:
        """Return the file that is in the workspace, if it has exactly the revision's bytes."""
        spool = Spool(self._parts.spool_folder, limit=revision.size)
        try:
            found = await self._parts.workspace.copy_out(entry.project_id, entry.path, spool)
        except PlatformError:
            found = None
        if found is not None and spool.blob == revision.blob:
            return spool
        await spool.aclose()
        return None

    async def bytes_of(self, entry: Entry) -> bytes:
        """Return the bytes of exactly this entry."""
        limit, size = self._parts.limits.read, entry.size or 0
        pieces: list[bytes] = []
        if size <= limit:
            async with aclosing(cast("AsyncGenerator[bytes, None]", self.stream(entry))) as stream:
                async for piece in stream:
                    pieces.append(piece)
                    if sum(map(len, pieces)) > limit:  # code made it larger meanwhile
                        break
        if max(size, sum(map(len, pieces))) > limit:
            raise TooLarge("The file is too large to be opened: download it instead.")
        return b"".join(pieces)


async def _after(pieces: AsyncIterator[bytes], start: int) -> AsyncIterator[bytes]:
    """Give what comes after the first ``start`` bytes: a blob is checked from its beginning."""
    async with aclosing(cast("AsyncGenerator[bytes, None]", pieces)) as stream:
        async for piece in stream:
            if start < len(piece):
                yield piece[start:]
            start = max(start - len(piece), 0)


def _is_notebook(entry: Entry) -> bool:
    return entry.kind is Kind.FILE and entry.path.lower().endswith(".ipynb")


def root_entry(project_id: ProjectId) -> Entry:
    """Return the project itself as a folder."""
    return Entry(
        project_id=project_id,
        path="",
        kind=Kind.DIRECTORY,
        revision=None,
        created_at=_EPOCH,
        modified_at=_EPOCH,
    )
