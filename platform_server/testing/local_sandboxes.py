"""The sandbox service's twin: a runtime on this machine for each project. For tests only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from platform_server.sandboxes.model import EndCause
from platform_server.testing.runtime import LocalRuntime

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from platform_server.projects.model import ProjectId
    from platform_server.sandboxes.model import KernelId
    from platform_server.sandboxes.volumes import Volumes
    from platform_server.testing.runtime import Zygote


class LocalSandboxes:
    """Hands out one runtime a project; ``stop`` ends it, and the next caller gets a new one."""

    def __init__(self, zygote: Zygote, volumes: Volumes) -> None:
        self.running: dict[ProjectId, LocalRuntime] = {}
        self.on_adopted: list[Callable[[], Awaitable[None]]] = []  # nothing is ever adopted
        self.has_adopted = True
        self._zygote = zygote
        self._volumes = volumes

    async def runtime(self, project_id: ProjectId) -> LocalRuntime:
        """Return the project's runtime."""
        if project_id not in self.running:
            volume = await self._volumes.prepare(project_id)
            self.running[project_id] = LocalRuntime(self._zygote, volume.files)
        return self.running[project_id]

    async def stop(self, project_id: ProjectId, *, cause: EndCause) -> None:
        """End the project's runtime, if there is one."""
        runtime = self.running.pop(project_id, None)
        if runtime is not None:
            await runtime.stop(cause)

    async def settled(self, project_id: ProjectId) -> None:
        """Return at once: there was no earlier process."""

    async def require_found(self) -> None:
        """Do nothing: there was no earlier process."""

    async def forget_kernel(self, kernel_id: KernelId) -> None:
        """Do nothing: no kernel outlives this process."""

    async def aclose(self) -> None:
        """End them all."""
        for project_id in list(self.running):
            await self.stop(project_id, cause=EndCause.ENGINE)
