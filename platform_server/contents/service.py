"""A project's files: read, written, moved and deleted, each save a revision, nothing ever lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeAlias

from platform_server.contents.checkpoints import CheckpointService
from platform_server.contents.fill import Filler
from platform_server.contents.history import HistoryService
from platform_server.contents.model import Entry, Kind, Origin, RevisionId
from platform_server.contents.repository import MakeDirectory, Remove
from platform_server.contents.save import Saver, Terms
from platform_server.contents.spool import clear, spooled
from platform_server.contents.step import Step
from platform_server.contents.uninterrupted import uninterrupted
from platform_server.errors import (
    DirectoryNotEmpty,
    FileMissing,
    InvalidPath,
    NameTaken,
    TooLarge,
    WrongKind,
)
from platform_server.projects.names import composed, is_within, parse_path

if TYPE_CHECKING:
    from platform_server.contents.parts import Parts
    from platform_server.identity.model import UserId
    from platform_server.projects.model import ProjectId

Entries: TypeAlias = list[Entry]
Data: TypeAlias = bytes | AsyncIterator[bytes]
_EPOCH = datetime.fromtimestamp(0, UTC)


class ContentsService:
    """What people and programs do with a project's files.

    Who may is decided before; ``author`` says whose doing it is. Paths are relative to the project;
    every method raises InvalidPath for one that cannot be. Reading first takes over what code in
    the sandbox did to that path, so that what was just written is what is read.
    """

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._step = Step(parts)
        self._saver = Saver(parts, self._step)
        self._filler = Filler(parts, self._step, self._saver)
        self.limits = parts.limits
        self.history = HistoryService(parts, self._filler, self._saver)
        self.checkpoints = CheckpointService(parts, self._step, self.history)

    async def start(self) -> None:
        """Make the folder for what comes in, and clear it of what a killed server left there."""
        await asyncio.to_thread(clear, self._parts.spool_folder)

    async def aclose(self) -> None:
        """Nothing runs in the background, so there is nothing to end. May be called twice."""

    async def stat(self, project_id: ProjectId, path: str) -> Entry:
        """Return what is at the path. Raises FileMissing."""
        path = parse_path(path)
        await self.materialise(project_id)
        if not path:
            return _root(project_id)
        for candidate in dict.fromkeys((path, composed(path))):
            entry = await self._step.settled(project_id, candidate)
            if entry is not None:
                return entry
        raise FileMissing

    async def exists(self, project_id: ProjectId, path: str) -> bool:
        """Tell whether there is something at the path."""
        try:
            await self.stat(project_id, path)
        except FileMissing:
            return False
        return True

    async def list(self, project_id: ProjectId, path: str) -> Entries:
        """Return what is in a folder, by name. Raises FileMissing, WrongKind."""
        folder = await self.stat(project_id, path)
        if folder.kind is not Kind.DIRECTORY:
            raise WrongKind(f'"{folder.path}" is a file, not a folder.')
        found = await self._step.settle_folder(project_id, folder.path)
        return sorted(found.values(), key=lambda entry: entry.path)

    async def read(self, project_id: ProjectId, path: str) -> tuple[Entry, bytes]:
        """Return a file with its bytes. Raises FileMissing, WrongKind, TooLarge."""
        entry, pieces = await self.open(project_id, path)
        if (entry.size or 0) > self.limits.read:
            raise TooLarge("The file is too large to be opened like this: download it instead.")
        return entry, b"".join([piece async for piece in pieces])

    async def open(self, project_id: ProjectId, path: str) -> tuple[Entry, AsyncIterator[bytes]]:
        """Return a file and its bytes in pieces. Raises FileMissing, WrongKind."""
        entry = await self.stat(project_id, path)
        if entry.kind is not Kind.FILE:
            raise WrongKind(f'"{entry.path}" is a folder, not a file.')
        if entry.revision is None:
            return entry, self._parts.workspace.stream(project_id, entry.path)
        return entry, self._parts.blobs.open(project_id, entry.revision.blob)

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
        and not to be made), TooLarge, QuotaExceeded.
        """
        path = parse_path(path)
        if not path:
            raise WrongKind("A project is a folder: name a file in it.")
        await self.materialise(project_id)
        spool = await spooled(data, self._parts.spool_folder, limit=self.limits.file)
        async with aclosing(spool):
            return await self._saver.save(project_id, path, spool, terms)

    async def make_directory(self, project_id: ProjectId, path: str) -> Entry:
        """Make a folder and those above it; fine if it exists. Raises WrongKind."""
        path = parse_path(path)
        await self.materialise(project_id)
        if not path:
            return _root(project_id)
        async with self._step.lock(project_id):
            path = await self._saver.stored_path(project_id, path)
            entry = await self._step.settled_locked(project_id, path)
            if entry is None:
                await self._parts.workspace.make_directory(project_id, path)
                change = MakeDirectory(path=path)
                made = await self._parts.repository.commit(project_id, [change], self._parts.now())
                return made[path]
        if entry.kind is not Kind.DIRECTORY:
            raise WrongKind(f'"{entry.path}" is a file, not a folder.')
        return entry

    async def move(self, project_id: ProjectId, old: str, new: str) -> Entry:
        """Rename a file or folder within the project; its history goes along.

        Raises FileMissing, NameTaken, WrongKind, InvalidPath (a folder into itself).
        """
        new = parse_path(new)
        source = await self.stat(project_id, old)
        if not source.path or not new:
            raise InvalidPath("A project is renamed as a project, not as a file.")
        if new == source.path:
            return source
        if is_within(new, source.path):
            raise InvalidPath("A folder cannot be moved into itself.")
        if source.kind is Kind.DIRECTORY:
            await self.absorb(project_id)
        async with self._step.lock(project_id):
            new = await self._saver.stored_path(project_id, new)
            await self._saver.require_parent(project_id, new)
            await self._require_move(project_id, source.path, new)
            await uninterrupted(self._move(project_id, source.path, new))
        return await self.stat(project_id, new)

    async def copy(
        self, project_id: ProjectId, path: str, new: str, *, author: UserId | None
    ) -> Entry:
        """Copy a file or folder to a path where there is nothing. Raises as ``move`` does."""
        source = await self.stat(project_id, path)
        new = parse_path(new)
        if source.kind is Kind.FILE:
            _, pieces = await self.open(project_id, source.path)
            terms = Terms(author=author, must_be_new=True, origin=Origin.COPY)
            return await self.save(project_id, new, pieces, terms)
        if not new or is_within(new, source.path):
            raise InvalidPath("A folder cannot be copied into itself.")
        if await self.exists(project_id, new):
            raise NameTaken
        await self.absorb(project_id)
        made = await self.make_directory(project_id, new)
        for entry in await self._parts.repository.below(project_id, source.path):
            target = f"{made.path}{entry.path.removeprefix(source.path)}"
            if entry.kind is Kind.DIRECTORY:
                await self.make_directory(project_id, target)
            else:
                await self.copy(project_id, entry.path, target, author=author)
        return made

    async def delete(self, project_id: ProjectId, path: str, *, recursive: bool = True) -> None:
        """Delete a file or folder; what was in it stays in the history.

        Raises FileMissing, and DirectoryNotEmpty for a filled folder unless ``recursive``.
        """
        entry = await self.stat(project_id, path)
        if not entry.path:
            raise InvalidPath("A project is deleted as a project, not as a file.")
        if entry.kind is Kind.DIRECTORY:
            if not recursive and await self.list(project_id, entry.path):
                raise DirectoryNotEmpty
            await self.absorb(project_id)
        async with self._step.lock(project_id):
            await uninterrupted(self._remove(project_id, entry.path))

    async def absorb(self, project_id: ProjectId) -> None:
        """Take over everything that code in the sandbox changed."""
        await self.materialise(project_id)
        await self._step.absorb(project_id)

    async def materialise(self, project_id: ProjectId) -> None:
        """Make sure that the workspace is there, filled from the store when it is new or was lost.

        To be awaited before a sandbox is started on it. Done once, it costs nothing.
        """
        await self._filler.ready(project_id)

    async def forget_project(self, project_id: ProjectId) -> None:
        """Remove a deleted project's workspace. For ``ProjectService.on_deleted``."""
        await self._filler.destroy(project_id)

    async def trust(self, user_id: UserId, entry: Entry) -> None:
        """Remember that the user trusts the file with the content it has now, and no other."""
        if entry.revision is not None:
            await self._parts.repository.trust(
                user_id, entry.project_id, entry.path, entry.revision.blob
            )

    async def is_trusted(self, user_id: UserId, entry: Entry) -> bool:
        """Tell whether the user trusts the file with exactly the content it has now."""
        return entry.revision is not None and await self._parts.repository.is_trusted(
            user_id, entry.project_id, entry.path, entry.revision.blob
        )

    async def _require_move(self, project_id: ProjectId, old: str, new: str) -> None:
        if await self._step.settled_locked(project_id, old) is None:
            raise FileMissing
        if await self._step.settled_locked(project_id, new) is not None:
            raise NameTaken

    async def _move(self, project_id: ProjectId, old: str, new: str) -> None:
        """Rename in the workspace, then in the store; back again if the store refuses."""
        await self._parts.workspace.move(project_id, old, new)
        self._step.forget(project_id, old)
        try:
            await self._parts.repository.move(project_id, old, new)
        except BaseException:
            await self._parts.workspace.move(project_id, new, old)
            raise

    async def _remove(self, project_id: ProjectId, path: str) -> None:
        await self._parts.workspace.remove(project_id, path)
        self._step.forget(project_id, path)
        change = Remove(path=path)
        await self._parts.repository.commit(project_id, [change], self._parts.now())


def _root(project_id: ProjectId) -> Entry:
    return Entry(
        project_id=project_id,
        path="",
        kind=Kind.DIRECTORY,
        revision=None,
        created_at=_EPOCH,
        modified_at=_EPOCH,
    )
