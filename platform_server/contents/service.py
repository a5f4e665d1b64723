"""A project's files: read, written, moved and deleted, each save a revision, nothing ever lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeAlias

from platform_server import clock
from platform_server.contents.conflicts import conflict_paths
from platform_server.contents.limits import ContentsLimits
from platform_server.contents.model import Entry, Kind, Origin, RevisionId
from platform_server.contents.repository import MakeDirectory, Remove, Save
from platform_server.contents.spool import Spool, spooled
from platform_server.contents.step import Step
from platform_server.errors import (
    DirectoryNotEmpty,
    FileMissing,
    InvalidPath,
    NameTaken,
    RevisionConflict,
    TooLarge,
    WrongKind,
)
from platform_server.projects.names import (
    ancestors,
    composed,
    is_within,
    join,
    parent_of,
    parse_path,
)

if TYPE_CHECKING:
    from pathlib import Path

    from platform_server.contents.blobs import BlobStore
    from platform_server.contents.repository import ContentsRepository
    from platform_server.contents.workspace import StagedId, Workspace
    from platform_server.identity.model import UserId
    from platform_server.projects.model import ProjectId

Entries: TypeAlias = list[Entry]
Data: TypeAlias = bytes | AsyncIterator[bytes]
_EPOCH = datetime.fromtimestamp(0, UTC)


@dataclass(frozen=True, kw_only=True)
class _Terms:
    """On what terms a file is saved."""

    author: UserId | None
    origin: Origin
    expected: RevisionId | None
    must_be_new: bool
    make_parents: bool
    conflict_copy_by: str | None


class ContentsService:
    """What people and programs do with a project's files.

    Who may is decided before; ``author`` says whose doing it is. Paths are relative to the project;
    every method raises InvalidPath for one that cannot be. Reading first takes over what code in
    the sandbox did to that path, so that what was just written is what is read.
    """

    def __init__(
        self,
        *,
        repository: ContentsRepository,
        blobs: BlobStore,
        workspace: Workspace,
        spool_folder: Path,
        limits: ContentsLimits | None = None,
        now: clock.Clock = clock.utc_now,
        new_id: clock.IdFactory = clock.new_id,
    ) -> None:
        self.limits = limits or ContentsLimits()
        self._repository = repository
        self._blobs = blobs
        self._workspace = workspace
        self._spool_folder = spool_folder
        self._now = now
        self._new_id = new_id
        self._filled: set[ProjectId] = set()
        self._step = Step(
            repository=repository,
            blobs=blobs,
            workspace=workspace,
            spool_folder=spool_folder,
            limits=self.limits,
            now=now,
            new_id=new_id,
        )

    async def start(self) -> None:
        """Make the folder for what comes in, and clear it of what a killed server left there."""
        await asyncio.to_thread(_cleared, self._spool_folder)

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

    async def list(self, project_id: ProjectId, path: str) -> Entries:
        """Return what is in a folder, by name. Raises FileMissing, WrongKind."""
        folder = await self.stat(project_id, path)
        if folder.kind is not Kind.DIRECTORY:
            raise WrongKind(f'"{folder.path}" is a file, not a folder.')
        seen = await self._workspace.children(project_id, folder.path)
        kept = await self._repository.children(project_id, folder.path)
        paths = {join(folder.path, name) for name in seen} | {entry.path for entry in kept}
        found = await self._step.settle(project_id, sorted(paths), budget=self.limits.listed)
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
            return entry, self._workspace.stream(project_id, entry.path)
        return entry, self._blobs.open(project_id, entry.revision.blob)

    async def write(
        self,
        project_id: ProjectId,
        path: str,
        data: Data,
        *,
        author: UserId | None,
        expected: RevisionId | None = None,
        must_be_new: bool = False,
        make_parents: bool = True,
        conflict_copy_by: str | None = None,
        origin: Origin = Origin.API,
    ) -> Entry:
        """Save a file; identical bytes make no new revision.

        With ``expected``, only if the file is still at that revision; with ``must_be_new``, only if
        there is none. Otherwise raises RevisionConflict, or, where ``conflict_copy_by`` names the
        author for people, saves beside it as a conflict copy and returns that. Raises WrongKind,
        FileMissing (a folder above is missing and not to be made), TooLarge, QuotaExceeded.
        """
        path = parse_path(path)
        if not path:
            raise WrongKind("A project is a folder: name a file in it.")
        terms = _Terms(
            author=author,
            origin=origin,
            expected=expected,
            must_be_new=must_be_new,
            make_parents=make_parents,
            conflict_copy_by=conflict_copy_by,
        )
        await self.materialise(project_id)
        spool = await spooled(data, self._spool_folder, limit=self.limits.file)
        async with (
            aclosing(spool),
            self._staged(project_id, spool) as staged,
            self._step.lock(project_id),
        ):
            return await self._save(project_id, path, spool, staged, terms)

    async def make_directory(self, project_id: ProjectId, path: str) -> Entry:
        """Make a folder and those above it; fine if it exists. Raises WrongKind."""
        path = parse_path(path)
        await self.materialise(project_id)
        if not path:
            return _root(project_id)
        async with self._step.lock(project_id):
            path = await self._stored_path(project_id, path)
            entry = await self._step.settled_locked(project_id, path)
            if entry is not None:
                _require_folder(entry)
                return entry
            await self._workspace.make_directory(project_id, path)
            made = await self._repository.commit(
                project_id, [MakeDirectory(path=path)], self._now()
            )
            return made[path]

    async def move(
        self, project_id: ProjectId, old: str, new: str, *, author: UserId | None
    ) -> Entry:
        """Rename a file or folder within the project; its history goes along.

        Raises FileMissing, NameTaken, WrongKind, InvalidPath (a folder into itself).
        """
        del author  # no revision comes about
        new = parse_path(new)
        source = await self.stat(project_id, old)
        if not source.path or not new:
            raise InvalidPath("A project is renamed as a project, not as a file.")
        if is_within(new, source.path) and new != source.path:
            raise InvalidPath("A folder cannot be moved into itself.")
        if source.kind is Kind.DIRECTORY:
            await self.absorb(project_id)
        async with self._step.lock(project_id):
            new = await self._stored_path(project_id, new)
            await self._move(project_id, source.path, new)
        return await self.stat(project_id, new)

    async def copy(
        self, project_id: ProjectId, path: str, new: str, *, author: UserId | None
    ) -> Entry:
        """Copy a file or folder to a path where there is nothing. Raises as ``move`` does."""
        source = await self.stat(project_id, path)
        new = parse_path(new)
        if source.kind is Kind.FILE:
            entry, pieces = await self.open(project_id, source.path)
            return await self.write(
                project_id, new, pieces, author=author, must_be_new=True, origin=Origin.COPY
            )
        if not new or is_within(new, source.path):
            raise InvalidPath("A folder cannot be copied into itself.")
        if await self.exists(project_id, new):
            raise NameTaken
        await self.absorb(project_id)
        made = await self.make_directory(project_id, new)
        for entry in await self._repository.below(project_id, source.path):
            target = f"{made.path}{entry.path.removeprefix(source.path)}"
            if entry.kind is Kind.DIRECTORY:
                await self.make_directory(project_id, target)
            else:
                await self.copy(project_id, entry.path, target, author=author)
        return await self.stat(project_id, made.path)

    async def delete(
        self, project_id: ProjectId, path: str, *, author: UserId | None, recursive: bool = True
    ) -> None:
        """Delete a file or folder; what was in it stays in the history.

        Raises FileMissing, and DirectoryNotEmpty for a filled folder unless ``recursive``.
        """
        del author  # no revision comes about
        entry = await self.stat(project_id, path)
        if not entry.path:
            raise InvalidPath("A project is deleted as a project, not as a file.")
        if entry.kind is Kind.DIRECTORY:
            if not recursive and await self.list(project_id, entry.path):
                raise DirectoryNotEmpty
            await self.absorb(project_id)
        async with self._step.lock(project_id):
            await self._workspace.remove(project_id, entry.path)
            self._step.forget(project_id, entry.path)
            await self._repository.commit(project_id, [Remove(path=entry.path)], self._now())

    async def exists(self, project_id: ProjectId, path: str) -> bool:
        """Tell whether there is something at the path."""
        try:
            await self.stat(project_id, path)
        except FileMissing:
            return False
        return True

    async def absorb(self, project_id: ProjectId) -> None:
        """Take over everything that code in the sandbox changed."""
        await self.materialise(project_id)
        await self._step.absorb(project_id)

    async def materialise(self, project_id: ProjectId) -> None:
        """Make sure that the workspace is there, filled from the store when it is new or was lost.

        To be awaited before a sandbox is started on it. Done once, it costs nothing.
        """
        if project_id in self._filled:
            return
        async with self._step.lock(project_id):
            if await self._workspace.prepare(project_id):
                await self._fill(project_id)
                await self._workspace.mark_filled(project_id)
            self._filled.add(project_id)

    async def forget_project(self, project_id: ProjectId) -> None:
        """Remove a deleted project's workspace. For ``ProjectService.on_deleted``."""
        async with self._step.lock(project_id):
            self._filled.discard(project_id)
            self._step.forget(project_id)
            await self._workspace.destroy(project_id)

    async def _fill(self, project_id: ProjectId) -> None:
        entries = await self._repository.below(project_id, "")
        present = await self._workspace.look(project_id, [entry.path for entry in entries])
        for entry in entries:
            if entry.path in present:
                continue
            if entry.revision is None:
                await self._workspace.make_directory(project_id, entry.path)
                continue
            pieces = self._blobs.open(project_id, entry.revision.blob)
            spool = await spooled(pieces, self._spool_folder, limit=entry.revision.size)
            async with aclosing(spool):
                staged = await self._workspace.stage(project_id, spool)
                await self._workspace.place(project_id, staged, entry.path)

    @asynccontextmanager
    async def _staged(self, project_id: ProjectId, spool: Spool) -> AsyncIterator[StagedId]:
        """Bring bytes to the store and beside the workspace; the caller places them, or not."""
        _, staged = await asyncio.gather(
            self._blobs.put(project_id, spool), self._workspace.stage(project_id, spool)
        )
        try:
            yield staged
        finally:
            await self._workspace.discard(project_id, staged)

    async def _save(
        self, project_id: ProjectId, path: str, spool: Spool, staged: StagedId, terms: _Terms
    ) -> Entry:
        path = await self._stored_path(project_id, path)
        entry = await self._step.settled_locked(project_id, path)
        if entry is not None and entry.kind is Kind.DIRECTORY:
            raise WrongKind(f'"{path}" is a folder, not a file.')
        if not terms.make_parents:
            await self._require_parent(project_id, path)
        revision = None if entry is None else entry.revision
        same = entry is not None and revision is not None and revision.blob == spool.blob
        if _is_refused(entry, terms, same=same):
            if terms.conflict_copy_by is None:
                raise RevisionConflict
            path, revision = await self._conflict_path(project_id, path, terms), None
        elif same and entry is not None:
            return entry
        save = Save(
            path=path,
            revision_id=RevisionId(self._new_id()),
            replaces=None if revision is None else revision.id,
            blob=spool.blob,
            size=spool.size,
            author_id=terms.author,
            origin=terms.origin,
        )
        saved = await self._repository.commit(project_id, [save], self._now())
        await self._workspace.place(project_id, staged, path)
        return saved[path]

    async def _conflict_path(self, project_id: ProjectId, path: str, terms: _Terms) -> str:
        for candidate in conflict_paths(path, terms.conflict_copy_by or "", self._now()):
            if await self._step.settled_locked(project_id, candidate) is None:
                return candidate
        raise RevisionConflict

    async def _require_parent(self, project_id: ProjectId, path: str) -> None:
        above = parent_of(path)
        if above and await self._step.settled_locked(project_id, above) is None:
            raise FileMissing(f'There is no folder "{above}" to save the file in.')

    async def _stored_path(self, project_id: ProjectId, path: str) -> str:
        """Return the form in which the path is stored: what exists as it is, the rest composed."""
        if path == composed(path):
            return path
        stored = ""
        for exact in [*ancestors(path), path]:
            candidate = join(stored, exact.rpartition("/")[2])
            known = await self._step.settled_locked(project_id, candidate)
            stored = candidate if known is not None else composed(candidate)
        return stored

    async def _move(self, project_id: ProjectId, old: str, new: str) -> None:
        """Rename in the workspace, then in the store; back again if the store refuses."""
        if await self._step.settled_locked(project_id, old) is None:
            raise FileMissing
        await self._require_parent(project_id, new)
        if await self._step.settled_locked(project_id, new) is not None:
            raise NameTaken
        await self._workspace.move(project_id, old, new)
        self._step.forget(project_id, old)
        try:
            await self._repository.move(project_id, old, new)
        except BaseException:
            await self._workspace.move(project_id, new, old)
            raise


def _is_refused(entry: Entry | None, terms: _Terms, *, same: bool) -> bool:
    """Tell whether the terms forbid to replace what is there."""
    if terms.must_be_new:
        return entry is not None
    if terms.expected is None or same:
        return False
    return entry is None or entry.revision is None or entry.revision.id != terms.expected


def _require_folder(entry: Entry) -> None:
    if entry.kind is not Kind.DIRECTORY:
        raise WrongKind(f'"{entry.path}" is a file, not a folder.')


def _root(project_id: ProjectId) -> Entry:
    return Entry(
        project_id=project_id,
        path="",
        kind=Kind.DIRECTORY,
        revision=None,
        created_at=_EPOCH,
        modified_at=_EPOCH,
    )


def _cleared(folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for path in folder.glob("spool-*"):
        path.unlink(missing_ok=True)
