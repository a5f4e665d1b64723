"""Stopping sandboxes that nobody and nothing uses."""

from __future__ import annotations

import asyncio
import logging
from contextvars import Context
from typing import TYPE_CHECKING, TypeAlias

from platform_server.errors import PlatformError
from platform_server.sandboxes.model import EndCause

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import datetime, timedelta

    from platform_server.clock import Clock
    from platform_server.projects.model import ProjectId
    from platform_server.sandboxes.model import Sandbox, SandboxId
    from platform_server.sandboxes.service import SandboxService

Activity: TypeAlias = "Callable[[ProjectId], Awaitable[datetime | None]]"

_EVERY = 30.0  # seconds between two looks
_BUSY = 0.01  # of a processor: a sandbox that uses more is at work, whoever started what

log = logging.getLogger(__name__)


class IdleStopper:
    """Looks at every running sandbox now and then.

    A sandbox is in use while one of ``sources`` says so (each returns when a project was last used,
    now if it is being used, None if it knows nothing), and while anything in it computes.
    """

    def __init__(self, sandboxes: SandboxService, after: timedelta | None, *, clock: Clock) -> None:
        self.sources: list[Activity] = []
        self._sandboxes = sandboxes
        self._after = after
        self._clock = clock
        self._used: dict[SandboxId, tuple[datetime, float]] = {}  # the last look: when, CPU seconds
        self._in_use: dict[SandboxId, datetime] = {}  # when each was last seen in use
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin, where a limit is set."""
        if self._after is not None:
            self._task = asyncio.create_task(self._look_for_ever(), context=Context())

    async def aclose(self) -> None:
        """End. May be called twice."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def look(self) -> list[Sandbox]:
        """Stop what has not been used for too long; return it. What its code wrote is kept."""
        assert self._after is not None
        stopped = []
        running = await self._sandboxes.sandboxes()
        for sandbox in running:
            last = await self._last_use(sandbox)
            if self._clock() - last >= self._after:
                log.info("stopping sandbox %s: not used since %s", sandbox.id, last)
                await self._sandboxes.stop(sandbox.project_id, cause=EndCause.IDLE)
                stopped.append(sandbox)
        alive = {sandbox.id for sandbox in running}
        for gone in set(self._in_use) - alive:
            del self._in_use[gone]
            self._used.pop(gone, None)
        return stopped

    async def _last_use(self, sandbox: Sandbox) -> datetime:
        told = [await source(sandbox.project_id) for source in self.sources]
        started = sandbox.started_at or sandbox.created_at
        moments = [started, self._in_use.get(sandbox.id), await self._worked(sandbox.id), *told]
        last = max(moment for moment in moments if moment is not None)
        self._in_use[sandbox.id] = last
        return last

    async def _worked(self, sandbox_id: SandboxId) -> datetime | None:
        """Return now if the sandbox has computed since the last look, None otherwise."""
        usage, now = await self._sandboxes.usage(sandbox_id), self._clock()
        if usage is None:
            return None
        before, seconds = self._used.get(sandbox_id, (now, usage.cpu_seconds))
        self._used[sandbox_id] = (now, usage.cpu_seconds)
        is_busy = usage.cpu_seconds - seconds > _BUSY * (now - before).total_seconds()
        return now if is_busy else None

    async def _look_for_ever(self) -> None:
        while True:
            await asyncio.sleep(_EVERY)
            try:
                await self.look()
            except PlatformError as error:
                log.warning("idle sandboxes could not be looked for: %s", error.message)
