"""Commits what code wrote, a moment after it has finished."""

from __future__ import annotations

import asyncio
import logging
from contextvars import Context
from typing import TYPE_CHECKING

from platform_server.errors import PlatformError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from platform_server.projects.model import ProjectId

log = logging.getLogger(__name__)


class AbsorbLater:
    """Calls ``absorb`` for projects whose kernels became idle. ``aclose`` when done.

    At most one call runs for a project at a time; cells that follow each other share one.
    """

    def __init__(
        self, absorb: Callable[[ProjectId], Awaitable[object]], *, delay: float = 0.5
    ) -> None:
        self._absorb = absorb
        self._delay = delay  # seconds
        self._tasks: dict[ProjectId, asyncio.Task[None]] = {}
        self._again: set[ProjectId] = set()

    def touch(self, project_id: ProjectId) -> None:
        """Note that code in the project has finished."""
        if project_id in self._tasks:
            self._again.add(project_id)
            return
        task = asyncio.create_task(self._run(project_id), context=Context())
        self._tasks[project_id] = task

    async def settled(self, project_id: ProjectId) -> None:
        """Return when nothing is under way for the project."""
        task = self._tasks.get(project_id)
        if task is not None:
            await asyncio.gather(task, return_exceptions=True)

    async def aclose(self) -> None:
        """Give up what is under way."""
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    async def _run(self, project_id: ProjectId) -> None:
        try:
            await self._absorb_until_quiet(project_id)
        except PlatformError as error:
            log.warning("changes in project %s wait: %s", project_id, error.message)
        finally:
            del self._tasks[project_id]

    async def _absorb_until_quiet(self, project_id: ProjectId) -> None:
        is_quiet = False
        while not is_quiet:
            await asyncio.sleep(self._delay)
            self._again.discard(project_id)
            await self._absorb(project_id)
            is_quiet = project_id not in self._again
