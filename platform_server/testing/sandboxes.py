"""In-memory twins of what the sandbox service keeps, and a service that dies suddenly."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from platform_server.clock import utc_now
from platform_server.sandboxes.model import (
    EndCause,
    Ended,
    KernelId,
    KernelRecord,
    Sandbox,
    SandboxId,
    SandboxState,
    Usage,
)
from platform_server.sandboxes.notices import Notice, Notices
from platform_server.sandboxes.service import SandboxService

if TYPE_CHECKING:
    from collections.abc import Sequence

    from platform_server.projects.model import ProjectId


class MemorySandboxRepository:
    """Keeps sandboxes in a dictionary."""

    def __init__(self) -> None:
        self._sandboxes: dict[SandboxId, Sandbox] = {}
        self._kernels: dict[KernelId, KernelRecord] = {}

    async def save(self, sandbox: Sandbox) -> None:
        """Store a sandbox as it is now."""
        self._sandboxes[sandbox.id] = sandbox

    async def get(self, sandbox_id: SandboxId) -> Sandbox | None:
        """Return one sandbox."""
        return self._sandboxes.get(sandbox_id)

    async def latest(self, project_ids: Sequence[ProjectId]) -> list[Sandbox]:
        """Return each project's most recent sandbox."""
        newest: dict[ProjectId, Sandbox] = {}
        for sandbox in sorted(self._sandboxes.values(), key=lambda one: one.created_at):
            if sandbox.project_id in project_ids:
                newest[sandbox.project_id] = sandbox
        return list(newest.values())

    async def unended(self) -> list[Sandbox]:
        """Return those that are not known to have ended."""
        states = {SandboxState.STARTING, SandboxState.RUNNING}
        return [sandbox for sandbox in self._sandboxes.values() if sandbox.state in states]

    async def save_kernel(self, record: KernelRecord) -> None:
        """Store a kernel as it is about to be started."""
        self._kernels[record.launch.kernel_id] = record

    async def kernels(self) -> list[KernelRecord]:
        """Return the kernels that are not forgotten."""
        return list(self._kernels.values())

    def lose(self, sandbox_id: SandboxId) -> None:
        """Forget a sandbox, as a database that was restored from an older copy has."""
        del self._sandboxes[sandbox_id]

    async def forget_kernel(self, kernel_id: KernelId) -> None:
        """Forget a kernel."""
        self._kernels.pop(kernel_id, None)

    async def forget_kernels(self, sandbox_id: SandboxId) -> None:
        """Forget all kernels of a sandbox."""
        for kernel_id, record in list(self._kernels.items()):
            if record.sandbox_id == sandbox_id:
                del self._kernels[kernel_id]


class StandingSandboxes:
    """Sandboxes that run as a test has it, and the notices about them."""

    def __init__(self, *running: Sandbox) -> None:
        self.notices = Notices()
        self.told: list[Notice] = []
        self.notices.listeners.append(self.told.append)
        self.stopped: list[tuple[ProjectId, EndCause]] = []
        self.cpu_seconds = 0.0  # that each has used so far
        self._running = {sandbox.project_id: sandbox for sandbox in running}

    async def sandboxes(self, project_ids: Sequence[ProjectId] | None = None) -> list[Sandbox]:
        """Return those that run."""
        found = self._running.values()
        return [one for one in found if project_ids is None or one.project_id in project_ids]

    async def usage(self, sandbox_id: SandboxId) -> Usage | None:
        """Return what a sandbox uses."""
        del sandbox_id
        return Usage(cpu_seconds=self.cpu_seconds, memory_bytes=0, memory_peak_bytes=None, pids=1)

    async def stop(self, project_id: ProjectId, *, cause: EndCause) -> None:
        """End a project's sandbox."""
        del self._running[project_id]
        self.stopped.append((project_id, cause))


class MortalSandboxService(SandboxService):
    """A sandbox service that can end as its process does when it is killed. For tests only."""

    async def die(self) -> None:
        """Let go of every socket, and tell nobody: containers and rows stay as they are."""
        if self._watcher is not None:
            self._watcher.cancel()
            await asyncio.gather(self._watcher, return_exceptions=True)
        running, self._running = list(self._running.values()), {}
        ended = Ended(cause=EndCause.UNKNOWN, at=utc_now(), detail="The server was killed.")
        for one in running:
            await one.runtime.end(ended)
