"""Which earlier states of files are dropped, and when."""

from __future__ import annotations

import asyncio
import logging
from itertools import pairwise
from typing import TYPE_CHECKING

from platform_server.sandboxes.rounds import Rounds

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from platform_server.contents.limits import Retention
    from platform_server.contents.model import RevisionId
    from platform_server.contents.parts import Parts
    from platform_server.contents.past import Aged

log = logging.getLogger(__name__)

INTERVAL = 6 * 3600.0  # seconds between two rounds


class RetentionService:
    """Thins out the revisions of all projects, now and then. ``start``, and ``aclose`` when done.

    Several servers may do so at the same time. What a file is at, what a checkpoint marks and each
    file's last state is never dropped.
    """

    def __init__(self, parts: Parts, *, interval: float = INTERVAL) -> None:
        self._parts = parts
        self._policy = parts.limits.retention
        self._rounds = Rounds(self._round, every=interval, at="old revisions")

    def start(self) -> None:
        """Begin with the first round after an interval."""
        if self._policy.everything is not None:
            self._rounds.start()

    async def aclose(self) -> None:
        """End it. May be called twice."""
        await self._rounds.aclose()

    async def thin(self) -> int:
        """Drop what is superfluous by now; return how many revisions. Raises StorageUnavailable."""
        if self._policy.everything is None:
            return 0
        now, dropped = self._parts.now(), 0
        before = now - self._policy.everything
        for project_id in await self._parts.past.projects_with_revisions(before):
            aged = await self._parts.past.aged(project_id, before)
            ids = await asyncio.to_thread(superfluous, aged, self._policy, now)
            dropped += await self._parts.past.drop(project_id, ids)
        return dropped

    async def _round(self) -> None:
        log.info("%d old revisions were dropped", await self.thin())


def superfluous(aged: Sequence[Aged], policy: Retention, now: datetime) -> list[RevisionId]:
    """Return those of a project's old revisions that are not the last of their hour, or day.

    They come file by file, the oldest first.
    """
    dropped: list[RevisionId] = []
    for one, following in pairwise(aged):
        if _period(one, policy, now) == _period(following, policy, now):
            dropped.append(one.id)
    return dropped


def _period(one: Aged, policy: Retention, now: datetime) -> tuple[str, str]:
    pattern = "%Y-%m-%d %H" if now - one.created_at <= policy.hourly else "%Y-%m-%d"
    return one.history, one.created_at.strftime(pattern)
