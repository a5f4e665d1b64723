"""Sandboxes of an earlier server process, until it is known what has become of each."""

from __future__ import annotations

import asyncio
import logging
from contextvars import Context
from dataclasses import dataclass
from typing import TYPE_CHECKING

from platform_server.errors import PlatformError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from platform_server.projects.model import ProjectId
    from platform_server.sandboxes.model import Sandbox, SandboxId

_PAUSE = 2.0  # seconds before what failed is tried again

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class _Open:
    project_id: ProjectId
    task: asyncio.Task[None]


class Takeovers:
    """Settles each sandbox in a task of its own, so that a silent one holds up its project only.

    ``settle`` takes a sandbox over or notes its end; what it raises of ours is tried again.
    ``late`` is called after each that was not settled when the server began to serve.
    """

    def __init__(
        self, settle: Callable[[Sandbox], Awaitable[None]], late: Callable[[], Awaitable[None]]
    ) -> None:
        self._settle = settle
        self._late = late
        self._open: dict[SandboxId, _Open] = {}
        self._telling: set[asyncio.Task[None]] = set()

    @property
    def open(self) -> set[SandboxId]:
        """Those that are not settled."""
        return set(self._open)

    def begin(self, sandbox: Sandbox) -> None:
        """Begin to settle a sandbox."""
        task = asyncio.create_task(self._go_on(sandbox), context=Context())
        self._open[sandbox.id] = _Open(project_id=sandbox.project_id, task=task)
        task.add_done_callback(lambda _done: self._open.pop(sandbox.id, None))

    async def soon(self, seconds: float) -> None:
        """Return when all are settled, or after so many seconds; the others are late then."""
        if self._open:
            await asyncio.wait([one.task for one in self._open.values()], timeout=seconds)
        for one in self._open.values():
            one.task.add_done_callback(self._tell)

    async def of(self, project_id: ProjectId) -> None:
        """Return when a project's sandboxes are settled."""
        own = [one.task for one in self._open.values() if one.project_id == project_id]
        if own:
            await asyncio.wait(own)

    async def aclose(self) -> None:
        """Leave what is not settled to the next process. May be called twice."""
        tasks = [*(one.task for one in self._open.values()), *self._telling]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _go_on(self, sandbox: Sandbox) -> None:
        while True:
            try:
                return await self._settle(sandbox)
            except PlatformError as error:
                log.warning("sandbox %s is not taken over yet: %s", sandbox.id, error.message)
            await asyncio.sleep(_PAUSE)

    def _tell(self, done: asyncio.Task[None]) -> None:
        if not done.cancelled():
            telling = asyncio.create_task(self._tell_until_heard(), context=Context())
            self._telling.add(telling)
            telling.add_done_callback(self._telling.discard)

    async def _tell_until_heard(self) -> None:
        while True:
            try:
                return await self._late()
            except PlatformError as error:
                log.warning("what was taken over waits: %s", error.message)
            await asyncio.sleep(_PAUSE)
