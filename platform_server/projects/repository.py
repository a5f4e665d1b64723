"""What the project service needs from a store."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

    from platform_server.identity.model import User, UserId
    from platform_server.projects.model import Access, Project, ProjectId


@dataclass(frozen=True, kw_only=True)
class Membership:
    """One user's place in one project, with what it takes to name the project's owner."""

    project: Project
    access: Access
    owner_name: str
    owner_email: str


@dataclass(frozen=True, kw_only=True)
class Member:
    """A member of a project, as the others see them."""

    user_id: UserId
    email: str
    name: str
    access: Access
    added_at: datetime


class UserDirectory(Protocol):
    """Finds accounts; the identity service is one."""

    async def user_by_email(self, email: str) -> User:
        """Return the account; raises UserNotFound."""


class ProjectRepository(Protocol):
    """Stores projects and members. Deleted projects are invisible through every method."""

    async def add(self, project: Project) -> None:
        """Store a new project with its owner as the first member. Raises NameTaken."""

    async def memberships(self, user_id: UserId) -> list[Membership]:
        """Return every project the user is a member of, archived ones too, oldest first."""

    async def membership(self, user_id: UserId, project_id: ProjectId) -> Membership | None:
        """Return the user's place in the project; None if there is none, or no such project."""

    async def of_owners(self, project_ids: Collection[ProjectId]) -> list[Membership]:
        """Return the owners' places in these projects; what is not there is left out."""

    async def owned(self, user_id: UserId, name: str) -> Membership | None:
        """Return the project of that exact name that the user owns."""

    async def change(
        self, project_id: ProjectId, values: Mapping[str, str | datetime | None]
    ) -> None:
        """Set ``name``, ``archived_at`` or ``updated_at``. Raises NameTaken, ProjectNotFound."""

    async def delete(self, project_id: ProjectId, at: datetime) -> None:
        """Make the project invisible and its name free. Nothing if it is already."""

    async def members(self, project_id: ProjectId) -> list[Member]:
        """Return the members, the owner first, then by e-mail address."""

    async def put_member(
        self, project_id: ProjectId, user_id: UserId, access: Access, at: datetime
    ) -> None:
        """Add the member, or change what they may do."""

    async def remove_member(self, project_id: ProjectId, user_id: UserId) -> bool:
        """Remove the member; tells whether there was one."""
