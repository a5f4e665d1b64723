"""Checkpoints of a whole project: everything it has at one moment, under a name."""

from __future__ import annotations

import logging
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from platform_server.contents.model import (
    Kind,
    ProjectCheckpoint,
    ProjectCheckpointId,
)
from platform_server.contents.past import Marked
from platform_server.errors import (
    CheckpointNotFound,
    Conflict,
    FileMissing,
    InvalidInput,
    LimitReached,
)
from platform_server.projects.names import composed

if TYPE_CHECKING:
    from platform_server.contents.arrange import Arranger
    from platform_server.contents.history import HistoryService
    from platform_server.contents.model import Entry
    from platform_server.contents.parts import Parts
    from platform_server.contents.step import Step
    from platform_server.identity.model import UserId
    from platform_server.projects.model import ProjectId

log = logging.getLogger(__name__)

ProjectCheckpoints: TypeAlias = list[ProjectCheckpoint]
Marks: TypeAlias = list[Marked]
MAX_NAME = 200  # characters
MOST = 100  # checkpoints of a project that people named
AUTOMATIC_KEPT = 10


@dataclass(frozen=True, kw_only=True)
class Return:
    """What bringing a project back to a checkpoint did."""

    before: ProjectCheckpoint  # what the project was, to come back to
    restored: list[str] = field(default_factory=list)  # paths of files
    removed: list[str] = field(default_factory=list)  # paths of files
    left: list[str] = field(default_factory=list)  # paths where something is in the way


class ProjectCheckpointService:
    """A project's named checkpoints. Who may is decided before.

    They mark revisions and copy nothing. What they mark is kept, however old.
    """

    def __init__(
        self, parts: Parts, step: Step, arranger: Arranger, history: HistoryService
    ) -> None:
        self._parts = parts
        self._past = parts.past
        self._step = step
        self._arranger = arranger
        self._history = history

    async def create(
        self, project_id: ProjectId, name: str, *, author: UserId | None
    ) -> ProjectCheckpoint:
        """Mark all that the project has now. Raises InvalidInput, NameTaken, LimitReached."""
        name = composed(name).strip()
        if not 0 < len(name) <= MAX_NAME or not name.isprintable():
            raise InvalidInput(f"A checkpoint's name has 1 to {MAX_NAME} printable characters.")
        if sum(not one.is_automatic for one in await self.list(project_id)) >= MOST:
            raise LimitReached(f"A project has at most {MOST} checkpoints: delete one first.")
        await self._step.absorb(project_id)
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
        await self._step.absorb(project_id)
        result = Return(before=await self._mark_before(project_id, checkpoint, author))
        wanted = {one.path: one for one in await self._past.marked(project_id, checkpoint.id)}
        present = {one.path: one for one in await self._parts.repository.below(project_id, "")}
        await self._remove(project_id, wanted, present, result)
        for path, one in wanted.items():
            await self._put_back(project_id, one, present.get(path), author, result)
        return result

    async def _remove(
        self,
        project_id: ProjectId,
        wanted: dict[str, Marked],
        present: dict[str, Entry],
        result: Return,
    ) -> None:
        """Remove what the checkpoint does not have, the deepest first; folders if empty then."""
        for path in sorted(present, reverse=True):
            entry, one = present[path], wanted.get(path)
            if one is not None and (one.revision is None) == (entry.kind is Kind.DIRECTORY):
                continue
            with suppress(FileMissing, Conflict):  # code took it, or put something into the folder
                await self._arranger.delete(project_id, path, recursive=False)
                if entry.kind is Kind.FILE:
                    result.removed.append(path)

    async def _put_back(
        self,
        project_id: ProjectId,
        one: Marked,
        present: Entry | None,
        author: UserId | None,
        result: Return,
    ) -> None:
        try:
            if one.revision is None:
                await self._arranger.make_directory(project_id, one.path)
            elif not _is_at(present, one):
                await self._history.restore(project_id, one.path, one.revision.id, author=author)
                result.restored.append(one.path)
        except Conflict as error:
            log.info("a file of a checkpoint is not restored: %s", error.message)
            result.left.append(one.path)

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


def _is_at(entry: Entry | None, one: Marked) -> bool:
    if entry is None or entry.revision is None or one.revision is None:
        return False
    return entry.revision.blob == one.revision.blob
