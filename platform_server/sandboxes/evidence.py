"""Why a process in a sandbox ended: the exit code, and what is measured from outside."""

from __future__ import annotations

import signal
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from platform_server import clock
from platform_server.errors import EngineUnavailable
from platform_server.sandboxes.end_words import words_of
from platform_server.sandboxes.model import EndCause, Ended, Evidence

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from platform_server.sandboxes.model import Limits, Pressure

_LATELY = 10.0  # seconds for which a refused process counts as a reason
_OWN = 0.9  # of its memory: a sandbox that used less did not run out, the machine did
# Signals that somebody sends on purpose; the others tell of a process that could not go on.
_SENT = frozenset({signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT})


@dataclass(frozen=True, kw_only=True)
class Death:
    """A process that has ended, as its agent told."""

    what: str  # "kernel" or "shell"
    code: int  # negative: minus the signal
    is_asked: bool = False  # the server had it ended
    oom_kills_before: int = 0  # in its sandbox, when it started
    full: tuple[str, ...] = ()  # folders without room


class Findings:
    """Works out the ends in one sandbox.

    Each process that the system ended for lack of memory explains one end at most. What explains
    none was some other process: whoever watches the sandbox says so, and calls ``settle``.
    """

    def __init__(
        self,
        limits: Limits,
        measure: Callable[[], Awaitable[Pressure | None]],
        *,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self.limits = limits
        self.last: Pressure | None = None  # as it was measured last
        self._measure = measure
        self._now = now
        self._explained = 0  # up to this count, those ended for lack of memory are known
        self._refused_at: float | None = None
        self._accompanied = 0  # up to this count, they went together with one that was told

    async def measure(self) -> Pressure | None:
        """Return how near to its limits the sandbox is; the last that is known when it is gone."""
        try:
            found = await self._measure()
        except EngineUnavailable:
            found = None
        if found is not None:
            before = self.last.forks_refused if self.last else 0
            if found.forks_refused > before:
                self._refused_at = self._now()
            self.last = found
        return self.last

    async def oom_kills(self) -> int:
        """Return how many processes were ended for lack of memory since the sandbox started."""
        found = await self.measure()
        return found.oom_kills if found else self._explained

    @property
    def unexplained(self) -> int:
        """How many processes that were ended for lack of memory explain no end so far."""
        return max(0, self.last.oom_kills - self._explained) if self.last else 0

    @property
    def is_news(self) -> bool:
        """Whether some of them did not even go together with one that was told."""
        return self.last is not None and self.last.oom_kills > self._accompanied

    def settle(self) -> None:
        """Take it that what was measured last is known."""
        if self.last is not None:
            self._explained = max(self._explained, self.last.oom_kills)

    async def end_of(self, death: Death) -> Ended:
        """Return why a process ended."""
        count = await self.oom_kills()
        explained = max(death.oom_kills_before, self._explained)
        is_oom = death.code == -signal.SIGKILL and count > explained and not death.is_asked
        if is_oom:
            self._explained = explained + 1
            self._accompanied = count
        cause = _cause(death, self._oom_cause() if is_oom else None, is_crowded=self._is_crowded)
        if cause is EndCause.PROCESS_LIMIT:
            self._refused_at = None  # it explains one end, too
        return Ended(
            cause=cause,
            at=clock.utc_now(),
            exit_code=death.code if death.code >= 0 else None,
            signal=-death.code if death.code < 0 else None,
            detail=words_of(cause, death, self.limits),
            evidence=self.evidence(death.full),
        )

    def evidence(self, full: tuple[str, ...] = ()) -> Evidence | None:
        """Return what was measured last, None if nothing ever was."""
        if self.last is None:
            return None
        return Evidence(
            memory_peak_bytes=self.last.memory_peak_bytes,
            memory_limit_bytes=self.limits.memory_bytes,
            oom_kills=self.last.oom_kills,
            pids_peak=self.last.pids_peak,
            pids_limit=self.limits.pids,
            forks_refused=self.last.forks_refused,
            full=full,
        )

    def _oom_cause(self) -> EndCause:
        """Tell a sandbox that used up its memory from a machine that ran out of its own."""
        peak = self.last.memory_peak_bytes if self.last else self.limits.memory_bytes
        is_own = peak >= _OWN * self.limits.memory_bytes
        return EndCause.OUT_OF_MEMORY if is_own else EndCause.HOST

    @property
    def _is_crowded(self) -> bool:
        return self._refused_at is not None and self._now() - self._refused_at <= _LATELY


def _cause(death: Death, oom_cause: EndCause | None, *, is_crowded: bool) -> EndCause:
    if death.is_asked:
        return EndCause.USER
    if oom_cause is not None:
        return oom_cause
    if death.code != 0 and -death.code not in _SENT:
        if is_crowded:
            return EndCause.PROCESS_LIMIT
        if death.full:
            return EndCause.DISK_FULL
    return EndCause.KILLED if death.code < 0 else EndCause.EXITED
