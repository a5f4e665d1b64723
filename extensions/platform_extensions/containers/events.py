"""The event when a sandbox starts, runs or has ended, for the members of its project."""

from __future__ import annotations

import asyncio
import logging
from contextvars import Context
from typing import TYPE_CHECKING

from platform_extensions.containers.models import container_model
from platform_extensions.events.audience import told_to
from platform_server.errors import PlatformError

if TYPE_CHECKING:
    from jupyter_events.logger import EventLogger

    from platform_server.projects.service import ProjectService
    from platform_server.sandboxes.model import Sandbox
    from platform_server.sandboxes.service import SandboxService

EVENT = "https://events.jupyter.org/platform_server/sandbox_state/v1"
_SCHEMA = {
    "$id": EVENT,
    "version": "1",
    "title": "Sandbox state",
    "personal-data": True,
    "description": "A project's sandbox is in another state, as /api/containers shows it.",
    "type": "object",
    "required": ["id", "project", "state", "limits", "queue", "started_at", "ended"],
    "properties": {
        "id": {"type": "string"},
        "project": {"type": "string"},
        "state": {"enum": ["starting", "running", "stopped", "failed"]},
        "limits": {"type": "object"},
        "queue": {"type": ["object", "null"]},
        "started_at": {"type": ["string", "null"]},
        "ended": {"type": ["object", "null"]},
    },
}

log = logging.getLogger(__name__)


class SandboxEvents:
    """Emits what becomes of sandboxes, in the order in which it does."""

    def __init__(
        self, sandboxes: SandboxService, projects: ProjectService, logger: EventLogger
    ) -> None:
        self._sandboxes = sandboxes
        self._projects = projects
        self._logger = logger
        self._changed: asyncio.Queue[Sandbox] = asyncio.Queue()
        self._teller: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to listen."""
        self._logger.register_event_schema(_SCHEMA)
        self._sandboxes.on_change.append(self._changed.put_nowait)
        self._teller = asyncio.create_task(self._tell_for_ever(), context=Context())

    async def aclose(self) -> None:
        """Stop. May be called twice."""
        if self._teller is not None:
            self._sandboxes.on_change.remove(self._changed.put_nowait)
            self._teller.cancel()
            await asyncio.gather(self._teller, return_exceptions=True)
            self._teller = None

    async def _tell_for_ever(self) -> None:
        while True:
            sandbox = await self._changed.get()
            try:
                members = await self._projects.member_ids(sandbox.project_id)
            except PlatformError as error:
                log.warning("nobody was told of a sandbox's state: %s", error.message)
            else:
                with told_to(members):
                    queued = self._sandboxes.queued(sandbox.project_id)
                    data = dict(container_model(sandbox, queued))
                    self._logger.emit(schema_id=EVENT, data=data)
