"""A look at every running sandbox each second: warned in time, and told what was lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from platform_server.sandboxes.end_words import MEBIBYTE
from platform_server.sandboxes.notices import Notice, NoticeKind, Notices
from platform_server.sandboxes.rounds import Rounds

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from datetime import datetime
    from typing import Protocol

    from platform_server.clock import Clock
    from platform_server.projects.model import ProjectId
    from platform_server.sandboxes.evidence import Findings
    from platform_server.sandboxes.model import Sandbox, SandboxId

    Disk = Callable[[ProjectId], Awaitable[tuple[int, int]]]  # bytes used, and that there may be

    class Watched(Protocol):
        """A running sandbox's runtime, as far as it is looked at."""

        @property
        def findings(self) -> Findings:
            """What is measured of it."""


_DISKS_EVERY = 5.0  # seconds
_EVERY = 0.75  # seconds: twice that is the longest until somebody is told
_MARK, _REST = 0.85, 0.7  # of what there is: warned from the one on, again after the other
# Seconds after which the same is told again: code could bring it about again and again.
_PAUSES = {
    NoticeKind.MEMORY: 60.0,
    NoticeKind.PROCESSES: 60.0,
    NoticeKind.DISK: 60.0,
    NoticeKind.OUT_OF_MEMORY: 10.0,
}


class Climb:
    """Tells once that a share has climbed over the mark; again after it had fallen well below."""

    def __init__(self) -> None:
        self._is_high = False

    def rises(self, share: float) -> bool:
        """Take the share as it is now; tell whether that is news."""
        was_high = self._is_high
        self._is_high = share >= (_REST if was_high else _MARK)
        return self._is_high and not was_high


class _Seen:
    """What was seen of one sandbox."""

    def __init__(self) -> None:
        self.climb = Climb()
        self.disk = Climb()
        self.forks_refused: int | None = None  # None: it is seen for the first time
        self.told_at: dict[NoticeKind, datetime] = {}
        self.unexplained = 0  # at the last look


class SandboxWatch:
    """Measures what runs, and tells what its people should know.

    A process that ran out of memory and is no kernel or shell is told at the second look: at the
    first, the word about the end that it explains may still be on its way.
    """

    def __init__(
        self,
        running: Callable[[], Sequence[tuple[Sandbox, Watched]]],
        notices: Notices,
        *,
        clock: Clock,
        disk: Disk,
    ) -> None:
        self._running = running
        self._disk = disk
        self._notices = notices
        self._clock = clock
        self._seen: dict[SandboxId, _Seen] = {}
        self._rounds = Rounds(self.look, every=_EVERY)
        # On their own: the database that knows of them may be slow, or away.
        self._disk_rounds = Rounds(self.look_at_disks, every=_DISKS_EVERY)

    def start(self) -> None:
        """Begin."""
        self._rounds.start()
        self._disk_rounds.start()

    async def aclose(self) -> None:
        """End. May be called twice."""
        await self._rounds.aclose()
        await self._disk_rounds.aclose()

    async def look(self) -> None:
        """Look at each running sandbox once."""
        running = self._running()
        alive = {sandbox.id for sandbox, _ in running}
        for gone in set(self._seen) - alive:
            del self._seen[gone]
        for sandbox, runtime in running:
            seen = self._seen.setdefault(sandbox.id, _Seen())
            await self._look_at(sandbox, seen, runtime.findings)

    async def look_at_disks(self) -> None:
        """Look at how much of its room each running sandbox's project uses."""
        for sandbox, _runtime in self._running():
            used, limit = await self._disk(sandbox.project_id)
            seen = self._seen.setdefault(sandbox.id, _Seen())
            if self._is_calm(seen, NoticeKind.DISK) and seen.disk.rises(used / max(limit, 1)):
                self._tell(sandbox, seen, NoticeKind.DISK, used=used, limit=limit)

    async def _look_at(self, sandbox: Sandbox, seen: _Seen, findings: Findings) -> None:
        pressure = await findings.measure()
        if pressure is None:
            return
        used, memory = pressure.memory_bytes, sandbox.limits.memory_bytes
        if self._is_calm(seen, NoticeKind.MEMORY) and seen.climb.rises(used / memory):
            self._tell(sandbox, seen, NoticeKind.MEMORY, used=used, limit=memory)
        if seen.unexplained and findings.unexplained:
            if findings.is_news and self._is_calm(seen, NoticeKind.OUT_OF_MEMORY):
                peak = pressure.memory_peak_bytes
                self._tell(sandbox, seen, NoticeKind.OUT_OF_MEMORY, used=peak, limit=memory)
            findings.settle()
        seen.unexplained = findings.unexplained
        before, seen.forks_refused = seen.forks_refused, pressure.forks_refused
        is_refused = before is not None and pressure.forks_refused > before
        if is_refused and self._is_calm(seen, NoticeKind.PROCESSES):
            pids = sandbox.limits.pids
            self._tell(sandbox, seen, NoticeKind.PROCESSES, used=pressure.pids, limit=pids)

    def _is_calm(self, seen: _Seen, kind: NoticeKind) -> bool:
        """Tell whether it was told long enough ago, or never."""
        at = seen.told_at.get(kind)
        return at is None or (self._clock() - at).total_seconds() > _PAUSES[kind]

    def _tell(
        self, sandbox: Sandbox, seen: _Seen, kind: NoticeKind, *, used: int, limit: int
    ) -> None:
        seen.told_at[kind] = self._clock()
        self._notices.tell(
            Notice(
                kind=kind,
                project_id=sandbox.project_id,
                sandbox_id=sandbox.id,
                at=self._clock(),
                detail=_words(kind, used, limit),
                used=used,
                limit=limit,
            )
        )


def _words(kind: NoticeKind, used: int, limit: int) -> str:
    memory = limit // MEBIBYTE
    if kind is NoticeKind.MEMORY:
        return (
            f"The sandbox uses {used // MEBIBYTE} MB of its {memory} MB of memory. When all of it "
            "is used, a process is ended, as a rule the kernel that takes most, and its variables "
            "are gone. Delete what is not needed (del), or shut down kernels."
        )
    if kind is NoticeKind.OUT_OF_MEMORY:
        return (
            f"A process in the sandbox was ended because all of its {memory} MB of memory were "
            "used. Kernels and terminals go on. Work on less data at a time, or ask an "
            "administrator for more memory."
        )
    if kind is NoticeKind.DISK:
        return (
            f"The project's files take {used // MEBIBYTE} MB of the {memory} MB that they may. "
            "What code writes beyond that is not kept. Delete files that are not needed."
        )
    return (
        f"The sandbox has all of its {limit} processes and threads: no more can be started. "
        "End those that are not needed."
    )
