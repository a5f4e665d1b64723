"""Sandboxes that wait, started, for a project that needs one."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from contextvars import Context
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from platform_server.errors import PlatformError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import datetime

    from platform_server.clock import Clock
    from platform_server.sandboxes.agent_runtime import AgentRuntime
    from platform_server.sandboxes.model import SandboxId

_LOOKS_BACK = timedelta(seconds=30)  # demand is what was claimed in the last half minute
_PAUSE = 5.0  # seconds after a start that failed

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class WarmSandbox:
    """A running sandbox that has never seen a project."""

    id: SandboxId
    runtime: AgentRuntime


@dataclass(frozen=True, kw_only=True)
class PoolSize:
    """How many wait: as many as were claimed lately, within bounds."""

    least: int = 2  # 0: none ever wait
    most: int = 8


class Pool:
    """Keeps sandboxes ready, one being made at a time. Each is claimed once."""

    def __init__(
        self,
        make: Callable[[], Awaitable[WarmSandbox]],
        discard: Callable[[WarmSandbox], Awaitable[None]],
        size: PoolSize,
        *,
        clock: Clock,
    ) -> None:
        self._make = make
        self._discard = discard
        self._size = size
        self._clock = clock
        self._waiting: deque[WarmSandbox] = deque()
        self._claims: deque[datetime] = deque()
        self._wanted = asyncio.Event()
        self._filler: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to make sandboxes ready."""
        if self._size.least:
            self._wanted.set()
            self._filler = asyncio.create_task(self._fill(), context=Context())

    async def aclose(self) -> None:
        """Make no more, and end those that wait. May be called twice."""
        if self._filler is not None:
            self._filler.cancel()
            await asyncio.gather(self._filler, return_exceptions=True)
        while self._waiting:
            await self._discard(self._waiting.popleft())

    def claim(self) -> WarmSandbox | None:
        """Return a sandbox that is the caller's from now on, None when none waits."""
        self._claims.append(self._clock())
        self._wanted.set()
        return self._waiting.popleft() if self._waiting else None

    def waiting(self) -> list[SandboxId]:
        """Return those that wait, the next one to be claimed first."""
        return [warm.id for warm in self._waiting]

    @property
    def target(self) -> int:
        """How many are to wait now."""
        return self._target() if self._size.least else 0

    async def drop(self, sandbox_id: SandboxId) -> None:
        """Forget a sandbox that has died. Nothing if it does not wait here."""
        for warm in list(self._waiting):
            if warm.id == sandbox_id:
                self._waiting.remove(warm)
                self._wanted.set()
                await self._discard(warm)

    def _target(self) -> int:
        since = self._clock() - _LOOKS_BACK
        while self._claims and self._claims[0] < since:
            self._claims.popleft()
        return min(max(self._size.least, len(self._claims)), self._size.most)

    async def _fill(self) -> None:
        while True:
            await self._wanted.wait()
            self._wanted.clear()
            try:
                while len(self._waiting) < self._target():
                    self._waiting.append(await self._make())
            except PlatformError as error:
                log.warning("no sandbox could be made ready: %s", error.message)
                await asyncio.sleep(_PAUSE)
                self._wanted.set()
