"""Stopping sandboxes that nobody and nothing uses."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING, TypeAlias

from platform_server.sandboxes.model import EndCause
from platform_server.sandboxes.notices import Notice, NoticeKind
from platform_server.sandboxes.rounds import Rounds

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import datetime

    from platform_server.clock import Clock
    from platform_server.projects.model import ProjectId
    from platform_server.sandboxes.model import Sandbox, SandboxId
    from platform_server.sandboxes.rounds import Stoppable

Activity: TypeAlias = "Callable[[ProjectId], Awaitable[datetime | None]]"

_EVERY = 30.0  # seconds between two looks
_BUSY = 0.01  # of a processor: a sandbox that uses more is at work, whoever started what
_WARNED = timedelta(minutes=5)  # before it is stopped

_UNUSED = (
    "Nobody has used the sandbox for a while, so it will be stopped. Files are kept, variables are "
    "not."
)
_USED_AGAIN = "The sandbox is used again, and goes on."

log = logging.getLogger(__name__)


class IdleStopper:
    """Looks at every running sandbox now and then; warns, then stops. ``after`` None: never.

    A sandbox is in use while one of ``sources`` says so (each returns when a project was last used,
    now if it is being used, None if it knows nothing), and while anything in it computes.
    """

    def __init__(self, sandboxes: Stoppable, after: timedelta | None, *, clock: Clock) -> None:
        self.sources: list[Activity] = []
        self.after = after
        self._sandboxes = sandboxes
        self._clock = clock
        self._used: dict[SandboxId, tuple[datetime, float]] = {}  # the last look: when, CPU seconds
        self._in_use: dict[SandboxId, datetime] = {}  # when each was last seen in use
        self._warned: set[SandboxId] = set()
        every = min(_EVERY, after.total_seconds() / 20) if after else _EVERY
        self._rounds = Rounds(self.look, every=every)

    def start(self) -> None:
        """Begin, where a limit is set."""
        if self.after is not None:
            self._rounds.start()

    async def aclose(self) -> None:
        """End. May be called twice."""
        await self._rounds.aclose()

    def end_of(self, sandbox: Sandbox) -> datetime | None:
        """Return when a sandbox will be stopped unless it is used, None for never."""
        if self.after is None:
            return None
        started = sandbox.started_at or sandbox.created_at
        return self._in_use.get(sandbox.id, started) + self.after

    def touch(self, sandbox: Sandbox) -> None:
        """Take it that somebody wants to go on with a sandbox."""
        self._note_use(sandbox, self._clock())

    async def look(self) -> list[Sandbox]:
        """Stop what has not been used for too long; return it. What its code wrote is kept."""
        assert self.after is not None
        stopped = []
        running = await self._sandboxes.sandboxes()
        for sandbox in running:
            last = await self._last_use(sandbox)
            self._note_use(sandbox, last)
            left = last + self.after - self._clock()
            if left <= timedelta(0):
                log.info("stopping sandbox %s: not used since %s", sandbox.id, last)
                await self._sandboxes.stop(sandbox.project_id, cause=EndCause.IDLE)
                stopped.append(sandbox)
            elif self._is_near(left) and sandbox.id not in self._warned:
                self._warned.add(sandbox.id)
                self._tell(sandbox, NoticeKind.IDLE, _UNUSED)
        alive = {sandbox.id for sandbox in running}
        for gone in set(self._in_use) - alive:
            del self._in_use[gone]
            self._used.pop(gone, None)
            self._warned.discard(gone)
        return stopped

    def _is_near(self, left: timedelta) -> bool:
        assert self.after is not None
        return left <= min(_WARNED, self.after / 2)

    def _note_use(self, sandbox: Sandbox, last: datetime) -> None:
        """Remember when it was used; who was warned is told that it goes on."""
        self._in_use[sandbox.id] = last
        end = self.end_of(sandbox)
        is_warned = sandbox.id in self._warned
        if is_warned and end is not None and not self._is_near(end - self._clock()):
            self._warned.discard(sandbox.id)
            self._tell(sandbox, NoticeKind.IN_USE, _USED_AGAIN)

    def _tell(self, sandbox: Sandbox, kind: NoticeKind, detail: str) -> None:
        self._sandboxes.notices.tell(
            Notice(
                kind=kind,
                project_id=sandbox.project_id,
                sandbox_id=sandbox.id,
                at=self._clock(),
                detail=detail,
                deadline=self.end_of(sandbox),
            )
        )

    async def _last_use(self, sandbox: Sandbox) -> datetime:
        told = [await source(sandbox.project_id) for source in self.sources]
        started = sandbox.started_at or sandbox.created_at
        moments = [started, self._in_use.get(sandbox.id), await self._worked(sandbox.id), *told]
        return max(moment for moment in moments if moment is not None)

    async def _worked(self, sandbox_id: SandboxId) -> datetime | None:
        """Return now if the sandbox has computed since the last look, None otherwise."""
        usage, now = await self._sandboxes.usage(sandbox_id), self._clock()
        if usage is None:
            return None
        before, seconds = self._used.get(sandbox_id, (now, usage.cpu_seconds))
        self._used[sandbox_id] = (now, usage.cpu_seconds)
        is_busy = usage.cpu_seconds - seconds > _BUSY * (now - before).total_seconds()
        return now if is_busy else None
