"""Environments that were lost with their volume, made again as soon as their sandbox runs."""

from __future__ import annotations

import asyncio
import logging
from contextvars import Context
from typing import TYPE_CHECKING, Protocol

from platform_server.environments.installations import Action, Order
from platform_server.errors import Conflict, PlatformError

if TYPE_CHECKING:
    from pathlib import Path

    from platform_server.environments.installations import Installations
    from platform_server.environments.recorder import Recorder
    from platform_server.projects.model import ProjectId

log = logging.getLogger(__name__)


class Owned(Protocol):
    """A sandbox, of which it matters whose it is."""

    @property
    def project_id(self) -> ProjectId:
        """The project."""


class Rebuilder:
    """Looks at each sandbox that starts, and has installed what is recorded and missing."""

    def __init__(self, recorder: Recorder, installations: Installations) -> None:
        self._recorder = recorder
        self._installations = installations
        self._looking: set[asyncio.Task[None]] = set()

    async def open(self, sandbox: Owned, folder: Path) -> None:
        """Take note of a sandbox that starts; it does not wait for this."""
        del folder
        task = asyncio.create_task(self._look(sandbox.project_id), context=Context())
        self._looking.add(task)
        task.add_done_callback(self._looking.discard)

    async def close(self, sandbox_id: object) -> None:
        """Take note of a sandbox that ended. May be called twice."""

    async def aclose(self) -> None:
        """Look at none any more. May be called twice."""
        for task in list(self._looking):
            task.cancel()
        await asyncio.gather(*self._looking, return_exceptions=True)

    async def _look(self, project_id: ProjectId) -> None:
        try:
            view = await self._recorder.look(project_id)
            missing = [one for one in view.packages if one.name in view.missing and one.sha256s]
            if missing:
                self._installations.begin(project_id, Order(action=Action.REBUILD))
        except Conflict:
            pass  # somebody has asked for more already
        except PlatformError as error:
            log.warning("the packages of project %s: %s", project_id, error.message)
