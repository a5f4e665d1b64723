"""The in-memory twin of what is kept of projects' limits."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from platform_server.sandboxes.limits import Holder, OwnLimits
from platform_server.testing.acts import MemoryActs

if TYPE_CHECKING:
    from datetime import datetime

    from platform_server.identity.model import User
    from platform_server.projects.model import ProjectId
    from platform_server.sandboxes.limits import Telling


class MemoryLimitsRepository:
    """Keeps limits in a dictionary, of projects that are added with their owners."""

    def __init__(self) -> None:
        self._holders: dict[ProjectId, Holder] = {}
        self.acts = MemoryActs()

    def add(self, project_id: ProjectId, owner: User) -> None:
        """Make a project known."""
        self._holders[project_id] = Holder(
            owner_id=owner.id, role=owner.role, own=OwnLimits(), project_name="p"
        )

    async def holder(self, project_id: ProjectId) -> Holder | None:
        """Return who owns a project, and what was set for it."""
        return self._holders.get(project_id)

    async def put(
        self, project_id: ProjectId, own: OwnLimits, at: datetime, telling: Telling
    ) -> None:
        """Set a project's limits."""
        del at
        self.acts.keep(telling(self._holders[project_id]))
        self._holders[project_id] = replace(self._holders[project_id], own=own)
