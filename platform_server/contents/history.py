"""Earlier states of files: listed, read, brought back."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING, TypeAlias

from platform_server.contents.conflicts import is_copy_of, start_of_copies
from platform_server.contents.model import Origin, Revision, RevisionId
from platform_server.contents.save import Terms
from platform_server.contents.spool import spooled
from platform_server.errors import FileMissing, TooLarge
from platform_server.projects.names import composed, parse_path

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from platform_server.contents.fill import Filler
    from platform_server.contents.model import Entry
    from platform_server.contents.parts import Parts
    from platform_server.contents.save import Saver
    from platform_server.contents.waiting import Waiting
    from platform_server.identity.model import UserId
    from platform_server.projects.model import ProjectId

Revisions: TypeAlias = list[Revision]


class HistoryService:
    """A project's revisions. Who may is decided before."""

    def __init__(self, parts: Parts, filler: Filler, saver: Saver, waiting: Waiting) -> None:
        self._parts = parts
        self._filler = filler
        self._saver = saver
        self._waiting = waiting

    async def list(
        self,
        project_id: ProjectId,
        path: str,
        *,
        limit: int = 200,
        before: RevisionId | None = None,
    ) -> Revisions:
        """Return the revisions of the file that is, or last was, at the path, newest first.

        Only those before one of them, if that is given. Raises FileMissing if there are none.
        """
        path = parse_path(path)
        for candidate in dict.fromkeys((path, composed(path))):
            found = await self._parts.repository.history(project_id, candidate, limit, before)
            if found:
                return found
        if before is None:
            raise FileMissing
        return []

    async def of_project(
        self, project_id: ProjectId, *, limit: int = 200, before: RevisionId | None = None
    ) -> Revisions:
        """Return the revisions of all files, newest first; only those before one, if given."""
        if before is None:
            await self._waiting.bring(project_id)
        return await self._parts.past.revisions(project_id, limit, before)

    async def gone(
        self, project_id: ProjectId, *, limit: int = 200, before: RevisionId | None = None
    ) -> Revisions:
        """Return the last revisions of the files that are there no longer, newest first."""
        return await self._parts.past.gone(project_id, limit, before)

    async def conflict_copies(self, project_id: ProjectId, path: str) -> Revisions:
        """Return what keeps, beside the file, what could not be saved in its place."""
        path = parse_path(path)
        found = await self._parts.repository.beginning(project_id, start_of_copies(path))
        return [one.revision for one in found if one.revision and is_copy_of(one.path, path)]

    async def get(self, project_id: ProjectId, revision_id: RevisionId) -> Revision:
        """Return a revision. Raises FileMissing."""
        revision = await self._parts.repository.revision(project_id, revision_id)
        if revision is None:
            raise FileMissing("There is no such revision.")
        return revision

    async def open(
        self, project_id: ProjectId, revision_id: RevisionId
    ) -> tuple[Revision, AsyncIterator[bytes]]:
        """Return a revision and its bytes in pieces. Raises FileMissing."""
        revision = await self.get(project_id, revision_id)
        return revision, self._parts.blobs.open(project_id, revision.blob)

    async def read(self, project_id: ProjectId, revision_id: RevisionId) -> tuple[Revision, bytes]:
        """Return a revision with its bytes. Raises FileMissing, TooLarge."""
        revision, pieces = await self.open(project_id, revision_id)
        if revision.size > self._parts.limits.read:
            raise TooLarge
        return revision, b"".join([piece async for piece in pieces])

    async def restore(
        self,
        project_id: ProjectId,
        path: str,
        revision_id: RevisionId,
        *,
        author: UserId | None,
        must_be_new: bool = False,
    ) -> Entry:
        """Save the revision's bytes at the path, as a new revision; what waited is one before.

        Raises FileMissing, and RevisionConflict if there is something that must not be.
        """
        path = parse_path(path)
        _, pieces = await self.open(project_id, revision_id)
        await self._filler.ready(project_id)
        await self._waiting.bring(project_id)
        spool = await spooled(pieces, self._parts.spool_folder, limit=self._parts.limits.file)
        async with aclosing(spool):
            terms = Terms(author=author, origin=Origin.RESTORE, must_be_new=must_be_new)
            return await self._saver.save(project_id, path, spool, terms)
