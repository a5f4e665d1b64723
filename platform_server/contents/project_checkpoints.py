"""Checkpoints of a whole project: everything it has at one moment, under a name."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from platform_server.contents.model import (
    ProjectCheckpoint,
    ProjectCheckpointId,
)
from platform_server.contents.past import Differences, Marked, differences
from platform_server.contents.revert import Return
from platform_server.errors import (
    CheckpointNotFound,
    InvalidInput,
    LimitReached,
)
from platform_server.projects.names import composed

if TYPE_CHECKING:
    from platform_server.contents.parts import Parts
    from platform_server.contents.reading import Reader
    from platform_server.contents.revert import Reverter
    from platform_server.identity.model import UserId
    from platform_server.projects.model import ProjectId

ProjectCheckpoints: TypeAlias = list[ProjectCheckpoint]
Marks: TypeAlias = list[Marked]
MAX_NAME = 200  # characters
MOST = 100  # checkpoints of a project that people named
AUTOMATIC_KEPT = 10


class ProjectCheckpointService:
    """A project's named checkpoints. Who may is decided before.

    They mark revisions and copy nothing. What they mark is kept, however old.
    """

    def __init__(self, parts: Parts, reader: Reader, reverter: Reverter) -> None:
        self._parts = parts
        self._past = parts.past
        self._reader = reader
        self._reverter = reverter

    async def create(
        self, project_id: ProjectId, name: str, *, author: UserId | None
    ) -> ProjectCheckpoint:
        """Mark all that the project has now. Raises InvalidInput, NameTaken, LimitReached."""
        name = composed(name).strip()
        if not 0 < len(name) <= MAX_NAME or not name.isprintable():
            raise InvalidInput(f"A checkpoint's name has 1 to {MAX_NAME} printable characters.")
        if sum(not one.is_automatic for one in await self.list(project_id)) >= MOST:
            raise LimitReached(f"A project has at most {MOST} checkpoints: delete one first.")
        await self._reader.complete(project_id)
        return await self._add(project_id, name, author, is_automatic=False)

    async def list(self, project_id: ProjectId) -> ProjectCheckpoints:
        """Return the project's checkpoints, newest first."""
        return await self._past.checkpoints(project_id)

    async def get(
        self, project_id: ProjectId, checkpoint_id: ProjectCheckpointId
    ) -> ProjectCheckpoint:
        """Return one. Raises CheckpointNotFound."""
        for one in await self.list(project_id):
            if one.id == checkpoint_id:
                return one
        raise CheckpointNotFound

    async def marked(self, project_id: ProjectId, checkpoint_id: ProjectCheckpointId) -> Marks:
        """Return what a checkpoint has, folders before what they hold. Raises CheckpointNotFound.

        What has no revision is a folder.
        """
        await self.get(project_id, checkpoint_id)
        return await self._past.marked(project_id, checkpoint_id)

    async def compare(
        self, project_id: ProjectId, checkpoint_id: ProjectCheckpointId
    ) -> Differences:
        """Return what bringing the project back would change. Raises CheckpointNotFound."""
        marked = await self.marked(project_id, checkpoint_id)
        await self._reader.complete(project_id)
        return differences(marked, await self._parts.repository.below(project_id, ""))

    async def delete(self, project_id: ProjectId, checkpoint_id: ProjectCheckpointId) -> None:
        """Drop a checkpoint; no file changes. Raises CheckpointNotFound."""
        if not await self._past.delete_checkpoint(project_id, checkpoint_id):
            raise CheckpointNotFound

    async def restore(
        self, project_id: ProjectId, checkpoint_id: ProjectCheckpointId, *, author: UserId | None
    ) -> Return:
        """Bring all of the project's files back to a checkpoint; mark first what is there now.

        What differs is saved as a new revision, what is not in the checkpoint is removed, and what
        is in the sandbox only is left alone. Interrupted, it can be repeated. Raises
        CheckpointNotFound, QuotaExceeded, StorageUnavailable.
        """
        checkpoint = await self.get(project_id, checkpoint_id)
        await self._reader.complete(project_id)
        result = Return(before=await self._mark_before(project_id, checkpoint, author))
        marked = await self._past.marked(project_id, checkpoint.id)
        return await self._reverter.run(project_id, marked, result, author)

    async def _mark_before(
        self, project_id: ProjectId, checkpoint: ProjectCheckpoint, author: UserId | None
    ) -> ProjectCheckpoint:
        now = f"{self._parts.now():%Y-%m-%d %H:%M:%S.%f}"
        name = f'{now}: before going back to "{checkpoint.name}"'[:MAX_NAME]
        made = await self._add(project_id, name, author, is_automatic=True)
        automatic = [one for one in await self.list(project_id) if one.is_automatic]
        for old in automatic[AUTOMATIC_KEPT:]:
            if old.id != checkpoint.id:
                await self._past.delete_checkpoint(project_id, old.id)
        return made

    async def _add(
        self, project_id: ProjectId, name: str, author: UserId | None, *, is_automatic: bool
    ) -> ProjectCheckpoint:
        checkpoint = ProjectCheckpoint(
            id=ProjectCheckpointId(self._parts.new_id()),
            name=name,
            author_id=author,
            created_at=self._parts.now(),
            is_automatic=is_automatic,
        )
        await self._past.add_checkpoint(project_id, checkpoint)
        return await self.get(project_id, checkpoint.id)
