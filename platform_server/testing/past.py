"""A project's past in memory."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from platform_server.contents.past import Aged, Marked
from platform_server.errors import NameTaken

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from platform_server.contents.model import (
        ProjectCheckpoint,
        ProjectCheckpointId,
        Revision,
        RevisionId,
    )
    from platform_server.projects.model import ProjectId
    from platform_server.testing.contents import MemoryContentsRepository


def after(newest_first: list[Revision], one: RevisionId | None) -> list[Revision]:
    """Return the revisions after the one, all if none is given, none if it is not there."""
    if one is None:
        return newest_first
    ids = [revision.id for revision in newest_first]
    return newest_first[ids.index(one) + 1 :] if one in ids else []


@dataclass(frozen=True)
class _Kept:
    checkpoint: ProjectCheckpoint
    entries: list[Marked]


class MemoryPastRepository:
    """The past of what a contents repository in memory has."""

    def __init__(self, contents: MemoryContentsRepository) -> None:
        self._contents = contents
        self._kept: dict[ProjectId, list[_Kept]] = {}

    async def revisions(
        self, project_id: ProjectId, limit: int, before: RevisionId | None = None
    ) -> list[Revision]:
        """Return the revisions of all files, newest first."""
        histories = self._histories(project_id).values()
        found = [revision for history in histories for revision in history]
        found.sort(key=lambda one: (one.created_at, one.id), reverse=True)
        return after(found, before)[:limit]

    async def gone(
        self, project_id: ProjectId, limit: int, before: RevisionId | None = None
    ) -> list[Revision]:
        """Return the last revisions of the files that are there no longer, newest first."""
        known = self._contents.projects.get(project_id)
        present = set(known.files.values()) if known is not None else set()
        histories = self._histories(project_id).items()
        found = [history[-1] for one, history in histories if one not in present]
        found.sort(key=lambda one: (one.created_at, one.id), reverse=True)
        return after(found, before)[:limit]

    async def projects_with_revisions(self, before: datetime) -> list[ProjectId]:
        """Return the projects that have revisions from before a moment."""
        return [one for one in self._contents.projects if await self.aged(one, before)]

    async def aged(self, project_id: ProjectId, before: datetime) -> list[Aged]:
        """Return the revisions from before a moment, file by file, the oldest first."""
        return [
            Aged(id=revision.id, history=file_id, created_at=revision.created_at)
            for file_id, history in self._histories(project_id).items()
            for revision in history
            if revision.created_at < before
        ]

    async def drop(self, project_id: ProjectId, revisions: Sequence[RevisionId]) -> int:
        """Drop revisions that nothing needs."""
        needed = set(self._needed(project_id))
        dropped = 0
        for history in self._histories(project_id).values():
            kept = [one for one in history if one.id not in revisions or one.id in needed]
            dropped += len(history) - len(kept)
            history[:] = kept
        return dropped

    async def add_checkpoint(self, project_id: ProjectId, checkpoint: ProjectCheckpoint) -> None:
        """Mark all that the project has at this moment."""
        kept = self._kept.setdefault(project_id, [])
        if checkpoint.name in [one.checkpoint.name for one in kept]:
            raise NameTaken
        entries = await self._contents.below(project_id, "")
        files = len([one for one in entries if one.revision is not None])
        marked = [Marked(path=one.path, revision=one.revision) for one in entries]
        kept.append(_Kept(replace(checkpoint, files=files), marked))

    async def checkpoints(self, project_id: ProjectId) -> list[ProjectCheckpoint]:
        """Return the project's checkpoints, newest first."""
        return [one.checkpoint for one in self._kept.get(project_id, [])[::-1]]

    async def marked(self, project_id: ProjectId, checkpoint: ProjectCheckpointId) -> list[Marked]:
        """Return what a checkpoint has."""
        for one in self._kept.get(project_id, []):
            if one.checkpoint.id == checkpoint:
                return one.entries
        return []

    async def delete_checkpoint(
        self, project_id: ProjectId, checkpoint: ProjectCheckpointId
    ) -> bool:
        """Delete a checkpoint."""
        known = self._kept.get(project_id, [])
        self._kept[project_id] = [one for one in known if one.checkpoint.id != checkpoint]
        return len(self._kept[project_id]) < len(known)

    def _histories(self, project_id: ProjectId) -> dict[str, list[Revision]]:
        known = self._contents.projects.get(project_id)
        return known.histories if known is not None else {}

    def _needed(self, project_id: ProjectId) -> Iterator[RevisionId]:
        project = self._contents.projects[project_id]
        yield from (history[-1].id for history in project.histories.values())
        yield from (one.revision.id for one in project.entries.values() if one.revision)
        yield from (one.revision_id for some in project.checkpoints.values() for one in some)
        for kept in self._kept.get(project_id, []):
            yield from (one.revision.id for one in kept.entries if one.revision)
