"""Taking over what an earlier server process left: it may have been killed at any moment."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from platform_server.errors import PlatformError
from platform_server.sandboxes.model import EndCause, Ended, SandboxState

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from platform_server.clock import Clock
    from platform_server.projects.model import ProjectId
    from platform_server.sandboxes.agent_runtime import AgentRuntime
    from platform_server.sandboxes.engine import Container, SandboxEngine
    from platform_server.sandboxes.kernels import AgentKernel
    from platform_server.sandboxes.model import KernelRecord, Sandbox, SandboxId
    from platform_server.sandboxes.repository import SandboxRepository

_PATIENCE = 10.0  # seconds for an agent to dial in and answer; it tries ten times a second

_HALF_STARTED = "The server was restarted while the sandbox started."
_SILENT = "The sandbox did not answer after the server had been restarted."
_GONE = "The sandbox ended while the server was away."


@dataclass(frozen=True, kw_only=True)
class FoundKernel:
    """A kernel that an earlier server process started, and nobody has shut down."""

    record: KernelRecord
    project_id: ProjectId
    runtime: AgentRuntime | None  # None: its sandbox has ended
    process: AgentKernel | None
    ended: Ended | None  # why, if its sandbox has ended


class Adoption:
    """Looks at each sandbox that is not known to have ended: it runs, or there is a reason."""

    def __init__(
        self,
        *,
        engine: SandboxEngine,
        repository: SandboxRepository,
        new_runtime: Callable[[SandboxId], AgentRuntime],
        now: Clock,
    ) -> None:
        self._engine = engine
        self._repository = repository
        self._new_runtime = new_runtime
        self._now = now

    async def look(
        self, known: Collection[SandboxId]
    ) -> list[tuple[Sandbox, AgentRuntime | Ended]]:
        """Return each but the known ones with its runtime, or with how it ended.

        Raises EngineUnavailable, StorageUnavailable; then nothing is taken over.
        """
        containers = {one.sandbox_id: one for one in await self._engine.containers()}
        kernels = await self._repository.kernels()
        left = [one for one in await self._repository.unended() if one.id not in known]
        found = await asyncio.gather(
            *(self._take(one, containers.get(one.id), kernels) for one in left)
        )
        return list(zip(left, found, strict=True))

    async def kernels(self, running: dict[SandboxId, AgentRuntime]) -> list[FoundKernel]:
        """Return the kernels of earlier processes; those that never came to be are forgotten."""
        found = [await self._find(record, running) for record in await self._repository.kernels()]
        return [kernel for kernel in found if kernel is not None]

    async def _find(
        self, record: KernelRecord, running: dict[SandboxId, AgentRuntime]
    ) -> FoundKernel | None:
        sandbox = await self._repository.get(record.sandbox_id)
        runtime = running.get(record.sandbox_id)
        process = runtime.kernel(record.launch.kernel_id) if runtime else None
        if sandbox is None or (runtime is not None and process is None):
            await self._repository.forget_kernel(record.launch.kernel_id)
            return None
        return FoundKernel(
            record=record,
            project_id=sandbox.project_id,
            runtime=runtime,
            process=process,
            ended=sandbox.ended,
        )

    async def _take(
        self, sandbox: Sandbox, container: Container | None, kernels: Sequence[KernelRecord]
    ) -> AgentRuntime | Ended:
        if sandbox.state is SandboxState.STARTING:
            return self._ended(EndCause.ENGINE, _HALF_STARTED)
        if container is None or not container.running:
            return self._death(container)
        runtime = self._new_runtime(sandbox.id)
        runtime.listen()
        own = [record for record in kernels if record.sandbox_id == sandbox.id]
        try:
            async with asyncio.timeout(_PATIENCE):
                await runtime.adopt(container.pid, own)
        except (PlatformError, TimeoutError):
            ended = self._ended(EndCause.ENGINE, _SILENT)
            await runtime.end(ended)
            return ended
        return runtime

    def _death(self, container: Container | None) -> Ended:
        if container is None:
            return self._ended(EndCause.ENGINE, _GONE)
        cause = EndCause.OUT_OF_MEMORY if container.oom_killed else EndCause.ENGINE
        return Ended(cause=cause, at=self._now(), exit_code=container.exit_code, detail=_GONE)

    def _ended(self, cause: EndCause, detail: str) -> Ended:
        return Ended(cause=cause, at=self._now(), detail=detail)
