"""What the contents service needs from a database."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from platform_server.contents.model import Origin

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from platform_server.contents.model import (
        BlobHash,
        Checkpoint,
        CheckpointId,
        Entry,
        Revision,
        RevisionId,
        Usage,
    )
    from platform_server.identity.model import UserId
    from platform_server.projects.model import ProjectId


@dataclass(frozen=True, kw_only=True)
class Save:
    """A file gets a new revision."""

    path: str
    revision_id: RevisionId
    replaces: RevisionId | None  # what the file must be at; None: there must be nothing
    blob: BlobHash
    size: int
    author_id: UserId | None
    origin: Origin
    trusted: bool = False  # the author accepts everything that is in it

    @property
    def keeps_time(self) -> bool:
        """Whether the file's time of change stays: a page that has it open is not out of date."""
        return self.origin is Origin.RECORDER


@dataclass(frozen=True, kw_only=True)
class MakeDirectory:
    """A folder comes to be."""

    path: str


@dataclass(frozen=True, kw_only=True)
class Remove:
    """A file, or a folder with all that is in it, is there no longer. Its revisions stay."""

    path: str


@dataclass(frozen=True, kw_only=True)
class Rename:
    """A file goes where there is nothing, and its history, checkpoints and trust go along."""

    path: str
    old: str
    revision_id: RevisionId  # what the file must be at


Change = Save | MakeDirectory | Remove | Rename


class ContentsRepository(Protocol):
    """Entries, revisions and checkpoints of projects. Every method is one transaction."""

    async def entry(self, project_id: ProjectId, path: str) -> Entry | None:
        """Return what is at the path."""

    async def entries(self, project_id: ProjectId, paths: Sequence[str]) -> dict[str, Entry]:
        """Return what is at the paths; those with nothing are left out."""

    async def children(self, project_id: ProjectId, path: str) -> list[Entry]:
        """Return what is in a folder ("" for the project), by name."""

    async def below(self, project_id: ProjectId, path: str) -> list[Entry]:
        """Return everything in a folder and in the folders in it, folders before what they hold."""

    async def beginning(self, project_id: ProjectId, start: str) -> list[Entry]:
        """Return everything whose path begins with those characters, by path."""

    async def holding(
        self, project_id: ProjectId, blobs: Collection[BlobHash], limit: int
    ) -> list[Entry]:
        """Return the files that have those bytes now, by path; no more than the limit."""

    async def commit(
        self, project_id: ProjectId, changes: Sequence[Change], at: datetime
    ) -> dict[str, Entry]:
        """Make all the changes, renames and removals first, or none; return what is there then.

        Folders above a new entry are made. A file that is new at its path continues the history of
        the last file that was there. Raises RevisionConflict when a file is not at the revision
        that it has to be at, WrongKind when something that is not a folder is above a path.
        """

    async def move(self, project_id: ProjectId, old: str, new: str) -> None:
        """Rename an entry with all that is below it; history and checkpoints go along.

        Raises FileMissing, NameTaken.
        """

    async def history(
        self, project_id: ProjectId, path: str, limit: int, before: RevisionId | None = None
    ) -> list[Revision]:
        """Return the revisions of the file that is, or last was, at the path, newest first.

        Only those before one of them, if that is given.
        """

    async def revision(self, project_id: ProjectId, revision_id: RevisionId) -> Revision | None:
        """Return one of the project's revisions."""

    async def usage(self, project_id: ProjectId) -> Usage:
        """Return how much the project's present files are."""

    async def add_checkpoint(self, project_id: ProjectId, checkpoint: Checkpoint) -> None:
        """Store a checkpoint of the file at its path."""

    async def checkpoints(self, project_id: ProjectId, path: str) -> list[Checkpoint]:
        """Return a file's checkpoints, oldest first."""

    async def delete_checkpoint(
        self, project_id: ProjectId, path: str, checkpoint_id: CheckpointId
    ) -> bool:
        """Delete a checkpoint of the file; tells whether there was one."""

    async def trust(
        self, user_id: UserId, project_id: ProjectId, path: str, blob: BlobHash
    ) -> None:
        """Remember that the user trusts the file at the path with this content, and no other."""

    async def is_trusted(
        self, user_id: UserId, project_id: ProjectId, path: str, blob: BlobHash
    ) -> bool:
        """Tell whether the user trusts the file at the path with this content."""
