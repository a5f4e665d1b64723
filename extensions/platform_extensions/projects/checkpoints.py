"""``/api/projects/{id}/checkpoints``: all of a project at one moment, under a name."""

from __future__ import annotations

from tornado import web

from platform_extensions.projects.history import PastHandler
from platform_extensions.projects.history_models import (
    NewCheckpoint,
    ShownCheckpointModel,
    checkpoint_model,
    differences_model,
    marked_model,
    return_model,
)
from platform_server.contents.model import ProjectCheckpointId
from platform_server.projects.model import Access


class ProjectCheckpointsHandler(PastHandler):
    """All checkpoints of a project."""

    @web.authenticated
    async def get(self, project_id: str) -> None:
        """List them, newest first."""
        view = await self.view(project_id)
        names = await self.names(view)
        found = await self.services.contents.project_checkpoints.list(view.project.id)
        self.reply([checkpoint_model(one, names) for one in found])

    @web.authenticated
    async def post(self, project_id: str) -> None:
        """Mark all that the project has now. Editors only."""
        view = await self.view(project_id, Access.EDITOR)
        made = await self.services.contents.project_checkpoints.create(
            view.project.id, self.body(NewCheckpoint).name, author=self.principal.id
        )
        self.reply(checkpoint_model(made, await self.names(view)), status=201)


class OneProjectCheckpointHandler(PastHandler):
    """One checkpoint."""

    @web.authenticated
    async def get(self, project_id: str, checkpoint_id: str) -> None:
        """Show it, with what it has."""
        view = await self.view(project_id)
        service = self.services.contents.project_checkpoints
        found = await service.get(view.project.id, ProjectCheckpointId(checkpoint_id))
        marked = await service.marked(view.project.id, found.id)
        entries = [marked_model(one) for one in marked]
        about = checkpoint_model(found, await self.names(view))
        self.reply(ShownCheckpointModel(**about, entries=entries))

    @web.authenticated
    async def delete(self, project_id: str, checkpoint_id: str) -> None:
        """Drop it; no file changes. Owners only."""
        view = await self.view(project_id, Access.OWNER)
        await self.services.contents.project_checkpoints.delete(
            view.project.id, ProjectCheckpointId(checkpoint_id)
        )
        self.set_status(204)
        self.finish()


class ChangesHandler(PastHandler):
    """What has changed since a checkpoint."""

    @web.authenticated
    async def get(self, project_id: str, checkpoint_id: str) -> None:
        """List the files that bringing the project back would save, and remove."""
        view = await self.view(project_id)
        found = await self.services.contents.project_checkpoints.compare(
            view.project.id, ProjectCheckpointId(checkpoint_id)
        )
        self.reply(differences_model(found))


class RestoreProjectHandler(PastHandler):
    """A whole project, brought back to a checkpoint."""

    @web.authenticated
    async def post(self, project_id: str, checkpoint_id: str) -> None:
        """Bring all files back; what is there now becomes a checkpoint first. Editors only."""
        view = await self.view(project_id, Access.EDITOR)
        result = await self.services.contents.project_checkpoints.restore(
            view.project.id, ProjectCheckpointId(checkpoint_id), author=self.principal.id
        )
        self.reply(return_model(result, await self.names(view)))
