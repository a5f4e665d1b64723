"""``/api/admin/projects/{id}/limits``: what a project's sandbox may use, for the admin."""

from __future__ import annotations

from tornado import web

from platform_extensions.base import PlatformHandler
from platform_extensions.containers.limits_models import LimitsChange, project_limits_model
from platform_server.projects.model import ProjectId


class ProjectLimitsHandler(PlatformHandler):
    """The limits of one project."""

    @web.authenticated
    async def get(self, project_id: str) -> None:
        """Show them, with where each comes from."""
        self.reply(project_limits_model(await self.services.limits.shown(ProjectId(project_id))))

    @web.authenticated
    async def patch(self, project_id: str) -> None:
        """Set some of the project's own, or give them up with null; its next sandbox has them."""
        change, limits = self.body(LimitsChange), self.services.limits
        shown = await limits.shown(ProjectId(project_id))
        changed = await limits.put(
            ProjectId(project_id), change.over(shown.own), by=self.principal.actor
        )
        self.log.info("%s set limits of project %s", self.principal.id, project_id)
        self.reply(project_limits_model(changed))
