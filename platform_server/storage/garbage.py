"""Blobs that nothing refers to, in SQL."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from sqlalchemy import and_, bindparam, delete, exists, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from platform_server.contents.garbage import LEASE, BlobsAtRisk
from platform_server.contents.model import BlobHash
from platform_server.contents.repository import Save
from platform_server.storage.tables.contents import revisions
from platform_server.storage.tables.garbage import blob_candidates
from platform_server.storage.tables.projects import projects
from platform_server.storage.tables.review import submission_files

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

    from platform_server.contents.repository import Change
    from platform_server.projects.model import ProjectId
    from platform_server.storage.database import Database

_AT_ONCE = 400  # blobs in one statement
_C = blob_candidates.c
_THESE = and_(
    _C.project_id == bindparam("in_project"), _C.blob.in_(bindparam("blobs", expanding=True))
)
_REFERS = or_(
    exists().where(and_(projects.c.id == revisions.c.project_id, projects.c.deleted_at.is_(None))),
    exists().where(submission_files.c.revision_id == revisions.c.id),
)
_USED = (
    select(revisions.c.blob)
    .distinct()
    .where(revisions.c.project_id == bindparam("in_project"))
    .where(revisions.c.blob.in_(bindparam("blobs", expanding=True)))
    .where(_REFERS)
)
_IS_USED = exists().where(
    and_(revisions.c.project_id == _C.project_id, revisions.c.blob == _C.blob, _REFERS)
)
_MARKED = select(_C.blob, _C.marked_at, _C.gone_at).where(_THESE)
_AT_RISK = select(_C.blob).where(_THESE)


class SqlGarbageRepository:
    """The repository of superfluous blobs on SQLite or Postgres."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def knows(self, project_id: ProjectId) -> bool:
        """Tell whether there is, or was, such a project."""
        statement = select(projects.c.id).where(projects.c.id == project_id)
        async with self._database.read() as connection:
            return (await connection.execute(statement)).first() is not None

    async def unused(
        self, project_id: ProjectId, blobs: Sequence[BlobHash]
    ) -> dict[BlobHash, datetime | None]:
        """Return those of the blobs that nothing refers to, with when they were marked."""
        values = {"in_project": project_id, "blobs": list(blobs)}
        async with self._database.read() as connection:
            used = set((await connection.execute(_USED, values)).scalars())
            rows = (await connection.execute(_MARKED, values)).all()
        marked = {row.blob: row.marked_at for row in rows if row.gone_at is None}
        return {blob: marked.get(blob) for blob in blobs if blob not in used}

    async def mark(self, project_id: ProjectId, blobs: Sequence[BlobHash], at: datetime) -> None:
        """Mark blobs that have no mark, or were gone and are there again."""
        if not blobs:
            return
        values = {"in_project": project_id, "blobs": list(blobs)}
        with suppress(IntegrityError):  # somebody else marks them at the same time
            async with self._database.transaction() as connection:
                is_back = and_(_THESE, _C.gone_at.is_not(None))
                await connection.execute(delete(blob_candidates).where(is_back), values)
                known = set((await connection.execute(_AT_RISK, values)).scalars())
                rows = [
                    {"project_id": project_id, "blob": blob, "marked_at": at}
                    for blob in blobs
                    if blob not in known
                ]
                if rows:
                    await connection.execute(insert(blob_candidates), rows)

    async def doom(
        self, project_id: ProjectId, blobs: Sequence[BlobHash], *, before: datetime, at: datetime
    ) -> set[BlobHash]:
        """Doom those of the blobs that were marked before a moment and still are unused."""
        is_free = or_(_C.doomed_at.is_(None), _C.doomed_at < at - LEASE)
        statement = (
            update(blob_candidates)
            .where(and_(_THESE, _C.marked_at <= before, _C.gone_at.is_(None), is_free, ~_IS_USED))
            .values(doomed_at=at)
            .returning(_C.blob)
        )
        values = {"in_project": project_id, "blobs": list(blobs)}
        async with self._database.transaction() as connection:
            return {
                BlobHash(one) for one in (await connection.execute(statement, values)).scalars()
            }

    async def bury(self, project_id: ProjectId, blobs: Sequence[BlobHash], at: datetime) -> None:
        """Remember that doomed blobs are gone."""
        statement = (
            update(blob_candidates).where(_THESE, _C.doomed_at.is_not(None)).values(gone_at=at)
        )
        values = {"in_project": project_id, "blobs": list(blobs)}
        async with self._database.transaction() as connection:
            await connection.execute(statement, values)

    async def claim(
        self, project_id: ProjectId, blobs: frozenset[BlobHash], at: datetime
    ) -> set[BlobHash]:
        """Take the marks away; return the blobs that are being removed right now."""
        is_over = or_(_C.doomed_at.is_(None), _C.gone_at.is_not(None), _C.doomed_at < at - LEASE)
        values = {"in_project": project_id, "blobs": list(blobs)}
        async with self._database.transaction() as connection:
            await connection.execute(delete(blob_candidates).where(_THESE, is_over), values)
            left = (await connection.execute(_AT_RISK, values)).scalars()
            return {BlobHash(one) for one in left}

    async def tidy(self, before: datetime) -> None:
        """Forget blobs that were gone before a moment."""
        async with self._database.transaction() as connection:
            await connection.execute(delete(blob_candidates).where(_C.gone_at < before))


async def require_safe(
    connection: AsyncConnection, project_id: ProjectId, changes: Sequence[Change]
) -> None:
    """Raise BlobsAtRisk if the changes refer to blobs that somebody may be about to remove."""
    blobs = sorted({change.blob for change in changes if isinstance(change, Save)})
    found: set[BlobHash] = set()
    for start in range(0, len(blobs), _AT_ONCE):
        values = {"in_project": project_id, "blobs": blobs[start : start + _AT_ONCE]}
        found |= {BlobHash(one) for one in (await connection.execute(_AT_RISK, values)).scalars()}
    if found:
        raise BlobsAtRisk(frozenset(found))
