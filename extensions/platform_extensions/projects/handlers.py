"""``/api/projects``: one's projects and their members."""

from __future__ import annotations

from tornado import web

from platform_extensions.base import PlatformHandler
from platform_extensions.projects.models import (
    NewMember,
    NewProject,
    ProjectChange,
    ShownProjectModel,
    member_model,
    project_model,
    usage_model,
)
from platform_extensions.projects.storage_models import storage_model
from platform_server.identity.model import UserId
from platform_server.projects.model import ProjectId


class ProjectsHandler(PlatformHandler):
    """All of one's projects."""

    @web.authenticated
    async def get(self) -> None:
        """List the projects one is a member of; ``?archived=1``: those that are archived."""
        archived = self.get_query_argument("archived", "0") == "1"
        views = await self.services.projects.list(self.principal, archived=archived)
        self.reply([project_model(view) for view in views])

    @web.authenticated
    async def post(self) -> None:
        """Make a project."""
        view = await self.services.projects.create(self.principal, self.body(NewProject).name)
        self.reply(project_model(view), status=201)


class OneProjectHandler(PlatformHandler):
    """One project."""

    @web.authenticated
    async def get(self, project_id: str) -> None:
        """Show it, with how much of its quota it uses, and where what was saved is."""
        view = await self.services.projects.get(self.principal, ProjectId(project_id))
        quotas = self.services.contents.quotas
        usage = await quotas.usage(view.project.id)
        left = quotas.not_kept(view.project.id)
        storage = storage_model(self.services.keeping.waiting(view.project.id))
        used = usage_model(usage, quotas.most, left)
        self.reply(ShownProjectModel(**project_model(view), usage=used, storage=storage))

    @web.authenticated
    async def patch(self, project_id: str) -> None:
        """Rename, archive or bring it back. Owners only."""
        change, projects = self.body(ProjectChange), self.services.projects
        view = await projects.get(self.principal, ProjectId(project_id))
        if change.name is not None:
            view = await projects.rename(self.principal, view.project.id, change.name)
        if change.archived is not None:
            archive = projects.archive if change.archived else projects.unarchive
            view = await archive(self.principal, view.project.id)
        self.reply(project_model(view))

    @web.authenticated
    async def delete(self, project_id: str) -> None:
        """Delete it for all its members. Owners only."""
        await self.services.projects.delete(self.principal, ProjectId(project_id))
        self.set_status(204)
        self.finish()


class MembersHandler(PlatformHandler):
    """Who is a member of a project."""

    @web.authenticated
    async def get(self, project_id: str) -> None:
        """List them, the owner first."""
        members = await self.services.projects.members(self.principal, ProjectId(project_id))
        self.reply([member_model(member) for member in members])

    @web.authenticated
    async def post(self, project_id: str) -> None:
        """Add an account, or change what it may do. Owners only."""
        wanted = self.body(NewMember)
        members = await self.services.projects.add_member(
            self.principal, ProjectId(project_id), wanted.email, wanted.access
        )
        self.reply([member_model(member) for member in members], status=201)


class OneMemberHandler(PlatformHandler):
    """One membership."""

    @web.authenticated
    async def delete(self, project_id: str, user_id: str) -> None:
        """End it: owners anybody's but their own, others their own."""
        await self.services.projects.remove_member(
            self.principal, ProjectId(project_id), UserId(user_id)
        )
        self.set_status(204)
        self.finish()
