"""Notices at once that a kernel has ended, says so, and has it started again."""

from __future__ import annotations

import asyncio
import logging
from contextvars import Context
from dataclasses import replace
from typing import TYPE_CHECKING

from platform_extensions.kernels.models import end_status
from platform_server.errors import PlatformError
from platform_server.operations.figures import Thing
from platform_server.sandboxes.model import EndCause, Ended

if TYPE_CHECKING:
    from platform_extensions.kernels.kernel import PlatformKernel
    from platform_extensions.kernels.restarts import RestartPolicy
    from platform_server.operations.figures import Figures
    from platform_server.sandboxes.runtime import KernelProcess

# Ends that somebody wanted: the kernel stays down until somebody restarts it.
_WANTED = frozenset({EndCause.USER, EndCause.IDLE, EndCause.EXPIRED})

log = logging.getLogger(__name__)


class KernelWatch:
    """Waits for the end of one kernel's process, in nobody's name.

    The clients' open requests are answered with the cause. Then the kernel is started again, unless
    its end was wanted or it keeps ending; what they ask meanwhile waits for that.
    """

    def __init__(self, kernel: PlatformKernel, policy: RestartPolicy, figures: Figures) -> None:
        self._kernel = kernel
        self._figures = figures
        self._policy = policy
        self._task: asyncio.Task[None] | None = None

    def start(self, process: KernelProcess) -> None:
        """Watch the process that was just started, instead of any earlier one."""
        self.stop()
        self._policy.started()
        self._task = asyncio.create_task(self._watch(process), context=Context())

    def stop(self) -> None:
        """Stop watching. May be called twice."""
        task, self._task = self._task, None
        if task is not None and task is not asyncio.current_task():
            task.cancel()

    def tell(self, ended: Ended, state: str) -> None:
        """Let everybody know that the process ended, and what state that leaves the kernel in."""
        self._figures.ended(Thing.KERNEL, ended.cause.value)
        log.warning("kernel %s: %s, %s", self._kernel.kernel_id, ended.cause.value, state)
        self._kernel.ended = ended
        self._kernel.execution_state = state
        self._kernel.link.announce("status", end_status(ended, state))

    async def _watch(self, process: KernelProcess) -> None:
        ended: Ended | None = await process.wait()
        while ended is not None:
            ended = await self._recover(ended)

    async def _recover(self, ended: Ended) -> Ended | None:
        """Tell about the end and start again; return why that failed, if it did."""
        pause = None if ended.cause in _WANTED else self._policy.pause()
        await self._kernel.link.disconnect(ended.detail, is_awaited=pause is not None)
        self.tell(ended, "dead" if pause is None else "restarting")
        if pause is None:
            return None
        await asyncio.sleep(pause)
        try:
            await self._kernel.start_kernel()
        except PlatformError as error:
            return replace(ended, detail=error.message)
        return None
