"""Stopping sandboxes that are as old as a sandbox may get, whatever runs in them."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING

from platform_server.sandboxes.model import EndCause
from platform_server.sandboxes.notices import Notice, NoticeKind
from platform_server.sandboxes.rounds import Rounds

if TYPE_CHECKING:
    from datetime import datetime

    from platform_server.clock import Clock
    from platform_server.sandboxes.model import Sandbox, SandboxId
    from platform_server.sandboxes.rounds import Stoppable

_WARNED = timedelta(minutes=15)  # before it is stopped

log = logging.getLogger(__name__)


class AgeStopper:
    """Looks at every running sandbox now and then; warns, then stops. ``most`` None: never."""

    def __init__(self, sandboxes: Stoppable, most: timedelta | None, *, clock: Clock) -> None:
        self.most = most
        self._sandboxes = sandboxes
        self._clock = clock
        self._warned: set[SandboxId] = set()
        every = min(30.0, most.total_seconds() / 20) if most else 0.0
        self._rounds = Rounds(self.look, every=every)

    def start(self) -> None:
        """Begin, where a limit is set."""
        if self.most is not None:
            self._rounds.start()

    async def aclose(self) -> None:
        """End. May be called twice."""
        await self._rounds.aclose()

    def end_of(self, sandbox: Sandbox) -> datetime | None:
        """Return when a sandbox will be stopped because of its age, None for never."""
        if self.most is None:
            return None
        return (sandbox.started_at or sandbox.created_at) + self.most

    async def look(self) -> list[Sandbox]:
        """Stop those that are too old, and return them; warn of those that soon are."""
        assert self.most is not None
        stopped = []
        running = await self._sandboxes.sandboxes()
        self._warned &= {sandbox.id for sandbox in running}
        for sandbox in running:
            end = self.end_of(sandbox)
            assert end is not None
            left = end - self._clock()
            if left <= timedelta(0):
                log.info("stopping sandbox %s: it is too old", sandbox.id)
                await self._sandboxes.stop(sandbox.project_id, cause=EndCause.EXPIRED)
                stopped.append(sandbox)
            elif left <= min(_WARNED, self.most / 2) and sandbox.id not in self._warned:
                self._warned.add(sandbox.id)
                self._warn(sandbox, end)
        return stopped

    def _warn(self, sandbox: Sandbox, end: datetime) -> None:
        self._sandboxes.notices.tell(
            Notice(
                kind=NoticeKind.EXPIRY,
                project_id=sandbox.project_id,
                sandbox_id=sandbox.id,
                at=self._clock(),
                detail="The sandbox will soon have run for as long as a sandbox may, and is "
                "stopped then. Files are kept, variables are not: save what you need of them.",
                deadline=end,
            )
        )
