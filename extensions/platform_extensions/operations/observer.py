"""Looks at the installation every few seconds, and remembers what it saw."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextvars import Context
from typing import TYPE_CHECKING

from platform_server.clock import utc_now
from platform_server.operations.figures import Count, Operation
from platform_server.operations.history import (
    EVERY,
    SandboxHistory,
    SandboxSample,
    ServerHistory,
    ServerSample,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterable, Mapping

    from platform_server.clock import Clock
    from platform_server.environments.service import PackageEvent
    from platform_server.projects.model import ProjectId
    from platform_server.sandboxes.model import SandboxId
    from platform_server.services import Services

_BEAT = 0.25  # seconds
_COUNTED = {
    "listed": Count.PACKAGES_LISTED,
    "denied": Count.PACKAGES_DENIED,
    "served": Count.PACKAGES_SERVED,
}


class Observer:
    """Samples what the sandboxes use and how late the event loop is. A part of the server."""

    def __init__(
        self,
        services: Services,
        kernel_states: Callable[[], Iterable[str]],
        *,
        now: Clock = utc_now,
    ) -> None:
        self.server = ServerHistory()
        self.sandboxes = SandboxHistory()
        self._services = services
        self._kernel_states = kernel_states
        self._now = now
        self._lag = 0.0  # the longest since the last sample
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin to look."""
        self._services.packages.listeners.append(self._count_package)
        self._tasks = [_in_nobodys_name(self._look()), _in_nobodys_name(self._feel_the_pulse())]

    async def aclose(self) -> None:
        """Stop. May be called twice."""
        if self._count_package in self._services.packages.listeners:
            self._services.packages.listeners.remove(self._count_package)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def kernels(self) -> Mapping[str, int]:
        """Return how many kernels are in each state."""
        return Counter(self._kernel_states())

    async def look_once(self) -> ServerSample:
        """Note how everything is now."""
        samples = await self._usage()
        lag, self._lag = self._lag, 0.0
        sample = ServerSample(
            at=self._now(),
            sandboxes=len(samples),
            waiting=len(self._services.sandboxes.waiting()),
            kernels=sum(self.kernels().values()),
            cpu=sum(one.cpu for one in samples.values()),
            memory_bytes=sum(one.memory_bytes for one in samples.values()),
            lag=lag,
        )
        self.server.add(sample)
        return sample

    async def _usage(self) -> dict[SandboxId, SandboxSample]:
        samples = {
            sandbox_id: self.sandboxes.add(
                sandbox_id,
                at=self._now(),
                cpu_seconds=used.cpu_seconds,
                memory_bytes=used.memory_bytes,
                pids=used.pids,
            )
            for sandbox_id, used in (await self._services.sandboxes.usages()).items()
        }
        self.sandboxes.keep_only(samples)
        return samples

    async def _look(self) -> None:
        while True:
            await self.look_once()
            await asyncio.sleep(EVERY)

    async def _feel_the_pulse(self) -> None:
        """Measure how late the event loop comes to what is due."""
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + _BEAT
            await asyncio.sleep(_BEAT)
            lag = max(0.0, loop.time() - due)
            self._lag = max(self._lag, lag)
            self._services.figures.took(Operation.LOOP_LAG, lag)

    def _count_package(self, project_id: ProjectId, event: PackageEvent) -> None:
        del project_id
        if event.kind in _COUNTED:
            self._services.figures.add(_COUNTED[event.kind])
        if event.kind == "served":
            self._services.figures.add(Count.PACKAGE_BYTES, event.size or 0)


def _in_nobodys_name(work: Coroutine[None, None, None]) -> asyncio.Task[None]:
    return asyncio.create_task(work, context=Context())
