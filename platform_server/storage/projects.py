"""Projects and members in SQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, bindparam, column, delete, insert, select, table, update
from sqlalchemy.exc import IntegrityError

from platform_server.errors import NameTaken, ProjectNotFound
from platform_server.identity.model import UserId
from platform_server.projects.model import Access, Project, ProjectId
from platform_server.projects.repository import Member, Membership
from platform_server.storage.tables.projects import project_members, projects

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

    from sqlalchemy import Row, Select

    from platform_server.storage.database import Database

_TAKEN = "You have a project of that name already."
_users = table("users", column("id"), column("email"), column("name"))

_MEMBERSHIPS = (
    select(
        projects,
        project_members.c.access,
        _users.c.email.label("owner_email"),
        _users.c.name.label("owner_name"),
    )
    .join(project_members, project_members.c.project_id == projects.c.id)
    .join(_users, _users.c.id == projects.c.owner_id)
    .where(projects.c.deleted_at.is_(None))
    .order_by(projects.c.created_at, projects.c.id)
)
_OF_USER = _MEMBERSHIPS.where(project_members.c.user_id == bindparam("user_id"))


class SqlProjectRepository:
    """The project repository on SQLite or Postgres."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, project: Project) -> None:
        """Store a new project with its owner as the first member."""
        member = {
            "project_id": project.id,
            "user_id": project.owner_id,
            "access": Access.OWNER.value,
            "added_at": project.created_at,
        }
        try:
            async with self._database.transaction() as connection:
                await connection.execute(insert(projects).values(_columns(project)))
                await connection.execute(insert(project_members).values(member))
        except IntegrityError as error:
            raise NameTaken(_TAKEN) from error

    async def memberships(self, user_id: UserId) -> list[Membership]:
        """Return every project the user is a member of."""
        return await self._memberships(_OF_USER, {"user_id": user_id})

    async def membership(self, user_id: UserId, project_id: ProjectId) -> Membership | None:
        """Return the user's place in the project."""
        found = await self._memberships(
            _MEMBERSHIPS.where(
                and_(project_members.c.user_id == user_id, projects.c.id == project_id)
            )
        )
        return found[0] if found else None

    async def owned(self, user_id: UserId, name: str) -> Membership | None:
        """Return the project of that exact name that the user owns."""
        found = await self._memberships(
            _MEMBERSHIPS.where(
                and_(
                    project_members.c.user_id == user_id,
                    projects.c.owner_id == user_id,
                    projects.c.name == name,
                )
            )
        )
        return found[0] if found else None

    async def of_owners(self, project_ids: Collection[ProjectId]) -> list[Membership]:
        """Return the owners' places in these projects."""
        return await self._memberships(
            _MEMBERSHIPS.where(
                and_(
                    projects.c.id.in_(list(project_ids)),
                    project_members.c.user_id == projects.c.owner_id,
                )
            )
        )

    async def change(
        self, project_id: ProjectId, values: Mapping[str, str | datetime | None]
    ) -> None:
        """Set some of a project's columns."""
        statement = (
            update(projects)
            .where(and_(projects.c.id == project_id, projects.c.deleted_at.is_(None)))
            .values(dict(values))
        )
        try:
            async with self._database.transaction() as connection:
                result = await connection.execute(statement)
        except IntegrityError as error:
            raise NameTaken(_TAKEN) from error
        if result.rowcount == 0:
            raise ProjectNotFound

    async def delete(self, project_id: ProjectId, at: datetime) -> None:
        """Mark the project as deleted."""
        async with self._database.transaction() as connection:
            await connection.execute(
                update(projects)
                .where(and_(projects.c.id == project_id, projects.c.deleted_at.is_(None)))
                .values(deleted_at=at)
            )

    async def members(self, project_id: ProjectId) -> list[Member]:
        """Return the members, the owner first."""
        statement = (
            select(project_members, _users.c.email, _users.c.name)
            .join(_users, _users.c.id == project_members.c.user_id)
            .where(project_members.c.project_id == project_id)
            .order_by((project_members.c.access == Access.OWNER.value).desc(), _users.c.email)
        )
        async with self._database.read() as connection:
            rows = (await connection.execute(statement)).all()
        return [_member(row) for row in rows]

    async def put_member(
        self, project_id: ProjectId, user_id: UserId, access: Access, at: datetime
    ) -> None:
        """Add the member, or change what they may do."""
        row = _row_of(project_id, user_id)
        values = {"project_id": project_id, "user_id": user_id, "added_at": at}
        async with self._database.transaction() as connection:
            changed = await connection.execute(
                update(project_members).where(row).values(access=access.value)
            )
            if changed.rowcount == 0:
                await connection.execute(
                    insert(project_members).values(access=access.value, **values)
                )

    async def remove_member(self, project_id: ProjectId, user_id: UserId) -> bool:
        """Remove the member; tells whether there was one."""
        async with self._database.transaction() as connection:
            result = await connection.execute(
                delete(project_members).where(_row_of(project_id, user_id))
            )
        return result.rowcount > 0

    async def _memberships(
        self, statement: Select[Any], values: Mapping[str, str] | None = None
    ) -> list[Membership]:
        async with self._database.read() as connection:
            rows = (await connection.execute(statement, values)).all()
        return [_membership(row) for row in rows]


def _row_of(project_id: ProjectId, user_id: UserId) -> Any:
    return and_(project_members.c.project_id == project_id, project_members.c.user_id == user_id)


def _columns(project: Project) -> dict[str, Any]:
    return {
        "id": project.id,
        "owner_id": project.owner_id,
        "name": project.name,
        "created_at": project.created_at,
        "updated_at": project.updated_at,
        "archived_at": project.archived_at,
    }


def _membership(row: Row[Any]) -> Membership:
    project = Project(
        id=ProjectId(row.id),
        owner_id=UserId(row.owner_id),
        name=row.name,
        created_at=row.created_at,
        updated_at=row.updated_at,
        archived_at=row.archived_at,
    )
    return Membership(
        project=project,
        access=Access(row.access),
        owner_name=row.owner_name,
        owner_email=row.owner_email,
    )


def _member(row: Row[Any]) -> Member:
    return Member(
        user_id=UserId(row.user_id),
        email=row.email,
        name=row.name,
        access=Access(row.access),
        added_at=row.added_at,
    )
