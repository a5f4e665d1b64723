"""Moving, copying and deleting: in the workspace and in the store, under the lock."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING

from platform_server.contents.model import Kind, Origin
from platform_server.contents.repository import MakeDirectory, Remove
from platform_server.contents.save import Terms
from platform_server.contents.spool import spooled
from platform_server.errors import (
    DirectoryNotEmpty,
    FileMissing,
    InvalidPath,
    NameTaken,
    WrongKind,
)
from platform_server.projects.names import is_within, parse_path
from platform_server.uninterrupted import uninterrupted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from platform_server.contents.model import Entry
    from platform_server.contents.parts import Parts
    from platform_server.contents.quota import Quotas
    from platform_server.contents.reading import Reader
    from platform_server.contents.save import Saver
    from platform_server.contents.step import Step
    from platform_server.identity.model import UserId
    from platform_server.projects.model import ProjectId

_INTO_ITSELF = "A folder cannot be put into itself."


class Arranger:
    """Changes where things are. ``ContentsService`` says what each method promises."""

    def __init__(
        self, parts: Parts, step: Step, saver: Saver, reader: Reader, quotas: Quotas
    ) -> None:
        self._parts = parts
        self._quotas = quotas
        self._step = step
        self._saver = saver
        self._reader = reader

    async def make_directory(self, project_id: ProjectId, path: str) -> Entry:
        """Make a folder and those above it."""
        path = parse_path(path)
        root = await self._reader.stat(project_id, "")
        if not path:
            return root
        async with self._step.lock(project_id):
            path = await self._saver.stored_path(project_id, path)
            entry = await self._step.settled_locked(project_id, path)
            if entry is None:
                return await self._make_directory(project_id, path)
        if entry.kind is not Kind.DIRECTORY:
            raise WrongKind(f'"{entry.path}" is a file, not a folder.')
        return entry

    async def move(self, project_id: ProjectId, old: str, new: str) -> Entry:
        """Rename a file or folder within the project."""
        new = parse_path(new)
        source = await self._reader.latest(project_id, old)
        if not source.path or not new:
            raise InvalidPath("A project is renamed as a project, not as a file.")
        if new == source.path:
            return source
        if is_within(new, source.path):
            raise InvalidPath(_INTO_ITSELF)
        if source.kind is Kind.DIRECTORY:
            await self._reader.complete(project_id)
        async with self._step.lock(project_id):
            new = await self._saver.stored_path(project_id, new)
            await self._saver.require_parent(project_id, new)
            await self._require_move(project_id, source.path, new)
            await uninterrupted(self._move(project_id, source.path, new))
        return await self._reader.stat(project_id, new)

    async def copy(
        self, project_id: ProjectId, path: str, new: str, author: UserId | None, into: ProjectId
    ) -> Entry:
        """Copy a file or folder, perhaps into another project."""
        source = await self._reader.latest(project_id, path)
        new = parse_path(new)
        if into == project_id and is_within(new, source.path):
            raise NameTaken if new == source.path else InvalidPath(_INTO_ITSELF)
        if await self._reader.exists(into, new):
            raise NameTaken
        if source.kind is Kind.FILE:
            return await self._copy_file(source, into, new, author)
        await self._reader.complete(project_id)
        entries = await self._parts.repository.below(project_id, source.path)
        await self._require_room(into, entries)
        made = await self.make_directory(into, new)
        for entry in entries:
            place = f"{made.path}{entry.path.removeprefix(source.path)}"
            if entry.kind is Kind.DIRECTORY:
                await self.make_directory(into, place)
            else:
                await self._copy_file(entry, into, place, author)
        return made

    async def delete(self, project_id: ProjectId, path: str, *, recursive: bool) -> None:
        """Delete a file or folder."""
        entry = await self._reader.stat(project_id, path)
        if not entry.path:
            raise InvalidPath("A project is deleted as a project, not as a file.")
        if entry.kind is Kind.DIRECTORY:
            if not recursive and await self._reader.list(project_id, entry.path):
                raise DirectoryNotEmpty
            await self._step.absorb(project_id)
        async with self._step.lock(project_id):
            await uninterrupted(self._remove(entry))

    async def _require_room(self, project_id: ProjectId, entries: Sequence[Entry]) -> None:
        """Raise QuotaExceeded before anything is copied, rather than in the middle."""
        sizes = [entry.revision.size for entry in entries if entry.revision is not None]
        async with self._step.lock(project_id):
            await self._quotas.require_room(project_id, size=sum(sizes), files=len(sizes))

    async def _make_directory(self, project_id: ProjectId, path: str) -> Entry:
        await self._parts.workspace.make_directory(project_id, path)
        made = await self._parts.repository.commit(
            project_id, [MakeDirectory(path=path)], self._parts.now()
        )
        return made[path]

    async def _copy_file(
        self, source: Entry, into: ProjectId, new: str, author: UserId | None
    ) -> Entry:
        pieces = self._reader.stream(source)
        terms = Terms(author=author, must_be_new=True, origin=Origin.COPY)
        spool = await spooled(pieces, self._parts.spool_folder, limit=self._parts.limits.file)
        async with aclosing(spool):
            return await self._saver.save(into, new, spool, terms)

    async def _require_move(self, project_id: ProjectId, old: str, new: str) -> None:
        if await self._step.settled_locked(project_id, old) is None:
            raise FileMissing
        if await self._step.settled_locked(project_id, new) is not None:
            raise NameTaken

    async def _move(self, project_id: ProjectId, old: str, new: str) -> None:
        """Rename in the workspace, then in the store; back again if the store refuses.

        What is in the sandbox only has no entry in the store.
        """
        is_kept = await self._parts.repository.entry(project_id, old) is not None
        await self._parts.workspace.move(project_id, old, new)
        self._step.forget(project_id, old)
        if not is_kept:
            return
        try:
            await self._parts.repository.move(project_id, old, new)
        except BaseException:
            await self._parts.workspace.move(project_id, new, old)
            raise

    async def _remove(self, entry: Entry) -> None:
        project_id = entry.project_id
        await self._parts.workspace.remove(project_id, entry.path)
        self._step.forget_entry(entry)
        change = Remove(path=entry.path)
        await self._parts.repository.commit(project_id, [change], self._parts.now())
        if entry.revision is not None:
            self._quotas.changed(project_id, size=-entry.revision.size, files=-1)
        else:
            self._quotas.forget(project_id)
