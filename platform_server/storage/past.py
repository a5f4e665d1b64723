"""A project's past in SQL: all its revisions, and its checkpoints."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, delete, exists, func, insert, literal, or_, select
from sqlalchemy.exc import IntegrityError

from platform_server.contents.model import ProjectCheckpoint, ProjectCheckpointId, RevisionId
from platform_server.contents.past import Aged, Marked
from platform_server.errors import NameTaken
from platform_server.identity.model import UserId
from platform_server.projects.model import ProjectId
from platform_server.storage.contents_rows import REVISIONS, revision_of
from platform_server.storage.tables.contents import checkpoints, entries, revisions
from platform_server.storage.tables.past import project_checkpoint_entries, project_checkpoints
from platform_server.storage.tables.review import submission_files

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Select

    from platform_server.contents.model import Revision
    from platform_server.storage.database import Database

_AT_ONCE = 400  # revisions in one statement
_TAKEN = "The project has a checkpoint of that name already."

_MARKED = (
    REVISIONS.add_columns(project_checkpoint_entries.c.path.label("marked_path"))
    .select_from(project_checkpoint_entries)
    .outerjoin(revisions, revisions.c.id == project_checkpoint_entries.c.revision_id)
    .order_by(project_checkpoint_entries.c.path)
)
_LATER = revisions.alias()
_IS_LAST = ~exists().where(
    and_(_LATER.c.file_id == revisions.c.file_id, _LATER.c.number > revisions.c.number)
)
_IS_GONE = and_(
    _IS_LAST,
    ~exists().where(
        and_(
            entries.c.project_id == revisions.c.project_id, entries.c.file_id == revisions.c.file_id
        )
    ),
)
_IS_NEEDED = or_(
    _IS_LAST,
    exists().where(entries.c.revision_id == revisions.c.id),
    exists().where(checkpoints.c.revision_id == revisions.c.id),
    exists().where(project_checkpoint_entries.c.revision_id == revisions.c.id),
    exists().where(submission_files.c.revision_id == revisions.c.id),
)


class SqlPastRepository:
    """The repository of the past on SQLite or Postgres."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def revisions(
        self, project_id: ProjectId, limit: int, before: RevisionId | None = None
    ) -> list[Revision]:
        """Return the revisions of all files, newest first."""
        return await self._newest_first(REVISIONS, project_id, limit, before)

    async def gone(
        self, project_id: ProjectId, limit: int, before: RevisionId | None = None
    ) -> list[Revision]:
        """Return the last revisions of the files that are there no longer, newest first."""
        return await self._newest_first(REVISIONS.where(_IS_GONE), project_id, limit, before)

    async def _newest_first(
        self,
        statement: Select[Any],
        project_id: ProjectId,
        limit: int,
        before: RevisionId | None,
    ) -> list[Revision]:
        statement = statement.where(revisions.c.project_id == project_id)
        if before is not None:
            is_it = and_(revisions.c.project_id == project_id, revisions.c.id == before)
            at = select(revisions.c.created_at).where(is_it).scalar_subquery()
            same_time = and_(revisions.c.created_at == at, revisions.c.id < before)
            statement = statement.where(or_(revisions.c.created_at < at, same_time))
        newest_first = (revisions.c.created_at.desc(), revisions.c.id.desc())
        async with self._database.read() as connection:
            rows = await connection.execute(statement.order_by(*newest_first).limit(limit))
            return [revision_of(row) for row in rows]

    async def projects_with_revisions(self, before: datetime) -> list[ProjectId]:
        """Return the projects that have revisions from before a moment."""
        statement = select(revisions.c.project_id).distinct().where(revisions.c.created_at < before)
        async with self._database.read() as connection:
            return [ProjectId(one) for one in (await connection.execute(statement)).scalars()]

    async def aged(self, project_id: ProjectId, before: datetime) -> list[Aged]:
        """Return the revisions from before a moment, file by file, the oldest first."""
        statement = (
            select(revisions.c.id, revisions.c.file_id, revisions.c.created_at)
            .where(and_(revisions.c.project_id == project_id, revisions.c.created_at < before))
            .order_by(revisions.c.file_id, revisions.c.number)
        )
        async with self._database.read() as connection:
            return [
                Aged(id=RevisionId(row.id), history=row.file_id, created_at=row.created_at)
                for row in await connection.execute(statement)
            ]

    async def drop(self, project_id: ProjectId, revisions_: Sequence[RevisionId]) -> int:
        """Drop revisions that nothing needs, and return how many."""
        dropped = 0
        for start in range(0, len(revisions_), _AT_ONCE):
            some = list(revisions_[start : start + _AT_ONCE])
            statement = delete(revisions).where(
                and_(revisions.c.project_id == project_id, revisions.c.id.in_(some), ~_IS_NEEDED)
            )
            async with self._database.transaction() as connection:
                dropped += (await connection.execute(statement)).rowcount
        return dropped

    async def add_checkpoint(self, project_id: ProjectId, checkpoint: ProjectCheckpoint) -> None:
        """Mark all that the project has at this moment."""
        values = {
            "id": checkpoint.id,
            "project_id": project_id,
            "name": checkpoint.name,
            "author_id": checkpoint.author_id,
            "is_automatic": checkpoint.is_automatic,
            "created_at": checkpoint.created_at,
        }
        present = select(literal(checkpoint.id), entries.c.path, entries.c.revision_id).where(
            entries.c.project_id == project_id
        )
        copy = insert(project_checkpoint_entries).from_select(
            ["checkpoint_id", "path", "revision_id"], present
        )
        try:
            async with self._database.transaction() as connection:
                await connection.execute(insert(project_checkpoints).values(values))
                await connection.execute(copy)
        except IntegrityError as error:
            raise NameTaken(_TAKEN) from error

    async def checkpoints(self, project_id: ProjectId) -> list[ProjectCheckpoint]:
        """Return the project's checkpoints, newest first."""
        files = (
            select(func.count(project_checkpoint_entries.c.revision_id))
            .where(project_checkpoint_entries.c.checkpoint_id == project_checkpoints.c.id)
            .scalar_subquery()
        )
        statement = (
            select(project_checkpoints, files.label("files"))
            .where(project_checkpoints.c.project_id == project_id)
            .order_by(project_checkpoints.c.created_at.desc(), project_checkpoints.c.id.desc())
        )
        async with self._database.read() as connection:
            return [
                ProjectCheckpoint(
                    id=ProjectCheckpointId(row.id),
                    name=row.name,
                    author_id=None if row.author_id is None else UserId(row.author_id),
                    created_at=row.created_at,
                    is_automatic=row.is_automatic,
                    files=row.files,
                )
                for row in await connection.execute(statement)
            ]

    async def marked(self, project_id: ProjectId, checkpoint: ProjectCheckpointId) -> list[Marked]:
        """Return what a checkpoint has, folders before what they hold."""
        statement = _MARKED.join(
            project_checkpoints,
            project_checkpoints.c.id == project_checkpoint_entries.c.checkpoint_id,
        ).where(
            and_(
                project_checkpoints.c.project_id == project_id,
                project_checkpoints.c.id == checkpoint,
            )
        )
        async with self._database.read() as connection:
            return [
                Marked(
                    path=row.marked_path,
                    revision=None if row.revision_id is None else revision_of(row),
                )
                for row in await connection.execute(statement)
            ]

    async def delete_checkpoint(
        self, project_id: ProjectId, checkpoint: ProjectCheckpointId
    ) -> bool:
        """Delete a checkpoint."""
        statement = delete(project_checkpoints).where(
            and_(
                project_checkpoints.c.project_id == project_id,
                project_checkpoints.c.id == checkpoint,
            )
        )
        async with self._database.transaction() as connection:
            return (await connection.execute(statement)).rowcount > 0
