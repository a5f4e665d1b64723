"""``/api/terminals``: one's terminals."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tornado import web

from platform_extensions.base import PlatformHandler
from platform_extensions.kernels.placement import place_folder
from platform_extensions.terminals.models import OpenBody, shown_model, terminal_model

if TYPE_CHECKING:
    from platform_server.terminals.service import TerminalService


class TerminalResource(PlatformHandler):
    """What the resource's handlers share."""

    @property
    def terminals(self) -> TerminalService:
        """The service."""
        return self.services.terminals


class TerminalsHandler(TerminalResource):
    """All of one's terminals."""

    @web.authenticated
    async def get(self) -> None:
        """List one's terminals whose shells live."""
        self.reply([terminal_model(info) for info in await self.terminals.list(self.principal)])

    @web.authenticated
    async def post(self) -> None:
        """Open a terminal: in the folder ``cwd``, or in the project changed last."""
        place = await place_folder(self.services, self.principal, self.body(OpenBody).cwd)
        info = await self.terminals.open(self.principal, place.project.project.id, place.cwd)
        self.set_header("Location", f"{self.base_url}api/terminals/{info.name}")
        self.reply(terminal_model(info))  # 200, because JupyterLab takes nothing else


class TerminalHandler(TerminalResource):
    """One terminal."""

    @web.authenticated
    async def get(self, name: str) -> None:
        """Show it, with the folder that its shell is in: as ``POST`` takes it, or null."""
        info = await self.terminals.get(self.principal, name)
        view = await self.services.projects.get(self.principal, info.project_id)
        folder = await self.terminals.folder(self.principal, name)
        inside = None if folder is None else "/".join(filter(None, [view.label, folder]))
        self.reply(shown_model(info, inside))

    @web.authenticated
    async def delete(self, name: str) -> None:
        """Hang up its shell and everything that it started."""
        await self.terminals.close(self.principal, name)
        self.set_status(204)
        self.finish()
