"""The limits of single projects in SQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select, update

from platform_server.errors import ProjectNotFound
from platform_server.identity.model import Role, UserId
from platform_server.sandboxes.limits import Holder, OwnLimits
from platform_server.storage import acts
from platform_server.storage.tables.identity import users
from platform_server.storage.tables.projects import projects
from platform_server.storage.tables.sandboxes import project_limits

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Row, Select

    from platform_server.projects.model import ProjectId
    from platform_server.sandboxes.limits import Telling
    from platform_server.storage.database import Database

_HOLDERS: Select[Any] = (
    select(
        projects.c.owner_id,
        projects.c.name,
        users.c.role,
        project_limits.c.cpus,
        project_limits.c.memory_bytes,
        project_limits.c.pids,
    )
    .join(users, users.c.id == projects.c.owner_id)
    .outerjoin(project_limits, project_limits.c.project_id == projects.c.id)
    .where(projects.c.deleted_at.is_(None))
)


class SqlLimitsRepository:
    """The repository of limits on SQLite or Postgres."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def holder(self, project_id: ProjectId) -> Holder | None:
        """Return who owns a project, and what was set for it."""
        async with self._database.read() as connection:
            found = await connection.execute(_HOLDERS.where(projects.c.id == project_id))
            row = found.one_or_none()
        return None if row is None else _holder(row)

    async def put(
        self, project_id: ProjectId, own: OwnLimits, at: datetime, telling: Telling
    ) -> None:
        """Set a project's limits."""
        values = {
            "cpus": own.cpus,
            "memory_bytes": own.memory_bytes,
            "pids": own.pids,
            "changed_at": at,
        }
        where = project_limits.c.project_id == project_id
        locked = _HOLDERS.where(projects.c.id == project_id).with_for_update(of=projects)
        async with self._database.transaction() as connection:
            before = (await connection.execute(locked)).one_or_none()
            if before is None:
                raise ProjectNotFound
            changed = await connection.execute(update(project_limits).where(where).values(values))
            if changed.rowcount == 0:
                await connection.execute(
                    insert(project_limits).values({"project_id": project_id} | values)
                )
            await acts.keep(connection, telling(_holder(before)))


def _holder(row: Row[Any]) -> Holder:
    own = OwnLimits(cpus=row.cpus, memory_bytes=row.memory_bytes, pids=row.pids)
    return Holder(
        owner_id=UserId(row.owner_id), role=Role(row.role), own=own, project_name=row.name
    )
