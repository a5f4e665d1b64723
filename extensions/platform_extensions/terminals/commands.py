"""``/api/projects/{id}/commands``: what one has typed in a project's terminals."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tornado import web

from platform_extensions.projects.history import PastHandler
from platform_extensions.terminals.models import CommandsModel, command_model
from platform_server.errors import CommandNotFound, InvalidInput
from platform_server.projects.model import ProjectId
from platform_server.terminals.commands import CommandId

if TYPE_CHECKING:
    from platform_server.terminals.commands import CommandHistory

_LONGEST = 200  # characters that can be looked for


class CommandResource(PastHandler):
    """What the resource's handlers share."""

    @property
    def commands(self) -> CommandHistory:
        """The service."""
        return self.services.commands


class CommandsHandler(CommandResource):
    """The command lines that one has typed in a project, and nobody else's."""

    @web.authenticated
    async def get(self, project_id: str) -> None:
        """List them, the latest first. ``?q=``: those with all its words. ``?limit=&before=``: by
        pages; ``before`` is the id of the last one of the page before.
        """
        text, before = self.get_query_argument("q", ""), self.get_query_argument("before", None)
        if len(text) > _LONGEST:
            raise InvalidInput(f'"q" has at most {_LONGEST} characters.')
        limit = self.limit()
        found = await self.commands.search(
            self.principal,
            ProjectId(project_id),
            text=text,
            limit=limit + 1,
            before=CommandId(before) if before else None,
        )
        shown = [command_model(command) for command in found[:limit]]
        self.reply(CommandsModel(commands=shown, more=len(found) > limit))

    @web.authenticated
    async def delete(self, project_id: str) -> None:
        """Forget all of them."""
        await self.commands.forget(self.principal, ProjectId(project_id))
        self.set_status(204)
        self.finish()


class CommandHandler(CommandResource):
    """One command line."""

    @web.authenticated
    async def delete(self, project_id: str, command_id: str) -> None:
        """Forget it."""
        found = await self.commands.forget(
            self.principal, ProjectId(project_id), CommandId(command_id)
        )
        if not found:
            raise CommandNotFound
        self.set_status(204)
        self.finish()
