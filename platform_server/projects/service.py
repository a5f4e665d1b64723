"""Projects: made, named, shared, archived and deleted; and who may do what in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from platform_server import clock
from platform_server.errors import AccessDenied, InvalidInput, ProjectNotFound, UserNotFound
from platform_server.projects.labels import views
from platform_server.projects.model import Access, Project, ProjectId, ProjectView
from platform_server.projects.names import check_project_name
from platform_server.projects.repository import Member

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Mapping

    from platform_server.identity.model import Principal, UserId
    from platform_server.projects.repository import (
        Membership,
        ProjectRepository,
        UserDirectory,
    )

ProjectViews: TypeAlias = list[ProjectView]
Members: TypeAlias = list[Member]
_ARCHIVED = "This project is archived and can only be read: unarchive it first."


class ProjectService:
    """What people do with projects. Every method checks what the principal may do.

    ``on_deleted`` takes async callbacks that end what a deleted project has running and remove
    what it keeps outside the database; they run in order before ``delete`` returns.
    """

    def __init__(
        self,
        repository: ProjectRepository,
        users: UserDirectory,
        *,
        now: clock.Clock = clock.utc_now,
        new_id: clock.IdFactory = clock.new_id,
    ) -> None:
        self._repository = repository
        self._users = users
        self._now = now
        self._new_id = new_id
        self.on_deleted: list[Callable[[ProjectId], Awaitable[None]]] = []

    async def create(self, principal: Principal, name: str) -> ProjectView:
        """Make an empty project. Raises InvalidName, NameTaken."""
        now = self._now()
        project = Project(
            id=ProjectId(self._new_id()),
            owner_id=principal.id,
            name=check_project_name(name),
            created_at=now,
            updated_at=now,
        )
        await self._repository.add(project)
        return await self.get(principal, project.id)

    async def list(self, principal: Principal, *, archived: bool = False) -> ProjectViews:
        """Return the projects the principal is a member of, or the archived ones among them."""
        return [
            view
            for view in await self._views(principal.id)
            if (view.project.archived_at is not None) is archived
        ]

    async def get(
        self, principal: Principal, project_id: ProjectId, needs: Access = Access.VIEWER
    ) -> ProjectView:
        """Return one project. Raises ProjectNotFound if the principal is not a member, AccessDenied
        if they may not do as much as ``needs``, or that is to change an archived project.
        """
        for view in await self._views(principal.id):
            if view.project.id == project_id:
                return _allowed(view, needs)
        raise ProjectNotFound

    async def owners(self, project_ids: Collection[ProjectId]) -> Mapping[ProjectId, Membership]:
        """Return whose projects these are, for an admin; deleted ones are left out."""
        found = await self._repository.of_owners(project_ids)
        return {one.project.id: one for one in found}

    async def by_label(
        self, principal: Principal, label: str, needs: Access = Access.VIEWER
    ) -> ProjectView:
        """Return the project that the principal sees under ``label``. Raises as ``get`` does."""
        own = await self._repository.owned(principal.id, label)
        if own is not None:
            return _allowed(views(principal.id, [own])[0], needs)
        for view in await self._views(principal.id):
            if view.label == label:
                return _allowed(view, needs)
        raise ProjectNotFound

    async def rename(self, principal: Principal, project_id: ProjectId, name: str) -> ProjectView:
        """Give the project another name. Owners only. Raises InvalidName, NameTaken."""
        await self._owned(principal, project_id)
        stored = check_project_name(name)
        await self._repository.change(project_id, {"name": stored, "updated_at": self._now()})
        return await self._owned(principal, project_id)

    async def archive(self, principal: Principal, project_id: ProjectId) -> ProjectView:
        """Take the project out of the list and make it read-only. Owners only."""
        await self._owned(principal, project_id)
        await self._repository.change(project_id, {"archived_at": self._now()})
        return await self._owned(principal, project_id)

    async def unarchive(self, principal: Principal, project_id: ProjectId) -> ProjectView:
        """Bring an archived project back. Owners only."""
        await self._owned(principal, project_id)
        await self._repository.change(project_id, {"archived_at": None})
        return await self._owned(principal, project_id)

    async def delete(self, principal: Principal, project_id: ProjectId) -> None:
        """Delete the project for all its members. Owners only."""
        await self._owned(principal, project_id)
        await self._repository.delete(project_id, self._now())
        for callback in self.on_deleted:
            await callback(project_id)

    async def members(self, principal: Principal, project_id: ProjectId) -> Members:
        """Return who is a member, the owner first. Members only."""
        await self.get(principal, project_id)
        return await self._repository.members(project_id)

    async def member_ids(self, project_id: ProjectId) -> frozenset[UserId]:
        """Return the members, for what the server tells them by itself."""
        return frozenset(one.user_id for one in await self._repository.members(project_id))

    async def add_member(
        self, principal: Principal, project_id: ProjectId, email: str, access: Access
    ) -> Members:
        """Share the project with an account, or change what it may do. Owners only.

        Raises UserNotFound, and InvalidInput for a second owner or the owner themself.
        """
        view = await self._owned(principal, project_id)
        if access is Access.OWNER:
            raise InvalidInput("A project has one owner: share it with an editor or a viewer.")
        user = await self._users.user_by_email(email)
        if user.id == view.project.owner_id:
            raise InvalidInput("The owner is a member already.")
        await self._repository.put_member(project_id, user.id, access, self._now())
        return await self._repository.members(project_id)

    async def remove_member(
        self, principal: Principal, project_id: ProjectId, user_id: UserId
    ) -> None:
        """End a membership: the owner anybody's but their own, others their own."""
        if user_id != principal.id:
            await self._owned(principal, project_id)
        view = await self.get(principal, project_id)
        if user_id == view.project.owner_id:
            raise InvalidInput("The owner cannot leave the project: delete it instead.")
        if not await self._repository.remove_member(project_id, user_id):
            raise UserNotFound("There is no such member.")

    async def _views(self, user_id: UserId) -> ProjectViews:
        return views(user_id, await self._repository.memberships(user_id))

    async def _owned(self, principal: Principal, project_id: ProjectId) -> ProjectView:
        """Return the project for its owner, archived or not."""
        view = await self.get(principal, project_id)
        if view.access < Access.OWNER:
            raise AccessDenied("Only the project's owner may do this.")
        return view


def _allowed(view: ProjectView, needs: Access) -> ProjectView:
    if view.access < needs:
        raise AccessDenied("You may look at this project, but not change it.")
    if needs > Access.VIEWER and view.project.archived_at is not None:
        raise AccessDenied(_ARCHIVED)
    return view
