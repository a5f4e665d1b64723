"""``/api/projects/{id}/archive`` and ``/import``: folders as zip files, out and in."""

from __future__ import annotations

import logging
from contextlib import aclosing
from typing import TYPE_CHECKING, cast
from urllib.parse import quote

from tornado import web
from tornado.iostream import StreamClosedError

from platform_extensions.files.delivery import POLICY
from platform_extensions.projects.history import PastHandler
from platform_extensions.projects.models import ImportedModel
from platform_extensions.projects.spooled import SpooledBody
from platform_server.contents.importing import Order
from platform_server.errors import InvalidInput, PlatformError
from platform_server.projects.model import Access, ProjectId

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from platform_server.contents.model import Entry

log = logging.getLogger(__name__)


class ArchiveHandler(PastHandler):
    """A folder as a zip file."""

    @web.authenticated
    async def get(self, project_id: str) -> None:
        """Send what is in the folder ``?path=``, or in the whole project, as it is packed."""
        view = await self.view(project_id)
        archives = self.services.contents.archives
        folder = await archives.folder(view.project.id, self.get_query_argument("path", ""))
        name = quote(f"{folder.name or view.project.name}.zip", safe="")
        self.set_header("Content-Type", "application/zip")
        self.set_header("Content-Disposition", f"attachment; filename*=UTF-8''{name}")
        self.set_header("Content-Security-Policy", POLICY)
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Cache-Control", "private, no-cache")
        await self._send(folder)

    async def _send(self, folder: Entry) -> None:
        """Send as fast as the reader takes it; break off so that nobody takes a part for all."""
        archives = self.services.contents.archives
        pieces = cast("AsyncGenerator[bytes, None]", archives.stream(folder))
        try:
            async with aclosing(pieces):
                async for piece in pieces:
                    self.write(piece)
                    await self.flush()
        except StreamClosedError:
            return
        except PlatformError as error:
            log.warning("a folder could not be packed to its end: %s", error.message)
            self.request.connection.stream.close()  # type: ignore[union-attr]  # HTTP/1


class ImportHandler(SpooledBody, PastHandler):
    """A zip file, unpacked into a project."""

    async def admit(self) -> None:
        """Check who asks before a byte of the body is taken."""
        await super().admit()
        if self.request.method == "POST":
            await self.view(self.path_args[0], Access.EDITOR)
            self.open_spool()

    @web.authenticated
    async def post(self, project_id: str) -> None:
        """Unpack the body into the folder ``?path=``, all or nothing; ``?replace=1`` replaces."""
        replace = self.get_query_argument("replace", "0")
        if replace not in {"0", "1"}:
            raise InvalidInput('"replace" is 0 or 1.')
        order = Order(
            project_id=ProjectId(project_id),
            folder=self.get_query_argument("path", ""),
            author=self.principal.id,
            replace=replace == "1",
        )
        async with self.received() as spool:
            done = await self.services.contents.imports.run(order, spool)
        model = ImportedModel(files=done.files, unchanged=done.unchanged, bytes=done.bytes)
        self.reply(model, status=201)
