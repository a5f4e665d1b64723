"""Files in SQL: entries, revisions, checkpoints and trust."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import and_, delete, func, insert, literal, select, update
from sqlalchemy.exc import IntegrityError

from platform_server.contents.model import Usage
from platform_server.errors import FileMissing, NameTaken, RevisionConflict
from platform_server.projects.names import parent_of
from platform_server.storage.contents_commit import Commit, trust
from platform_server.storage.contents_rows import (
    CHECKPOINTS,
    CHILDREN,
    ENTRIES,
    ENTRIES_AT,
    ENTRY_AT,
    LATEST_FIRST,
    REVISIONS,
    checkpoint_of,
    entries_of,
    entry_of,
    is_in,
    revision_of,
    starts_with,
)
from platform_server.storage.garbage import require_safe
from platform_server.storage.tables.contents import (
    checkpoints,
    entries,
    revisions,
    trusted_contents,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

    from platform_server.contents.model import (
        BlobHash,
        Checkpoint,
        CheckpointId,
        Entry,
        Revision,
        RevisionId,
    )
    from platform_server.contents.repository import Change
    from platform_server.identity.model import UserId
    from platform_server.projects.model import ProjectId
    from platform_server.storage.database import Database

_AT_ONCE = 400  # paths in one statement
_LAST_CHARACTER = "\U0010ffff"


class SqlContentsRepository:
    """The contents repository on SQLite or Postgres."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def entry(self, project_id: ProjectId, path: str) -> Entry | None:
        """Return what is at the path."""
        values = {"in_project": project_id, "path": path}
        async with self._database.read() as connection:
            row = (await connection.execute(ENTRY_AT, values)).first()
        return None if row is None else entry_of(row)

    async def entries(self, project_id: ProjectId, paths: Sequence[str]) -> dict[str, Entry]:
        """Return what is at the paths."""
        found: dict[str, Entry] = {}
        async with self._database.read() as connection:
            for start in range(0, len(paths), _AT_ONCE):
                some = list(paths[start : start + _AT_ONCE])
                values = {"in_project": project_id, "paths": some}
                rows = await connection.execute(ENTRIES_AT, values)
                found |= {row.path: entry_of(row) for row in rows}
        return found

    async def children(self, project_id: ProjectId, path: str) -> list[Entry]:
        """Return what is in a folder."""
        async with self._database.read() as connection:
            rows = await connection.execute(CHILDREN, {"in_project": project_id, "parent": path})
            found = rows.all()
        return await entries_of(found)

    async def below(self, project_id: ProjectId, path: str) -> list[Entry]:
        """Return everything in a folder and in the folders in it."""
        within = (starts_with(entries.c.path, path),) if path else ()
        statement = ENTRIES.where(is_in(project_id, *within)).order_by(entries.c.path)
        async with self._database.read() as connection:
            found = (await connection.execute(statement)).all()
        return await entries_of(found)

    async def beginning(self, project_id: ProjectId, start: str) -> list[Entry]:
        """Return everything whose path begins with those characters."""
        bounds = and_(entries.c.path >= start, entries.c.path < start + _LAST_CHARACTER)
        statement = ENTRIES.where(is_in(project_id, bounds)).order_by(entries.c.path)
        async with self._database.read() as connection:
            found = (await connection.execute(statement)).all()
        return await entries_of(found)

    async def holding(
        self, project_id: ProjectId, blobs: Collection[BlobHash], limit: int
    ) -> list[Entry]:
        """Return the files that have those bytes now."""
        # Entries are found by their history, for which they have an index. Their project is that of
        # the revision; were it named, SQLite would look through all of the project.
        statement = (
            ENTRIES.where(entries.c.file_id == revisions.c.file_id)
            .where(revisions.c.project_id == project_id, revisions.c.blob.in_(blobs))
            .order_by(entries.c.path)
            .limit(limit)
        )
        async with self._database.read() as connection:
            found = (await connection.execute(statement)).all()
        return await entries_of(found)

    async def commit(
        self, project_id: ProjectId, changes: Sequence[Change], at: datetime
    ) -> dict[str, Entry]:
        """Make all the changes or none."""
        try:
            async with self._database.transaction() as connection:
                await require_safe(connection, project_id, changes)
                return await Commit(connection, project_id, at).run(changes)
        except IntegrityError as error:  # another server was faster
            raise RevisionConflict from error

    async def move(self, project_id: ProjectId, old: str, new: str) -> None:
        """Rename an entry with all that is below it."""
        try:
            async with self._database.transaction() as connection:
                await _move(connection, project_id, old, new)
        except IntegrityError as error:
            raise NameTaken from error

    async def history(
        self, project_id: ProjectId, path: str, limit: int, before: RevisionId | None = None
    ) -> list[Revision]:
        """Return the revisions of the file that is, or last was, at the path."""
        async with self._database.read() as connection:
            file_id = await _file_id(connection, project_id, path)
            statement = REVISIONS.where(revisions.c.file_id == file_id)
            if before is not None:
                is_it = and_(revisions.c.file_id == file_id, revisions.c.id == before)
                number = select(revisions.c.number).where(is_it).scalar_subquery()
                statement = statement.where(revisions.c.number < number)
            statement = statement.order_by(revisions.c.number.desc()).limit(limit)
            return [revision_of(row) for row in await connection.execute(statement)]

    async def revision(self, project_id: ProjectId, revision_id: RevisionId) -> Revision | None:
        """Return one of the project's revisions."""
        statement = REVISIONS.where(
            and_(revisions.c.project_id == project_id, revisions.c.id == revision_id)
        )
        async with self._database.read() as connection:
            row = (await connection.execute(statement)).first()
        return None if row is None else revision_of(row)

    async def usage(self, project_id: ProjectId) -> Usage:
        """Return how much the project's present files are."""
        statement = (
            select(func.count().label("files"), func.coalesce(func.sum(revisions.c.size), 0))
            .select_from(entries)
            .join(revisions, revisions.c.id == entries.c.revision_id)
            .where(is_in(project_id))
        )
        async with self._database.read() as connection:
            files, size = (await connection.execute(statement)).one()
        return Usage(bytes=int(size), files=files)

    async def add_checkpoint(self, project_id: ProjectId, checkpoint: Checkpoint) -> None:
        """Store a checkpoint."""
        values = {
            "id": checkpoint.id,
            "project_id": project_id,
            "path": checkpoint.path,
            "revision_id": checkpoint.revision_id,
            "created_at": checkpoint.created_at,
        }
        try:
            async with self._database.transaction() as connection:
                await connection.execute(insert(checkpoints).values(values))
        except IntegrityError as error:  # the file went away meanwhile
            raise FileMissing from error

    async def checkpoints(self, project_id: ProjectId, path: str) -> list[Checkpoint]:
        """Return a file's checkpoints, oldest first."""
        statement = CHECKPOINTS.where(
            and_(checkpoints.c.project_id == project_id, checkpoints.c.path == path)
        )
        async with self._database.read() as connection:
            return [checkpoint_of(row) for row in await connection.execute(statement)]

    async def delete_checkpoint(
        self, project_id: ProjectId, path: str, checkpoint_id: CheckpointId
    ) -> bool:
        """Delete a checkpoint of the file."""
        statement = delete(checkpoints).where(
            and_(
                checkpoints.c.project_id == project_id,
                checkpoints.c.path == path,
                checkpoints.c.id == checkpoint_id,
            )
        )
        async with self._database.transaction() as connection:
            result = await connection.execute(statement)
        return result.rowcount > 0

    async def trust(
        self, user_id: UserId, project_id: ProjectId, path: str, blob: BlobHash
    ) -> None:
        """Remember that the user trusts the file at the path with this content."""
        async with self._database.transaction() as connection:
            file_id = await _file_id(connection, project_id, path)
            if file_id is not None:
                await trust(connection, user_id, file_id, blob)

    async def is_trusted(
        self, user_id: UserId, project_id: ProjectId, path: str, blob: BlobHash
    ) -> bool:
        """Tell whether the user trusts the file at the path with this content."""
        statement = (
            select(entries.c.path)
            .join(trusted_contents, trusted_contents.c.file_id == entries.c.file_id)
            .where(
                is_in(
                    project_id,
                    entries.c.path == path,
                    trusted_contents.c.user_id == user_id,
                    trusted_contents.c.blob == blob,
                )
            )
        )
        async with self._database.read() as connection:
            return (await connection.execute(statement)).first() is not None


async def _move(connection: AsyncConnection, project_id: ProjectId, old: str, new: str) -> None:
    tail = len(old) + 1  # SQL counts from one
    moved = await connection.execute(
        update(entries)
        .where(is_in(project_id, entries.c.path == old))
        .values(path=new, parent=parent_of(new))
    )
    if moved.rowcount == 0:
        raise FileMissing
    await connection.execute(
        update(entries)
        .where(is_in(project_id, starts_with(entries.c.path, old)))
        .values(
            path=literal(new).concat(func.substr(entries.c.path, tail)),
            parent=literal(new).concat(func.substr(entries.c.parent, tail)),
        )
    )


async def _file_id(connection: AsyncConnection, project_id: ProjectId, path: str) -> str | None:
    """Return the history of the file that is at the path, else of the last one that was."""
    present = select(entries.c.file_id).where(is_in(project_id, entries.c.path == path))
    file_id: str | None = (await connection.execute(present)).scalar()
    if file_id is not None:
        return file_id
    past = (
        select(revisions.c.file_id)
        .where(and_(revisions.c.project_id == project_id, revisions.c.path == path))
        .order_by(*LATEST_FIRST)
        .limit(1)
    )
    return (await connection.execute(past)).scalar()
