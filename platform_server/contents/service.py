"""A project's files: read, written, moved and deleted, each save a revision, nothing ever lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import TYPE_CHECKING, TypeAlias

from cachetools import LRUCache

from platform_server.contents.archive import Archiver
from platform_server.contents.arrange import Arranger
from platform_server.contents.checkpoints import CheckpointService
from platform_server.contents.differ import Differ
from platform_server.contents.fill import Filler
from platform_server.contents.garbage import GarbageService
from platform_server.contents.history import HistoryService
from platform_server.contents.importing import Importer
from platform_server.contents.model import Entry, Origin, RevisionId
from platform_server.contents.outputs import OutputService
from platform_server.contents.project_checkpoints import ProjectCheckpointService
from platform_server.contents.quota import Quotas
from platform_server.contents.reading import Entries, Reader
from platform_server.contents.retention import RetentionService
from platform_server.contents.revert import Reverter
from platform_server.contents.save import Saver, Terms
from platform_server.contents.spool import Spool, clear, spooled
from platform_server.contents.step import Step
from platform_server.contents.trust import TrustService
from platform_server.contents.uploads import UploadService
from platform_server.contents.waiting import Waiting
from platform_server.errors import WrongKind
from platform_server.projects.names import parse_path

if TYPE_CHECKING:
    from collections.abc import Collection
    from contextlib import AbstractAsyncContextManager
    from datetime import datetime

    from platform_server.contents.parts import Parts
    from platform_server.identity.model import UserId
    from platform_server.projects.model import ProjectId

_PROJECTS_REMEMBERED = 2000

Data: TypeAlias = bytes | AsyncIterator[bytes] | Spool


class ContentsService:
    """What people and programs do with a project's files.

    Who may is decided before; ``author`` says whose doing it is. Paths are relative to the project;
    every method raises InvalidPath for one that cannot be. Reading first takes over what code in
    the sandbox did to that path, so that what was just written is what is read.
    """

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._saved: LRUCache[ProjectId, datetime] = LRUCache(_PROJECTS_REMEMBERED)
        self.quotas = Quotas(parts)
        self._step = Step(parts, self.quotas)
        self._saver = Saver(parts, self._step, self.quotas)
        self._filler = Filler(parts, self._step, self._saver)
        self.waiting = Waiting()
        self._reader = Reader(parts, self._step, self._filler, self.waiting)
        self._arranger = Arranger(parts, self._step, self._saver, self._reader, self.quotas)
        self.history = HistoryService(parts, self._filler, self._saver, self.waiting)
        self.checkpoints = CheckpointService(parts, self._reader, self.history)
        self.uploads = UploadService(parts, self._filler, self._saver)
        self.trust = TrustService(parts)
        self.outputs = OutputService(parts, self._reader, self._saver)
        self.archives = Archiver(self._reader)
        self.differ = Differ()
        self.imports = Importer(parts, self._step, self._filler, self.quotas)
        self.project_checkpoints = ProjectCheckpointService(
            parts, self._reader, Reverter(parts, self._step, self.quotas)
        )
        self.retention = RetentionService(parts)
        self.garbage = GarbageService(
            parts.blobs, parts.garbage, grace=parts.limits.grace, now=parts.now
        )

    async def start(self) -> None:
        """Make the folder for what comes in, and clear it of what a killed server left there."""
        await asyncio.to_thread(clear, self._parts.spool_folder)
        self.retention.start()
        self.garbage.start()

    async def aclose(self) -> None:
        """Drop the uploads that are under way. May be called twice."""
        await self.garbage.aclose()
        await self.retention.aclose()
        await self.differ.aclose()
        await self.uploads.aclose()

    async def stat(self, project_id: ProjectId, path: str) -> Entry:
        """Return what is at the path. Raises FileMissing."""
        return await self._reader.stat(project_id, path)

    async def latest(self, project_id: ProjectId, path: str) -> Entry:
        """Return what is at the path, for whoever reads its bytes. Raises FileMissing.

        A notebook first gets what its cells put out and no page has saved.
        """
        return await self._reader.latest(project_id, path)

    async def exists(self, project_id: ProjectId, path: str) -> bool:
        """Tell whether there is something at the path."""
        return await self._reader.exists(project_id, path)

    async def list(self, project_id: ProjectId, path: str) -> Entries:
        """Return what is in a folder, by name. Raises FileMissing, WrongKind."""
        return await self._reader.list(project_id, path)

    async def read(self, project_id: ProjectId, path: str) -> tuple[Entry, bytes]:
        """Return a file with its bytes. Raises FileMissing, WrongKind, TooLarge."""
        entry = await self._reader.stat(project_id, path)
        return entry, await self._reader.bytes_of(entry)

    async def bytes_of(self, entry: Entry) -> bytes:
        """Return the bytes of exactly this entry. Raises WrongKind, TooLarge."""
        return await self._reader.bytes_of(entry)

    async def open(self, project_id: ProjectId, path: str) -> tuple[Entry, AsyncIterator[bytes]]:
        """Return a file and its bytes in pieces. Raises FileMissing, WrongKind."""
        entry = await self._reader.stat(project_id, path)
        return entry, self._reader.stream(entry)

    def stream(self, entry: Entry, *, start: int = 0) -> AsyncIterator[bytes]:
        """Return the bytes of exactly this entry from ``start`` on, in pieces. Raises WrongKind."""
        return self._reader.stream(entry, start=start)

    async def write(
        self,
        project_id: ProjectId,
        path: str,
        data: Data,
        *,
        author: UserId | None,
        expected: RevisionId | None = None,
        origin: Origin = Origin.API,
    ) -> Entry:
        """Save a file, over the revision ``expected`` only if one is given. Raises as ``save``."""
        terms = Terms(author=author, expected=expected, origin=origin)
        return await self.save(project_id, path, data, terms)

    async def save(self, project_id: ProjectId, path: str, data: Data, terms: Terms) -> Entry:
        """Save a file on some terms; identical bytes make no new revision.

        Where the terms refuse it raises RevisionConflict, or saves beside it as a conflict copy and
        returns that if the terms say so. Raises WrongKind, FileMissing (a folder above is missing
        and not to be made), TooLarge, QuotaExceeded. A spool stays the caller's to close.
        """
        path = parse_path(path)
        if not path:
            raise WrongKind("A project is a folder: name a file in it.")
        await self._filler.ready(project_id)
        if terms.author is not None and terms.origin is Origin.API:
            self._saved[project_id] = self._parts.now()
        if isinstance(data, Spool):
            return await self._saver.save(project_id, path, data, terms)
        spool = await spooled(data, self._parts.spool_folder, limit=self._parts.limits.file)
        async with aclosing(spool):
            return await self._saver.save(project_id, path, spool, terms)

    def new_spool(self) -> Spool:
        """Return a place for the bytes of a file that come in pieces, to be saved then."""
        return Spool(self._parts.spool_folder, limit=self._parts.limits.file)

    async def make_directory(self, project_id: ProjectId, path: str) -> Entry:
        """Make a folder and those above it; fine if it exists. Raises WrongKind."""
        return await self._arranger.make_directory(project_id, path)

    async def move(self, project_id: ProjectId, old: str, new: str) -> Entry:
        """Rename a file or folder within the project; its history goes along.

        Raises FileMissing, NameTaken, WrongKind, InvalidPath (a folder into itself).
        """
        return await self._arranger.move(project_id, old, new)

    async def copy(
        self,
        project_id: ProjectId,
        path: str,
        new: str,
        *,
        author: UserId | None,
        into: ProjectId | None = None,
    ) -> Entry:
        """Copy a file or folder to a path where there is nothing, perhaps of another project.

        Raises FileMissing, NameTaken, WrongKind, InvalidPath (a folder into itself).
        """
        return await self._arranger.copy(project_id, path, new, author, into or project_id)

    async def delete(self, project_id: ProjectId, path: str, *, recursive: bool = True) -> None:
        """Delete a file or folder; what was in it stays in the history.

        Raises FileMissing, and DirectoryNotEmpty for a filled folder unless ``recursive``.
        """
        await self._arranger.delete(project_id, path, recursive=recursive)

    async def absorb(self, project_id: ProjectId) -> None:
        """Take over everything that code in the sandbox changed."""
        await self._filler.ready(project_id)
        await self._step.absorb(project_id)

    async def complete(self, project_id: ProjectId) -> None:
        """Make what is stored complete, for whoever reads all of the project.

        That is: save what cells put out and no page has saved, and take over what code changed.
        """
        await self._reader.complete(project_id)

    async def activity(self, project_id: ProjectId) -> datetime | None:
        """Return when somebody saved a file of the project last; None if that was long ago."""
        return self._saved.get(project_id)

    def not_kept(self, project_id: ProjectId) -> Collection[str]:
        """Return the paths of files that are in the sandbox only, because there was no room."""
        return self.quotas.not_kept(project_id)

    async def materialise(self, project_id: ProjectId) -> None:
        """Make sure that the workspace is there, filled from the store when it is new or was lost.

        To be awaited before a sandbox is started on it. Done once, it costs nothing.
        """
        await self._filler.ready(project_id)

    def exclusively(self, project_id: ProjectId) -> AbstractAsyncContextManager[None]:
        """Keep everybody off the project's workspace while its folders are replaced."""
        return self._step.lock(project_id)

    async def forget_project(self, project_id: ProjectId) -> None:
        """Remove a deleted project's workspace. For ``ProjectService.on_deleted``."""
        await self._filler.destroy(project_id)
