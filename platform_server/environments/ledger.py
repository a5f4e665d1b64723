"""Keeps what projects take and are refused, each once in a while, however often they ask."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from cachetools import TTLCache

from platform_server import clock
from platform_server.environments.model import version_of
from platform_server.environments.takes import Outcome, Take

if TYPE_CHECKING:
    from platform_server.environments.model import IndexFile
    from platform_server.environments.takes import TakeRepository
    from platform_server.projects.model import ProjectId

_AGAIN = 600.0  # seconds until the same is kept again
_REFUSALS = 200  # of one project kept in so many seconds; whoever asks on only has them logged
_REMEMBERED = 50_000
_LONGEST = 255  # characters

log = logging.getLogger(__name__)


class Ledger:
    """Writes takes down before a file is handed out: what cannot be kept is not handed out."""

    def __init__(
        self,
        takes: TakeRepository,
        *,
        now: clock.Clock = clock.utc_now,
        new_id: clock.IdFactory = clock.new_id,
    ) -> None:
        self._takes = takes
        self._now = now
        self._new_id = new_id
        self._kept: TTLCache[tuple[str, ...], bool] = TTLCache(_REMEMBERED, _AGAIN)
        self._refusals: TTLCache[ProjectId, int] = TTLCache(_REMEMBERED, _AGAIN)

    async def took(
        self, project_id: ProjectId, package: str, file: IndexFile, size: int, note: str
    ) -> None:
        """Keep that a project took a file. Raises StorageUnavailable."""
        key = (project_id, package, file.filename, file.sha256 or "")
        if key in self._kept:
            return
        await self._takes.add(
            Take(
                id=self._new_id(),
                at=self._now(),
                project_id=project_id,
                outcome=Outcome.TAKEN,
                package=package,
                version=version_of(file.filename),
                filename=file.filename,
                sha256=file.sha256 or "",
                size=size,
                reason=note,
            )
        )
        self._kept[key] = True
        log.info("project %s took the package file %s (%s)", project_id, *key[2:])

    async def refused(
        self, project_id: ProjectId, package: str, reason: str, filename: str = ""
    ) -> None:
        """Keep that a project was refused something. Raises StorageUnavailable."""
        key = (project_id, package, filename, reason)
        count = self._refusals.get(project_id, 0)
        if key in self._kept or count > _REFUSALS:
            return
        self._kept[key] = True
        self._refusals[project_id] = count + 1
        log.warning("project %s was refused the package %r: %s", project_id, package, reason)
        await self._takes.add(
            Take(
                id=self._new_id(),
                at=self._now(),
                project_id=project_id,
                outcome=Outcome.REFUSED,
                package=package[:_LONGEST],
                version=version_of(filename),
                filename=filename[:_LONGEST],
                reason=reason[: 2 * _LONGEST - 10],
            )
        )
