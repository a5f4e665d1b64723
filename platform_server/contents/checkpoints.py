"""Checkpoints: revisions that somebody marked, to come back to."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from platform_server.contents.model import Checkpoint, CheckpointId
from platform_server.errors import CheckpointNotFound, InvalidContent
from platform_server.projects.names import parse_path

if TYPE_CHECKING:
    from platform_server.contents.history import HistoryService
    from platform_server.contents.model import Entry
    from platform_server.contents.parts import Parts
    from platform_server.contents.reading import Reader
    from platform_server.identity.model import UserId
    from platform_server.projects.model import ProjectId

Checkpoints: TypeAlias = list[Checkpoint]
KEPT = 10  # checkpoints of one file; making more drops the oldest, never its revision


class CheckpointService:
    """A project's checkpoints. Who may is decided before."""

    def __init__(self, parts: Parts, reader: Reader, history: HistoryService) -> None:
        self._parts = parts
        self._reader = reader
        self._history = history

    async def create(self, project_id: ProjectId, path: str) -> Checkpoint:
        """Mark the file's present revision, once. Raises FileMissing, InvalidContent."""
        entry = await self._reader.latest(project_id, path)
        if entry.revision is None:
            raise InvalidContent("Only files that are kept in the project have checkpoints.")
        existing = await self._parts.repository.checkpoints(project_id, entry.path)
        if existing and existing[-1].revision_id == entry.revision.id:
            return existing[-1]
        checkpoint = Checkpoint(
            id=CheckpointId(self._parts.new_id()),
            path=entry.path,
            revision_id=entry.revision.id,
            created_at=self._parts.now(),
        )
        await self._parts.repository.add_checkpoint(project_id, checkpoint)
        for old in existing[: 1 - KEPT]:
            await self._parts.repository.delete_checkpoint(project_id, entry.path, old.id)
        return checkpoint

    async def list(self, project_id: ProjectId, path: str) -> Checkpoints:
        """Return a file's checkpoints, oldest first; none for a file that is not there."""
        return await self._parts.repository.checkpoints(project_id, parse_path(path))

    async def restore(
        self,
        project_id: ProjectId,
        path: str,
        checkpoint_id: CheckpointId,
        *,
        author: UserId | None,
    ) -> Entry:
        """Bring the file back to a checkpoint, as a new revision. Raises CheckpointNotFound."""
        for checkpoint in await self.list(project_id, path):
            if checkpoint.id == checkpoint_id:
                return await self._history.restore(
                    project_id, path, checkpoint.revision_id, author=author
                )
        raise CheckpointNotFound

    async def delete(self, project_id: ProjectId, path: str, checkpoint_id: CheckpointId) -> None:
        """Drop a checkpoint; its revision stays. Raises CheckpointNotFound."""
        if not await self._parts.repository.delete_checkpoint(
            project_id, parse_path(path), checkpoint_id
        ):
            raise CheckpointNotFound
