"""``/api/storage``: where what one saved is; and the event when that changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tornado import web

from platform_extensions.base import PlatformHandler
from platform_extensions.projects.storage_models import storage_model, storages_model

if TYPE_CHECKING:
    from jupyter_events.logger import EventLogger

    from platform_server.contents.keeping import Keeping
    from platform_server.projects.model import ProjectId

EVENT = "https://events.jupyter.org/platform_server/project_storage/v1"
_SCHEMA = {
    "$id": EVENT,
    "version": "1",
    "title": "Project storage",
    "personal-data": True,
    "description": "Saves of a project began to wait on the server, or all reached the store.",
    "type": "object",
    "required": ["project_id", "stored", "waiting"],
    "properties": {
        "project_id": {"type": "string"},
        "stored": {"enum": ["project", "server"]},
        "waiting": {"type": "object"},
    },
}


class StorageHandler(PlatformHandler):
    """Where the bytes of one's projects are."""

    @web.authenticated
    async def get(self) -> None:
        """Say whether all is in the project store, or which projects have saves that wait here."""
        views = await self.services.projects.list(self.principal)
        self.reply(storages_model(views, self.services.keeping))


class StorageEvents:
    """Emits an event when saves of a project begin to wait, and when all have reached the store."""

    def __init__(self, keeping: Keeping, logger: EventLogger) -> None:
        self._keeping = keeping
        self._logger = logger

    def start(self) -> None:
        """Begin to listen."""
        self._logger.register_event_schema(_SCHEMA)
        self._keeping.on_change.append(self._tell)

    async def aclose(self) -> None:
        """Stop. May be called twice."""
        if self._tell in self._keeping.on_change:
            self._keeping.on_change.remove(self._tell)

    def _tell(self, project_id: ProjectId) -> None:
        waiting = storage_model(self._keeping.waiting(project_id))
        data = {"project_id": project_id, **waiting}
        self._logger.emit(schema_id=EVENT, data=data)
