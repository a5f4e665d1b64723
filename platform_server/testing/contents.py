"""Entries, revisions and checkpoints in memory, and a whole service over them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from platform_server.clock import new_id
from platform_server.contents.garbage import BlobsAtRisk
from platform_server.contents.limits import ContentsLimits
from platform_server.contents.model import Entry, Kind, Revision, Usage
from platform_server.contents.parts import Parts
from platform_server.contents.repository import MakeDirectory, Remove, Rename, Save
from platform_server.contents.service import ContentsService
from platform_server.errors import FileMissing, NameTaken, RevisionConflict, WrongKind
from platform_server.projects.names import ancestors, is_within, parent_of
from platform_server.testing.blobs import MemoryBlobStore
from platform_server.testing.garbage import Candidate, MemoryGarbageRepository
from platform_server.testing.past import MemoryPastRepository, after
from platform_server.testing.workspace import MemoryWorkspace

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime
    from pathlib import Path

    from platform_server.contents.model import BlobHash, Checkpoint, CheckpointId, RevisionId
    from platform_server.contents.repository import Change
    from platform_server.identity.model import UserId
    from platform_server.projects.model import ProjectId


_FIRST: dict[type[Change], int] = {Rename: 0, Remove: 1}


@dataclass
class Project:
    """What is stored of one project."""

    entries: dict[str, Entry] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)  # the history of the file at a path
    histories: dict[str, list[Revision]] = field(default_factory=dict)  # oldest first
    checkpoints: dict[str, list[Checkpoint]] = field(default_factory=dict)


class MemoryContentsRepository:
    """Keeps everything in dictionaries; a commit works on a copy: it is whole or nothing."""

    def __init__(self) -> None:
        self.projects: dict[ProjectId, Project] = {}
        self.candidates: dict[tuple[ProjectId, BlobHash], Candidate] = {}
        self._trusted: dict[tuple[UserId, str], BlobHash] = {}

    async def entry(self, project_id: ProjectId, path: str) -> Entry | None:
        """Return what is at the path."""
        return self._project(project_id).entries.get(path)

    async def entries(self, project_id: ProjectId, paths: Sequence[str]) -> dict[str, Entry]:
        """Return what is at the paths."""
        known = self._project(project_id).entries
        return {path: known[path] for path in paths if path in known}

    async def children(self, project_id: ProjectId, path: str) -> list[Entry]:
        """Return what is in a folder."""
        return [one for one in await self.below(project_id, "") if parent_of(one.path) == path]

    async def below(self, project_id: ProjectId, path: str) -> list[Entry]:
        """Return everything in a folder and in the folders in it."""
        known = self._project(project_id).entries
        return [known[one] for one in sorted(known) if one != path and is_within(one, path)]

    async def beginning(self, project_id: ProjectId, start: str) -> list[Entry]:
        """Return everything whose path begins with those characters."""
        known = self._project(project_id).entries
        return [known[one] for one in sorted(known) if one.startswith(start)]

    async def holding(
        self, project_id: ProjectId, blobs: Collection[BlobHash], limit: int
    ) -> list[Entry]:
        """Return the files that have those bytes now."""
        files = await self.below(project_id, "")
        return [one for one in files if one.revision and one.revision.blob in blobs][:limit]

    async def commit(
        self, project_id: ProjectId, changes: Sequence[Change], at: datetime
    ) -> dict[str, Entry]:
        """Make all the changes or none."""
        blobs = {change.blob for change in changes if isinstance(change, Save)}
        at_risk = {blob for blob in blobs if (project_id, blob) in self.candidates}
        if at_risk:
            raise BlobsAtRisk(frozenset(at_risk))
        project = _copied(self._project(project_id))
        for change in sorted(changes, key=lambda change: _FIRST.get(type(change), 2)):
            _apply(project, project_id, change, at)
        self.projects[project_id] = project
        saves = [change for change in changes if isinstance(change, Save)]
        for save in saves:
            if save.trusted and save.author_id is not None:
                await self.trust(save.author_id, project_id, save.path, save.blob)
        return {
            change.path: project.entries[change.path]
            for change in changes
            if not isinstance(change, Remove) and change.path in project.entries
        }

    async def move(self, project_id: ProjectId, old: str, new: str) -> None:
        """Rename an entry with all that is below it."""
        project = self._project(project_id)
        if new in project.entries:
            raise NameTaken
        if old not in project.entries:
            raise FileMissing
        _move(project, old, new)

    async def history(
        self, project_id: ProjectId, path: str, limit: int, before: RevisionId | None = None
    ) -> list[Revision]:
        """Return the revisions of the file that is, or last was, at the path."""
        file_id = self._file_id(project_id, path)
        newest_first = self._project(project_id).histories.get(file_id or "", [])[::-1]
        return after(newest_first, before)[:limit]

    async def usage(self, project_id: ProjectId) -> Usage:
        """Return how much the project's present files are."""
        sizes = [one.size or 0 for one in self._project(project_id).entries.values() if one.size]
        files = [one for one in self._project(project_id).entries.values() if one.revision]
        return Usage(bytes=sum(sizes), files=len(files))

    async def revision(self, project_id: ProjectId, revision_id: RevisionId) -> Revision | None:
        """Return one of the project's revisions."""
        for history in self._project(project_id).histories.values():
            for revision in history:
                if revision.id == revision_id:
                    return revision
        return None

    async def add_checkpoint(self, project_id: ProjectId, checkpoint: Checkpoint) -> None:
        """Store a checkpoint."""
        project = self._project(project_id)
        if checkpoint.path not in project.entries:
            raise FileMissing
        project.checkpoints.setdefault(checkpoint.path, []).append(checkpoint)

    async def checkpoints(self, project_id: ProjectId, path: str) -> list[Checkpoint]:
        """Return a file's checkpoints."""
        return list(self._project(project_id).checkpoints.get(path, []))

    async def delete_checkpoint(
        self, project_id: ProjectId, path: str, checkpoint_id: CheckpointId
    ) -> bool:
        """Delete a checkpoint of the file."""
        known = self._project(project_id).checkpoints.get(path, [])
        kept = [one for one in known if one.id != checkpoint_id]
        self._project(project_id).checkpoints[path] = kept
        return len(kept) < len(known)

    async def trust(
        self, user_id: UserId, project_id: ProjectId, path: str, blob: BlobHash
    ) -> None:
        """Remember that the user trusts the file at the path with this content."""
        file_id = self._file_id(project_id, path)
        if file_id is not None:
            self._trusted[user_id, file_id] = blob

    async def is_trusted(
        self, user_id: UserId, project_id: ProjectId, path: str, blob: BlobHash
    ) -> bool:
        """Tell whether the user trusts the file at the path with this content."""
        file_id = self._project(project_id).files.get(path)
        return file_id is not None and self._trusted.get((user_id, file_id)) == blob

    def _project(self, project_id: ProjectId) -> Project:
        return self.projects.setdefault(project_id, Project())

    def _file_id(self, project_id: ProjectId, path: str) -> str | None:
        project = self._project(project_id)
        return project.files.get(path) or _last_at(project, path)


def memory_parts(folder: Path, *, limits: ContentsLimits | None = None) -> Parts:
    """Return parts in memory; ``folder`` takes what is too large for it."""
    repository = MemoryContentsRepository()
    return Parts(
        repository=repository,
        past=MemoryPastRepository(repository),
        garbage=MemoryGarbageRepository(repository),
        blobs=MemoryBlobStore(),
        workspace=MemoryWorkspace(),
        spool_folder=folder,
        limits=limits or ContentsLimits(),
    )


def memory_contents(folder: Path) -> ContentsService:
    """Return a contents service over parts in memory."""
    return ContentsService(memory_parts(folder))


def _copied(project: Project) -> Project:
    return Project(
        entries=dict(project.entries),
        files=dict(project.files),
        histories={key: list(value) for key, value in project.histories.items()},
        checkpoints={key: list(value) for key, value in project.checkpoints.items()},
    )


def _move(project: Project, old: str, new: str) -> None:
    for path in [path for path in project.entries if is_within(path, old)]:
        target = new + path.removeprefix(old)
        project.entries[target] = replace(project.entries.pop(path), path=target)
        project.checkpoints[target] = [
            replace(one, path=target) for one in project.checkpoints.pop(path, [])
        ]
        if path in project.files:
            project.files[target] = project.files.pop(path)


def _apply(project: Project, project_id: ProjectId, change: Change, at: datetime) -> None:
    if isinstance(change, Rename):
        entry = project.entries.get(change.old)
        present = None if entry is None or entry.revision is None else entry.revision.id
        if present != change.revision_id or change.path in project.entries:
            raise RevisionConflict
        _move(project, change.old, change.path)
    if isinstance(change, Remove):
        for path in [path for path in project.entries if is_within(path, change.path)]:
            del project.entries[path]
            project.files.pop(path, None)
            project.checkpoints.pop(path, None)
        return
    folders = [*ancestors(change.path)]
    if isinstance(change, MakeDirectory):
        folders.append(change.path)
    for path in folders:
        folder = Entry(
            project_id=project_id,
            path=path,
            kind=Kind.DIRECTORY,
            revision=None,
            created_at=at,
            modified_at=at,
        )
        if project.entries.setdefault(path, folder).kind is not Kind.DIRECTORY:
            raise WrongKind
    if isinstance(change, Save):
        _save(project, project_id, change, at)


def _save(project: Project, project_id: ProjectId, save: Save, at: datetime) -> None:
    entry = project.entries.get(save.path)
    if entry is not None and entry.kind is Kind.DIRECTORY:
        raise WrongKind
    present = None if entry is None or entry.revision is None else entry.revision.id
    if present != save.replaces:
        raise RevisionConflict
    revision = Revision(
        id=save.revision_id,
        project_id=project_id,
        path=save.path,
        blob=save.blob,
        size=save.size,
        author_id=save.author_id,
        origin=save.origin,
        created_at=at,
    )
    file_id = project.files.get(save.path) or _continued(project, save.path)
    project.files[save.path] = file_id
    project.histories.setdefault(file_id, []).append(revision)
    project.entries[save.path] = Entry(
        project_id=project_id,
        path=save.path,
        kind=Kind.FILE,
        revision=revision,
        created_at=at if entry is None else entry.created_at,
        modified_at=entry.modified_at if entry is not None and save.keeps_time else at,
    )


def _continued(project: Project, path: str) -> str:
    """Return the history that a new file at the path goes on with."""
    last = _last_at(project, path)
    return new_id() if last is None or last in project.files.values() else last


def _last_at(project: Project, path: str) -> str | None:
    """Return the history that a file at the path was saved in last."""
    saved = [
        (revision.created_at, number, file_id)
        for file_id, history in project.histories.items()
        for number, revision in enumerate(history)
        if revision.path == path
    ]
    return max(saved)[2] if saved else None
