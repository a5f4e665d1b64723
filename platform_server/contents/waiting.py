"""What cells put out and no page has saved: it is saved before anybody reads what is stored."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from platform_server.projects.model import ProjectId

Bring: TypeAlias = "Callable[[ProjectId], Awaitable[bool]]"


class Waiting:
    """Lets those who hold outputs save them now.

    ``on_reading`` hooks save at once what waits for a project's notebooks, and tell whether there
    was any. They raise nothing when that fails: what waits is saved later.
    """

    def __init__(self) -> None:
        self.on_reading: list[Bring] = []

    async def bring(self, project_id: ProjectId) -> bool:
        """Save what waits for the project's notebooks; tell whether there was any."""
        return any([await bring(project_id) for bring in self.on_reading])
