"""What there is to projects' environments, as callers hold it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from platform_server.environments.installations import Installations
    from platform_server.environments.rebuilding import Rebuilder
    from platform_server.environments.recorder import Recorder
    from platform_server.environments.takes import TakeRepository
    from platform_server.projects.model import ProjectId


@dataclass(frozen=True, kw_only=True)
class Environments:
    """The services of environments, which stand on the gateway's."""

    recorder: Recorder
    installations: Installations
    rebuilder: Rebuilder
    takes: TakeRepository

    async def forget(self, project_id: ProjectId) -> None:
        """Forget a project that is deleted."""
        await self.installations.forget(project_id)
        await self.recorder.forget(project_id)

    async def aclose(self) -> None:
        """End what runs. May be called twice."""
        await self.rebuilder.aclose()
        await self.installations.aclose()
        await self.recorder.aclose()
