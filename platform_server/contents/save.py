"""Saving one file: bytes to both stores, then the commit, then the workspace, under the lock."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from platform_server.contents.commits import commit
from platform_server.contents.conflicts import conflict_paths
from platform_server.contents.model import BlobHash, Entry, Kind, Origin, RevisionId
from platform_server.contents.quota import growth
from platform_server.contents.repository import Save
from platform_server.errors import FileMissing, RevisionConflict, WrongKind
from platform_server.projects.names import ancestors, composed, join, name_of, parent_of
from platform_server.uninterrupted import together, uninterrupted

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from platform_server.contents.parts import Parts
    from platform_server.contents.quota import Quotas
    from platform_server.contents.spool import Spool
    from platform_server.contents.step import Step
    from platform_server.identity.model import UserId
    from platform_server.projects.model import ProjectId


@dataclass(frozen=True, kw_only=True)
class Terms:
    """On what terms a file is saved."""

    author: UserId | None
    origin: Origin = Origin.API
    expected: RevisionId | None = None  # save only over this revision
    expected_blob: BlobHash | None = None  # save only over these bytes
    must_be_new: bool = False  # save only where there is nothing
    make_parents: bool = True  # make the folders above that are missing
    conflict_copy_by: str | None = None  # what is refused is kept beside it, under this name
    trusted: bool = False  # the author accepts everything that is in it


class Saver:
    """Carries out saves. A crash at any point leaves the file as it was, or as it should be."""

    def __init__(self, parts: Parts, step: Step, quotas: Quotas) -> None:
        self._parts = parts
        self._step = step
        self._quotas = quotas

    async def save(self, project_id: ProjectId, path: str, spool: Spool, terms: Terms) -> Entry:
        """Save what is in the spool. Raises what ``ContentsService.write`` says."""
        await self._quotas.foresee(project_id, path, spool.size)
        async with (
            self._staged(project_id, spool) as staged,
            self._step.lock(project_id),
        ):
            path = await self.stored_path(project_id, path)
            if not terms.make_parents:
                await self.require_parent(project_id, path)
            entry = await self._step.settled_locked(project_id, path)
            if entry is not None and entry.kind is Kind.DIRECTORY:
                raise WrongKind(f'"{path}" is a folder, not a file.')
            if _is_refused(entry, spool, terms):
                path, entry = await self._conflict_path(project_id, path, terms), None
            if entry is not None and _holds(entry, spool):
                return await self._unchanged(entry, terms)
            await self._quotas.require(project_id, size=spool.size, replaced=entry)
            self._quotas.wrote(project_id, spool.size)
            change = _change(path, staged, entry, spool, terms)
            saved = await uninterrupted(self._commit(project_id, change, spool))
            more, files = growth(spool.size, entry)
            self._quotas.changed(project_id, size=more, files=files)
            self._quotas.settle(project_id, path)
            return saved

    async def finish(self, project_id: ProjectId, staged: RevisionId) -> None:
        """Place a file that a killed server committed and did not place; drop it otherwise."""
        revision = await self._parts.repository.revision(project_id, staged)
        if revision is not None:
            entry = await self._parts.repository.entry(project_id, revision.path)
            if entry is not None and entry.revision == revision:
                await self._parts.workspace.place(project_id, staged, revision.path)
        await self._parts.workspace.discard(project_id, staged)

    async def stored_path(self, project_id: ProjectId, path: str) -> str:
        """Return the form in which the path is stored: what exists as it is, the rest composed.

        The caller holds the lock.
        """
        if path == composed(path):
            return path
        stored = ""
        for exact in [*ancestors(path), path]:
            candidate = join(stored, name_of(exact))
            known = await self._step.settled_locked(project_id, candidate)
            stored = candidate if known is not None else composed(candidate)
        return stored

    async def require_parent(self, project_id: ProjectId, path: str) -> None:
        """Raise FileMissing unless the folder above is there. The caller holds the lock."""
        above = parent_of(path)
        if above and await self._step.settled_locked(project_id, above) is None:
            raise FileMissing(f'There is no folder "{above}".')

    @asynccontextmanager
    async def _staged(self, project_id: ProjectId, spool: Spool) -> AsyncIterator[RevisionId]:
        """Bring the bytes to the store and beside the workspace, to be placed or not.

        What is staged has the id of the revision it is to become: so a killed server's successor
        can tell whether that was committed.
        """
        staged = RevisionId(self._parts.new_id())
        try:
            await together(
                self._parts.blobs.put(project_id, spool),
                self._parts.workspace.stage(project_id, staged, spool),
            )
            yield staged
        finally:
            await self._parts.workspace.discard(project_id, staged)

    async def _commit(self, project_id: ProjectId, change: Save, spool: Spool) -> Entry:
        async def put_again() -> None:
            await self._parts.blobs.put(project_id, spool)

        saved = await commit(self._parts, project_id, [change], put_again)
        await self._parts.workspace.place(project_id, change.revision_id, change.path)
        return replace(saved[change.path], is_new=change.replaces is None)

    async def _unchanged(self, entry: Entry, terms: Terms) -> Entry:
        if terms.trusted and terms.author is not None and entry.revision is not None:
            await self._parts.repository.trust(
                terms.author, entry.project_id, entry.path, entry.revision.blob
            )
        return entry

    async def _conflict_path(self, project_id: ProjectId, path: str, terms: Terms) -> str:
        if terms.conflict_copy_by is None:
            raise RevisionConflict
        for candidate in conflict_paths(path, terms.conflict_copy_by, self._parts.now()):
            if await self._step.settled_locked(project_id, candidate) is None:
                return candidate
        raise RevisionConflict


def _holds(entry: Entry, spool: Spool) -> bool:
    return entry.revision is not None and entry.revision.blob == spool.blob


def _is_refused(entry: Entry | None, spool: Spool, terms: Terms) -> bool:
    """Tell whether the terms forbid to replace what is there."""
    if terms.must_be_new:
        return entry is not None
    if terms.expected is None and terms.expected_blob is None:
        return False
    if entry is None or entry.revision is None:
        return True
    revision = entry.revision
    is_as_expected = terms.expected in {None, revision.id} and terms.expected_blob in {
        None,
        revision.blob,
    }
    return not is_as_expected and not _holds(entry, spool)


def _change(path: str, staged: RevisionId, entry: Entry | None, spool: Spool, terms: Terms) -> Save:
    revision = None if entry is None else entry.revision
    return Save(
        path=path,
        revision_id=staged,
        replaces=None if revision is None else revision.id,
        blob=spool.blob,
        size=spool.size,
        author_id=terms.author,
        origin=terms.origin,
        trusted=terms.trusted,
    )
