"""The event that tells that a project's packages are others, or are being changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jupyter_events.logger import EventLogger

    from platform_server.environments.parts import Environments
    from platform_server.projects.model import ProjectId

EVENT = "https://events.jupyter.org/platform_server/project_packages/v1"
_SCHEMA = {
    "$id": EVENT,
    "version": "1",
    "title": "Project packages",
    "personal-data": True,
    "description": "What a project has installed has changed, or an installation began or ended.",
    "type": "object",
    "required": ["project_id", "installing"],
    "properties": {"project_id": {"type": "string"}, "installing": {"type": "boolean"}},
}


class PackageEvents:
    """Emits the event."""

    def __init__(self, environments: Environments, logger: EventLogger) -> None:
        self._installations = environments.installations
        self._sources = (environments.recorder.on_change, environments.installations.on_change)
        self._logger = logger

    def start(self) -> None:
        """Begin to listen."""
        self._logger.register_event_schema(_SCHEMA)
        for source in self._sources:
            source.append(self._tell)

    async def aclose(self) -> None:
        """Stop. May be called twice."""
        for source in self._sources:
            if self._tell in source:
                source.remove(self._tell)

    def _tell(self, project_id: ProjectId) -> None:
        latest = self._installations.latest(project_id)
        installing = latest is not None and not latest.telling.is_over
        self._logger.emit(
            schema_id=EVENT, data={"project_id": project_id, "installing": installing}
        )
