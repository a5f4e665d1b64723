"""Each user's JupyterLab workspaces: which documents are open, and where on the screen."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any, Final

from pydantic import ConfigDict, Field
from tornado import web

from platform_extensions.base import PlatformHandler, RequestBody
from platform_server.errors import InvalidInput, NotFound

if TYPE_CHECKING:
    from datetime import datetime

    from platform_server.identity.preferences import PreferenceService

MAX_BODY = 256 * 1024  # bytes of one workspace
_KIND: Final = "workspace"


class Metadata(RequestBody):
    """What a workspace says about itself."""

    model_config = ConfigDict(extra="ignore", strict=True, frozen=True)

    id: Annotated[str, Field(max_length=256)]


class WorkspaceBody(RequestBody):
    """``PUT``: the layout is JupyterLab's own business."""

    model_config = ConfigDict(extra="ignore", strict=True, frozen=True)

    data: dict[str, Any]
    metadata: Metadata


class WorkspaceResource(PlatformHandler):
    """What the handlers of workspaces share."""

    @property
    def preferences(self) -> PreferenceService:
        """Where they are kept."""
        return self.services.preferences

    async def workspace(self, name: str, modified: datetime | None = None) -> dict[str, Any]:
        """Return a workspace; one that was never saved is empty."""
        text = await self.preferences.get(self.principal.id, _KIND, name)
        data = {} if text is None else json.loads(text)
        times = {} if modified is None else {"last_modified": modified.isoformat()}
        return {"data": data, "metadata": {"id": name, **times}}


class WorkspacesHandler(WorkspaceResource):
    """All of one's workspaces."""

    @web.authenticated
    async def get(self) -> None:
        """List them with their layouts."""
        names = await self.preferences.names(self.principal.id, _KIND)
        values = [await self.workspace(name, modified) for name, modified in sorted(names)]
        ids = [value["metadata"]["id"] for value in values]
        self.reply({"workspaces": {"ids": ids, "values": values}})


class WorkspaceHandler(WorkspaceResource):
    """One workspace."""

    @web.authenticated
    async def get(self, name: str) -> None:
        """Show it."""
        self.reply(await self.workspace(name))

    @web.authenticated
    async def put(self, name: str) -> None:
        """Save it."""
        body = self.body(WorkspaceBody)
        if body.metadata.id.removeprefix("/") != name:
            raise InvalidInput("metadata.id: has to be the name of the workspace")
        await self.preferences.put(self.principal.id, _KIND, name, json.dumps(body.data))
        self.set_status(204)
        self.finish()

    @web.authenticated
    async def delete(self, name: str) -> None:
        """Forget it. Raises NotFound."""
        if await self.preferences.get(self.principal.id, _KIND, name) is None:
            raise NotFound("There is no workspace of that name.")
        await self.preferences.delete(self.principal.id, _KIND, name)
        self.set_status(204)
        self.finish()
