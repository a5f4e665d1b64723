"""What the services for a whole project's past need from a database."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from platform_server.contents.model import (
        Entry,
        ProjectCheckpoint,
        ProjectCheckpointId,
        Revision,
        RevisionId,
    )
    from platform_server.projects.model import ProjectId


@dataclass(frozen=True, kw_only=True)
class Aged:
    """As much of an old revision as tells whether it is to be kept."""

    id: RevisionId
    history: str  # the same for all revisions of one file
    created_at: datetime


@dataclass(frozen=True, kw_only=True)
class Marked:
    """What a project's checkpoint has at a path."""

    path: str
    revision: Revision | None  # None: a folder


@dataclass(frozen=True, kw_only=True)
class Differences:
    """What the files of a checkpoint and those of now have not in common, by path."""

    changed: dict[str, Revision]  # have other bytes now; what the checkpoint has
    missing: dict[str, Revision]  # are not there now
    extra: dict[str, Revision]  # are not in the checkpoint; what is there now


def differences(marked: Sequence[Marked], entries: Sequence[Entry]) -> Differences:
    """Compare a checkpoint with what is there now."""
    then = {one.path: one.revision for one in marked if one.revision is not None}
    now = {one.path: one.revision for one in entries if one.revision is not None}
    common = then.keys() & now.keys()
    return Differences(
        changed={path: then[path] for path in sorted(common) if then[path].blob != now[path].blob},
        missing={path: then[path] for path in sorted(then.keys() - common)},
        extra={path: now[path] for path in sorted(now.keys() - common)},
    )


class PastRepository(Protocol):
    """All revisions of a project, and its checkpoints. Every method is one transaction."""

    async def revisions(
        self, project_id: ProjectId, limit: int, before: RevisionId | None = None
    ) -> list[Revision]:
        """Return the revisions of all files, newest first; only those before one, if given."""

    async def gone(
        self, project_id: ProjectId, limit: int, before: RevisionId | None = None
    ) -> list[Revision]:
        """Return the last revisions of the files that are there no longer, newest first."""

    async def projects_with_revisions(self, before: datetime) -> list[ProjectId]:
        """Return the projects that have revisions from before a moment."""

    async def aged(self, project_id: ProjectId, before: datetime) -> list[Aged]:
        """Return the revisions from before a moment, file by file, the oldest first."""

    async def drop(self, project_id: ProjectId, revisions: Sequence[RevisionId]) -> int:
        """Drop revisions, and return how many.

        Those stay that a file is at, that are marked by any checkpoint, and each file's last one.
        """

    async def add_checkpoint(self, project_id: ProjectId, checkpoint: ProjectCheckpoint) -> None:
        """Mark all that the project has at this moment. Raises NameTaken."""

    async def checkpoints(self, project_id: ProjectId) -> list[ProjectCheckpoint]:
        """Return the project's checkpoints, newest first, with the number of files."""

    async def marked(self, project_id: ProjectId, checkpoint: ProjectCheckpointId) -> list[Marked]:
        """Return what a checkpoint has, folders before what they hold."""

    async def delete_checkpoint(
        self, project_id: ProjectId, checkpoint: ProjectCheckpointId
    ) -> bool:
        """Delete a checkpoint; tells whether there was one."""
