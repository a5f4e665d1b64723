"""Something that is looked at again and again, in nobody's name."""

from __future__ import annotations

import asyncio
import logging
from contextvars import Context
from typing import TYPE_CHECKING, Protocol

from platform_server.errors import PlatformError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from platform_server.projects.model import ProjectId
    from platform_server.sandboxes.model import EndCause, Sandbox, SandboxId, Usage
    from platform_server.sandboxes.notices import Notices

log = logging.getLogger(__name__)


class Stoppable(Protocol):
    """Sandboxes as those see them who stop some; the sandbox service is one."""

    notices: Notices

    async def sandboxes(self, project_ids: Sequence[ProjectId] | None = None) -> list[Sandbox]:
        """Return all that run, when no project is named."""

    async def usage(self, sandbox_id: SandboxId) -> Usage | None:
        """Return what a sandbox uses now, None when it does not run."""

    async def stop(self, project_id: ProjectId, *, cause: EndCause) -> None:
        """End the project's sandbox. Nothing when none runs."""


class Rounds:
    """Calls ``look`` every so many seconds.

    What it raises of ours, or of a machine that is short of something, is logged, and it goes on.
    """

    def __init__(
        self, look: Callable[[], Awaitable[object]], *, every: float, at: str = "sandboxes"
    ) -> None:
        self._look = look
        self._every = every
        self._at = at
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin."""
        self._task = asyncio.create_task(self._go_on(), context=Context())

    async def aclose(self) -> None:
        """End. May be called twice."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _go_on(self) -> None:
        while True:
            await asyncio.sleep(self._every)
            try:
                await self._look()
            except (PlatformError, OSError) as error:
                log.warning("%s are not looked at for a moment: %s", self._at, error)
