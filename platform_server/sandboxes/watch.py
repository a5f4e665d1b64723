"""A look at every running sandbox each second: warned in time, and told what was lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from platform_server.sandboxes.end_words import MEBIBYTE
from platform_server.sandboxes.notices import Notice, NoticeKind, Notices
from platform_server.sandboxes.rounds import Rounds

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from typing import Protocol

    from platform_server.clock import Clock
    from platform_server.sandboxes.evidence import Findings
    from platform_server.sandboxes.model import Limits, Sandbox, SandboxId

    class Watched(Protocol):
        """A running sandbox's runtime, as far as it is looked at."""

        @property
        def findings(self) -> Findings:
            """What is measured of it."""


_EVERY = 0.75  # seconds: twice that is the longest until somebody is told
_MARK, _REST = 0.85, 0.7  # of the memory: warned from the one on, again after the other
# Seconds after which the same is told again: code could bring it about again and again.
_PAUSES = {NoticeKind.MEMORY: 60.0, NoticeKind.PROCESSES: 60.0, NoticeKind.OUT_OF_MEMORY: 10.0}


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
    ) -> None:
        self._running = running
        self._notices = notices
        self._clock = clock
        self._seen: dict[SandboxId, _Seen] = {}
        self._rounds = Rounds(self.look, every=_EVERY)

    def start(self) -> None:
        """Begin."""
        self._rounds.start()

    async def aclose(self) -> None:
        """End. May be called twice."""
        await self._rounds.aclose()

    async def look(self) -> None:
        """Look at each running sandbox once."""
        running = self._running()
        alive = {sandbox.id for sandbox, _ in running}
        for gone in set(self._seen) - alive:
            del self._seen[gone]
        for sandbox, runtime in running:
            await self._look_at(sandbox, runtime.findings)

    async def _look_at(self, sandbox: Sandbox, findings: Findings) -> None:
        pressure = await findings.measure()
        if pressure is None:
            return
        seen = self._seen.setdefault(sandbox.id, _Seen())
        share = pressure.memory_bytes / sandbox.limits.memory_bytes
        if self._is_calm(seen, NoticeKind.MEMORY) and seen.climb.rises(share):
            self._tell(sandbox, seen, NoticeKind.MEMORY, used=pressure.memory_bytes)
        if seen.unexplained and findings.unexplained:
            if findings.is_news and self._is_calm(seen, NoticeKind.OUT_OF_MEMORY):
                used = pressure.memory_peak_bytes
                self._tell(sandbox, seen, NoticeKind.OUT_OF_MEMORY, used=used)
            findings.settle()
        seen.unexplained = findings.unexplained
        before, seen.forks_refused = seen.forks_refused, pressure.forks_refused
        is_refused = before is not None and pressure.forks_refused > before
        if is_refused and self._is_calm(seen, NoticeKind.PROCESSES):
            self._tell(sandbox, seen, NoticeKind.PROCESSES, used=pressure.pids)

    def _is_calm(self, seen: _Seen, kind: NoticeKind) -> bool:
        """Tell whether it was told long enough ago, or never."""
        at = seen.told_at.get(kind)
        return at is None or (self._clock() - at).total_seconds() > _PAUSES[kind]

    def _tell(self, sandbox: Sandbox, seen: _Seen, kind: NoticeKind, *, used: int) -> None:
        seen.told_at[kind] = self._clock()
        is_about_processes = kind is NoticeKind.PROCESSES
        self._notices.tell(
            Notice(
                kind=kind,
                project_id=sandbox.project_id,
                sandbox_id=sandbox.id,
                at=self._clock(),
                detail=_words(kind, used, sandbox.limits),
                used=used,
                limit=sandbox.limits.pids if is_about_processes else sandbox.limits.memory_bytes,
            )
        )


def _words(kind: NoticeKind, used: int, limits: Limits) -> str:
    memory = limits.memory_bytes // MEBIBYTE
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
    return (
        f"The sandbox has all of its {limits.pids} processes and threads: no more can be started. "
        "End those that are not needed."
    )
