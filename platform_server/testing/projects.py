"""Projects and members in memory."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from platform_server.errors import NameTaken, ProjectNotFound, UserNotFound
from platform_server.projects.model import Access, Project, ProjectId
from platform_server.projects.repository import Member, Membership

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from datetime import datetime

    from platform_server.identity.model import User, UserId


class MemoryUserDirectory:
    """Some accounts, found by their address."""

    def __init__(self, users: Iterable[User]) -> None:
        self.people = {user.id: user for user in users}

    async def user_by_email(self, email: str) -> User:
        """Return the account; raises UserNotFound."""
        for user in self.people.values():
            if user.email == email.lower():
                return user
        raise UserNotFound

    async def users(self) -> list[User]:
        """Return every account."""
        return list(self.people.values())


class MemoryProjectRepository:
    """Keeps projects in dictionaries."""

    def __init__(self, directory: MemoryUserDirectory) -> None:
        self._users = directory.people
        self._projects: dict[ProjectId, Project] = {}
        self._members: dict[ProjectId, dict[UserId, tuple[Access, datetime]]] = {}

    async def add(self, project: Project) -> None:
        """Store a new project with its owner as the first member."""
        self._require_free(project.owner_id, project.name)
        self._projects[project.id] = project
        self._members[project.id] = {project.owner_id: (Access.OWNER, project.created_at)}

    async def memberships(self, user_id: UserId) -> list[Membership]:
        """Return every project the user is a member of, oldest first."""
        ordered = sorted(self._projects.values(), key=lambda one: (one.created_at, one.id))
        found = [await self.membership(user_id, project.id) for project in ordered]
        return [one for one in found if one is not None]

    async def membership(self, user_id: UserId, project_id: ProjectId) -> Membership | None:
        """Return the user's place in the project."""
        project = self._projects.get(project_id)
        place = self._members.get(project_id, {}).get(user_id)
        if project is None or place is None:
            return None
        owner = self._users[project.owner_id]
        return Membership(
            project=project, access=place[0], owner_name=owner.name, owner_email=owner.email
        )

    async def owned(self, user_id: UserId, name: str) -> Membership | None:
        """Return the project of that exact name that the user owns."""
        for one in await self.memberships(user_id):
            if one.project.owner_id == user_id and one.project.name == name:
                return one
        return None

    async def of_owners(self, project_ids: Collection[ProjectId]) -> list[Membership]:
        """Return the owners' places in these projects."""
        known = [self._projects[one] for one in project_ids if one in self._projects]
        found = [await self.membership(project.owner_id, project.id) for project in known]
        return [one for one in found if one is not None]

    async def change(
        self, project_id: ProjectId, values: Mapping[str, str | datetime | None]
    ) -> None:
        """Set some of a project's fields."""
        project = self._projects.get(project_id)
        if project is None:
            raise ProjectNotFound
        changes: dict[str, Any] = dict(values)
        if changes.get("name", project.name) != project.name:
            self._require_free(project.owner_id, changes["name"])
        self._projects[project_id] = replace(project, **changes)

    async def delete(self, project_id: ProjectId, at: datetime) -> None:
        """Make the project invisible and its name free."""
        del at
        self._projects.pop(project_id, None)

    async def members(self, project_id: ProjectId) -> list[Member]:
        """Return the members, the owner first."""
        members = [
            Member(
                user_id=user_id,
                email=self._users[user_id].email,
                name=self._users[user_id].name,
                access=access,
                added_at=at,
            )
            for user_id, (access, at) in self._members[project_id].items()
        ]
        return sorted(members, key=lambda one: (one.access is not Access.OWNER, one.email))

    async def put_member(
        self, project_id: ProjectId, user_id: UserId, access: Access, at: datetime
    ) -> None:
        """Add the member, or change what they may do."""
        members = self._members[project_id]
        members[user_id] = (access, members[user_id][1] if user_id in members else at)

    async def remove_member(self, project_id: ProjectId, user_id: UserId) -> bool:
        """Remove the member; tells whether there was one."""
        return self._members[project_id].pop(user_id, None) is not None

    def _require_free(self, owner_id: UserId, name: str) -> None:
        if any(one.owner_id == owner_id and one.name == name for one in self._projects.values()):
            raise NameTaken("You have a project of that name already.")
