"""Taking over what an earlier server process left: it may have been killed at any moment."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from platform_server.errors import PlatformError
from platform_server.sandboxes.model import EndCause, Ended, SandboxState
from platform_server.sandboxes.sandbox_ends import AWAY, end_of_sandbox, machine_started_at

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from platform_server.clock import Clock
    from platform_server.projects.model import ProjectId
    from platform_server.sandboxes.agent_runtime import AgentRuntime
    from platform_server.sandboxes.engine import Container, SandboxEngine
    from platform_server.sandboxes.kernels import AgentKernel
    from platform_server.sandboxes.model import KernelRecord, Limits, Sandbox, SandboxId
    from platform_server.sandboxes.repository import SandboxRepository

# Seconds for an agent to dial in and answer. It tries ten times a second; but a host that is short
# of everything, or frozen, is slow.
_PATIENCE = 30.0

_HALF_STARTED = "The server was restarted while the sandbox started."
_SILENT = "The sandbox did not answer after the server had been restarted."
_GONE = "The sandbox ended while the server was away."


@dataclass(frozen=True, kw_only=True)
class FoundKernel:
    """A kernel that an earlier server process started, and nobody has shut down."""

    record: KernelRecord
    project_id: ProjectId
    runtime: AgentRuntime | None  # None: its sandbox has ended, or is not taken over yet
    process: AgentKernel | None
    ended: Ended | None  # why, if its sandbox has ended


class Adoption:
    """Looks at each sandbox that is not known to have ended: it runs, or there is a reason."""

    def __init__(
        self,
        *,
        engine: SandboxEngine,
        repository: SandboxRepository,
        new_runtime: Callable[[SandboxId, Limits], AgentRuntime],
        now: Clock,
    ) -> None:
        self._engine = engine
        self._repository = repository
        self._new_runtime = new_runtime
        self._now = now
        self._seen: dict[SandboxId, Container] = {}  # as the engine told at the last look

    async def look(self, known: Collection[SandboxId]) -> list[Sandbox]:
        """Return each sandbox but the known ones. Raises EngineUnavailable, StorageUnavailable."""
        self._seen = {one.sandbox_id: one for one in await self._engine.containers()}
        return [one for one in await self._repository.unended() if one.id not in known]

    async def take(self, sandbox: Sandbox) -> AgentRuntime | Ended:
        """Return its runtime, or how it ended. Raises EngineUnavailable, StorageUnavailable."""
        if sandbox.state is SandboxState.STARTING:
            return self._ended(EndCause.ENGINE, _HALF_STARTED)
        container = self._seen.pop(sandbox.id, None) or await self._container(sandbox.id)
        if container is None or not container.running:
            return self._death(container)
        records = await self._kernels_of(sandbox.id)
        runtime = self._new_runtime(sandbox.id, sandbox.limits)
        runtime.listen()
        try:
            async with asyncio.timeout(_PATIENCE):
                await runtime.adopt(container.pid, records)
        except (PlatformError, TimeoutError):
            ended = self._silence(await self._container(sandbox.id))
            await runtime.end(ended)
            return ended
        except asyncio.CancelledError:
            await runtime.end(self._ended(EndCause.UNKNOWN, _GONE))
            raise
        await self._end_forgotten(runtime, records)
        return runtime

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

    async def _end_forgotten(self, runtime: AgentRuntime, records: Sequence[KernelRecord]) -> None:
        """End the kernels that somebody shut down while their sandbox was not taken over yet."""
        left = {one.launch.kernel_id for one in await self._kernels_of(runtime.sandbox_id)}
        for record in records:
            kernel = runtime.kernel(record.launch.kernel_id)
            if kernel is not None and record.launch.kernel_id not in left:
                await kernel.kill()

    async def _kernels_of(self, sandbox_id: SandboxId) -> list[KernelRecord]:
        return [one for one in await self._repository.kernels() if one.sandbox_id == sandbox_id]

    async def _container(self, sandbox_id: SandboxId) -> Container | None:
        found = [one for one in await self._engine.containers() if one.sandbox_id == sandbox_id]
        return found[0] if found else None

    def _silence(self, container: Container | None) -> Ended:
        if container is not None and container.running:
            return self._ended(EndCause.ENGINE, _SILENT)
        return self._death(container)

    def _death(self, container: Container | None) -> Ended:
        booted = machine_started_at()
        return end_of_sandbox(container, None, now=self._now(), booted=booted, prefix=AWAY)

    def _ended(self, cause: EndCause, detail: str) -> Ended:
        return Ended(cause=cause, at=self._now(), detail=detail)
