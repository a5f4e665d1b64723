"""``/api/containers``: the sandboxes of one's projects."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tornado import web

from platform_extensions.base import PlatformHandler
from platform_extensions.containers.models import (
    StartRequest,
    container_model,
    disk_model,
    health_model,
    stops_model,
    usage_model,
)
from platform_extensions.containers.shapes import ShownContainerModel, UsedContainerModel
from platform_server.errors import ProjectNotFound, SandboxNotFound
from platform_server.projects.model import Access, ProjectId
from platform_server.sandboxes.model import EndCause, Sandbox, SandboxId

if TYPE_CHECKING:
    from platform_extensions.containers.shapes import ContainerModel, UsageModel
    from platform_server.projects.model import ProjectView


class ContainerHandler(PlatformHandler):
    """What the resource's handlers share: finding a sandbox that the principal may see."""

    async def project(self, project_id: str, needs: Access) -> ProjectView:
        """Return the project; raises ProjectNotFound, AccessDenied."""
        return await self.services.projects.get(self.principal, ProjectId(project_id), needs)

    async def sandbox(self, sandbox_id: str, needs: Access) -> Sandbox:
        """Return the sandbox; one of a project that is not the principal's is not found."""
        found = await self.services.sandboxes.sandbox(SandboxId(sandbox_id))
        try:
            await self.project(found.project_id, needs)
        except ProjectNotFound as error:
            raise SandboxNotFound from error
        return found

    def model(self, sandbox: Sandbox) -> ContainerModel:
        """Return it, with where its start is in the queue."""
        return container_model(sandbox, self.services.sandboxes.queued(sandbox.project_id))

    async def used_model(self, sandbox: Sandbox) -> UsedContainerModel:
        """Return it, with what it uses now."""
        return {**self.model(sandbox), "usage": await self.usage(sandbox)}

    async def usage(self, sandbox: Sandbox) -> UsageModel | None:
        """Return what it uses now, with its project's disk; None when it does not run."""
        usage = await self.services.sandboxes.usage(sandbox.id)
        if usage is None:
            return None
        quotas = self.services.contents.quotas
        disk = disk_model(await quotas.remembered(sandbox.project_id), quotas.most)
        return usage_model(usage, disk)


class ContainersHandler(ContainerHandler):
    """All of one's sandboxes."""

    @web.authenticated
    async def get(self) -> None:
        """List the sandboxes of the projects that one is a member of."""
        views = await self.services.projects.list(self.principal)
        ids = [view.project.id for view in views]
        found = await self.services.sandboxes.sandboxes(ids)
        self.reply([await self.used_model(one) for one in found])

    @web.authenticated
    async def post(self) -> None:
        """Start the project's sandbox; the running one is answered when there is one."""
        request = self.body(StartRequest)
        view = await self.project(request.project, Access.EDITOR)
        runtime = await self.services.sandboxes.runtime(view.project.id)
        sandbox = await self.services.sandboxes.sandbox(runtime.sandbox_id)
        self.reply(self.model(sandbox), status=201)


class OneContainerHandler(ContainerHandler):
    """One sandbox."""

    @web.authenticated
    async def get(self, sandbox_id: str) -> None:
        """Show it, with what it uses now."""
        sandbox = await self.sandbox(sandbox_id, Access.VIEWER)
        shown, services = await self.used_model(sandbox), self.services
        stops = stops_model(sandbox, services.idle, services.ages) if shown["usage"] else None
        self.reply(ShownContainerModel(**shown, stops=stops))

    @web.authenticated
    async def delete(self, sandbox_id: str) -> None:
        """Stop it: what its code wrote is kept, its processes end."""
        sandbox = await self.sandbox(sandbox_id, Access.EDITOR)
        await self.services.sandboxes.stop(sandbox.project_id, cause=EndCause.USER)
        self.set_status(204)
        self.finish()


class ActivityHandler(ContainerHandler):
    """Somebody's wish to go on with a sandbox."""

    @web.authenticated
    async def post(self, sandbox_id: str) -> None:
        """Count as using it, so that it is not stopped for being unused."""
        sandbox = await self.sandbox(sandbox_id, Access.EDITOR)
        self.services.idle.touch(sandbox)
        self.set_status(204)
        self.finish()


class HealthHandler(ContainerHandler):
    """Whether a sandbox answers."""

    @web.authenticated
    async def get(self, sandbox_id: str) -> None:
        """Ask its agent something, and say how long the answer took."""
        sandbox = await self.sandbox(sandbox_id, Access.VIEWER)
        self.reply(health_model(sandbox, await self.services.sandboxes.health(sandbox.id)))
