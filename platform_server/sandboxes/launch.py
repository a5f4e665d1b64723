"""Making containers for sandboxes, and leaving nothing of those that are over."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
from typing import TYPE_CHECKING, Protocol

from platform_server.errors import PlatformError, SandboxStartFailed
from platform_server.sandboxes.agent_runtime import AgentRuntime
from platform_server.sandboxes.engine import ContainerSpec

if TYPE_CHECKING:
    from pathlib import Path

    from platform_server import clock
    from platform_server.projects.model import ProjectId
    from platform_server.sandboxes.engine import SandboxEngine
    from platform_server.sandboxes.kernels import KernelRecords
    from platform_server.sandboxes.model import Ended, Limits, Sandbox, SandboxId
    from platform_server.sandboxes.pool import WarmSandbox
    from platform_server.sandboxes.volumes import Volume, Volumes

_PATIENCE = 60.0  # seconds for the agent to dial in


class Door(Protocol):
    """Something of the server's that code in a sandbox may reach, by a socket in its mount."""

    async def open(self, sandbox: Sandbox, folder: Path) -> None:
        """Listen in the folder, which only that sandbox sees."""

    async def close(self, sandbox_id: SandboxId) -> None:
        """Listen no more. May be called twice."""


class Launcher:
    """Starts containers of one image on one engine, with their runtimes, folders and doors."""

    def __init__(
        self,
        *,
        engine: SandboxEngine,
        records: KernelRecords,
        volumes: Volumes,
        run_folder: Path,
        image: str,
        new_id: clock.IdFactory,
    ) -> None:
        self.doors: list[Door] = []
        self._engine = engine
        self._records = records
        self._volumes = volumes
        self._run_folder = run_folder
        self._image = image
        self._new_id = new_id

    def new_runtime(self, sandbox_id: SandboxId, limits: Limits) -> AgentRuntime:
        """Return the runtime of a sandbox, of which nothing has been started."""
        return AgentRuntime(
            sandbox_id,
            self._run_folder / sandbox_id,
            records=self._records,
            limits=limits,
            pressure=lambda: self._engine.pressure(sandbox_id),
            new_id=self._new_id,
        )

    async def launch(
        self,
        runtime: AgentRuntime,
        volume: Volume,
        project_id: ProjectId | None,
        *,
        is_background: bool = False,
    ) -> None:
        """Start a container and return when its agent serves.

        Raises EngineUnavailable, ImageMissing, SandboxStartFailed.
        """
        runtime.listen()
        container = await self._engine.start(
            ContainerSpec(
                sandbox_id=runtime.sandbox_id,
                project_id=project_id,
                image=self._image,
                hostname="sandbox",
                limits=runtime.limits,
                workspace=volume.files,
                home=volume.home,
                control=runtime.control,
                is_background=is_background,
            )
        )
        try:
            async with asyncio.timeout(_PATIENCE):
                await runtime.start(container.pid)
        except TimeoutError as error:
            raise SandboxStartFailed("The sandbox did not answer in time.") from error

    async def hand_over(self, warm: WarmSandbox, project_id: ProjectId, limits: Limits) -> None:
        """Give a sandbox that waited a project, with its limits. The project's folders are locked.

        Raises EngineUnavailable, SandboxStartFailed, StorageUnavailable.
        """
        if warm.runtime.limits != limits:
            await self._engine.limit(warm.id, limits)
            warm.runtime.limit(limits)
        await self._volumes.hand_over(warm.id, project_id)

    async def open_doors(self, sandbox: Sandbox, runtime: AgentRuntime) -> None:
        """Let code in the sandbox reach what it may."""
        for door in self.doors:
            await door.open(sandbox, runtime.control)

    async def discard(self, runtime: AgentRuntime, ended: Ended) -> None:
        """Leave nothing of a sandbox that never came to be a project's."""
        await runtime.end(ended)
        with contextlib.suppress(PlatformError):
            await self._engine.remove(runtime.sandbox_id)
        await self._volumes.drop_spare(runtime.sandbox_id)
        await self.tidy(runtime.sandbox_id)

    async def tidy(self, sandbox_id: SandboxId) -> None:
        """Close a sandbox's doors, and remove its sockets."""
        for door in self.doors:
            await door.close(sandbox_id)
        folder = self._run_folder / sandbox_id
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
