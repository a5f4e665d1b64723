"""Sandboxes that wait, started, for a project that needs one."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from contextvars import Context
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from platform_server.errors import PlatformError
from platform_server.uninterrupted import uninterrupted

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Sequence
    from datetime import datetime

    from platform_server.clock import Clock
    from platform_server.sandboxes.agent_runtime import AgentRuntime
    from platform_server.sandboxes.model import SandboxId

_BURST = timedelta(seconds=30)  # demand is what was claimed in half a minute,
_REMEMBERED = timedelta(hours=1)  # the busiest of the last hour
_CLAIMS_REMEMBERED = 1000
_AT_ONCE = 2  # that are made at the same time: mostly their own start, on a processor each
_LOOKS = 1.0  # seconds until it is looked again whether one may be made, or one is too many
_PAUSE = 5.0  # seconds after a start that failed

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class WarmSandbox:
    """A running sandbox that has never seen a project."""

    id: SandboxId
    runtime: AgentRuntime


@dataclass(frozen=True, kw_only=True)
class PoolSize:
    """How many wait, within bounds: what was claimed at once lately, or is expected."""

    least: int = 2  # 0: none ever wait
    most: int = 50


class Pool:
    """Keeps sandboxes ready. Each is claimed once.

    None is made while ``may_make`` says no: because somebody waits for a sandbox of their own, or
    the machine is short of memory. Those that wait ``give_way`` to whoever needs their memory.
    ``expected`` says how many may be needed soon.
    """

    def __init__(
        self,
        make: Callable[[], Awaitable[WarmSandbox]],
        discard: Callable[[WarmSandbox], Coroutine[None, None, None]],
        size: PoolSize,
        *,
        clock: Clock,
        may_make: Callable[[], bool] = lambda: True,
        expected: Callable[[], int] = lambda: 0,
    ) -> None:
        self._make = make
        self._discard = discard
        self._size = size
        self._clock = clock
        self._may_make = may_make
        self._expected = expected
        self._waiting: deque[WarmSandbox] = deque()
        self._making = 0
        self._claims: deque[datetime] = deque(maxlen=_CLAIMS_REMEMBERED)
        self._wanted = asyncio.Event()
        self._fillers: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin to make sandboxes ready."""
        if self._size.least:
            self._fillers = [
                asyncio.create_task(self._fill(), context=Context()) for _ in range(_AT_ONCE)
            ]

    async def aclose(self) -> None:
        """Make no more, and end those that wait. May be called twice."""
        for filler in self._fillers:
            filler.cancel()
        await asyncio.gather(*self._fillers, return_exceptions=True)
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

    async def drop(self, sandbox_id: SandboxId) -> None:
        """Forget a sandbox that has died. Nothing if it does not wait here."""
        for warm in list(self._waiting):
            if warm.id == sandbox_id:
                self._waiting.remove(warm)
                self._wanted.set()
                await self._discard(warm)

    async def give_way(self) -> bool:
        """End the one that came last, if one waits; tell whether one did."""
        if not self._waiting:
            return False
        await uninterrupted(self._discard(self._waiting.pop()))
        return True

    @property
    def target(self) -> int:
        """How many are to wait now."""
        if not self._size.least:
            return 0
        since = self._clock() - _REMEMBERED
        while self._claims and self._claims[0] < since:
            self._claims.popleft()
        wanted = max(self._size.least, busiest(self._claims), self._expected())
        return min(wanted, self._size.most)

    async def _fill(self) -> None:
        while True:
            try:
                if self._lacks(1) and self._may_make():
                    await self._add()
                elif not self._lacks(-1) or not await self.give_way():
                    await self._look_again()
            except (PlatformError, OSError) as error:
                log.warning("no sandbox could be made ready: %s", error)
                await asyncio.sleep(_PAUSE)

    def _lacks(self, more: int) -> bool:
        """Tell whether one more is to wait, or (-1) one fewer."""
        difference = self.target - len(self._waiting) - self._making
        return difference * more > 0

    async def _add(self) -> None:
        self._making += 1
        try:
            self._waiting.append(await self._make())
        finally:
            self._making -= 1

    async def _look_again(self) -> None:
        self._wanted.clear()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._wanted.wait(), _LOOKS)


def busiest(claims: Sequence[datetime]) -> int:
    """Return how many claims the busiest half minute had. They are in order."""
    most, first = 0, 0
    for last, moment in enumerate(claims):
        while claims[first] < moment - _BURST:
            first += 1
        most = max(most, last - first + 1)
    return most
