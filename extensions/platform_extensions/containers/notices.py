"""The event by which a project's people are told about its sandbox, unasked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from platform_extensions.containers.models import notice_model
from platform_server.sandboxes.notices import NoticeKind

if TYPE_CHECKING:
    from jupyter_events.logger import EventLogger

    from platform_server.sandboxes.notices import Notice, Notices

EVENT = "https://events.jupyter.org/platform_server/sandbox_notice/v1"
_SCHEMA = {
    "$id": EVENT,
    "version": "1",
    "title": "Sandbox notice",
    "personal-data": True,
    "description": "A sandbox nears a limit, ran into one, will be stopped, or has ended.",
    "type": "object",
    "required": ["project_id", "container_id", "kind", "at", "detail"],
    "properties": {
        "project_id": {"type": "string"},
        "container_id": {"type": "string"},
        "kind": {"enum": [kind.value for kind in NoticeKind]},
        "at": {"type": "string"},
        "detail": {"type": "string"},
        "used": {"type": ["integer", "null"]},
        "limit": {"type": ["integer", "null"]},
        "deadline": {"type": ["string", "null"]},
        "ended": {"type": ["object", "null"]},
    },
}


class SandboxNotices:
    """Emits an event for each notice."""

    def __init__(self, notices: Notices, logger: EventLogger) -> None:
        self._notices = notices
        self._logger = logger

    def start(self) -> None:
        """Begin to listen."""
        self._logger.register_event_schema(_SCHEMA)
        self._notices.listeners.append(self._tell)

    async def aclose(self) -> None:
        """Stop. May be called twice."""
        if self._tell in self._notices.listeners:
            self._notices.listeners.remove(self._tell)

    def _tell(self, notice: Notice) -> None:
        self._logger.emit(schema_id=EVENT, data=dict(notice_model(notice)))
